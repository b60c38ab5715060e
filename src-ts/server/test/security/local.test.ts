import { lstat, readdir, readFile } from "node:fs/promises"
import { connect } from "node:net"
import { join } from "node:path"
import { bundledCli, startKilo, tempHome } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { ask, basic } from "../http.ts"
import { world } from "../world.ts"

test("other users can neither read nor change what the server writes, whatever the user's umask", async () => {
  await using home = await tempHome()
  await using w = await world({
    home,
    launcher: ["/bin/sh", "-c", 'umask 0; exec "$@"', "sh", bundledCli()],
    extra: { permission: "allow" },
  })
  const session = await w.session()
  await w.prompt(
    session,
    '[[tool:write {"filePath":"new.txt","content":"x"}]][[then]][[tool:bash {"command":"seq 200000","description":"x"}]][[then]][[text:ok]]',
  )
  await w.events.turnEnd(session, 20_000)
  await w.kilo.api("/auth/groq", { method: "PUT", json: { type: "api", key: "k" } })
  await w.kilo.api("/global/config", { method: "PATCH", json: { username: "me" } })
  await w.kilo.api("/experimental/worktree", { json: { name: "w" }, directory: w.project.directory })
  await w.kilo.stop()
  expect(await open(home.directory)).toEqual([])
})

/** What others could get at below a folder: all that lies in no folder which is closed to them. */
async function open(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const info = await lstat(path)
    const closed = (info.mode & 0o077) === 0
    if (info.isDirectory()) {
      // A folder that others can list is no harm as long as nothing in it is open, and nobody can put anything there.
      if ((info.mode & 0o022) !== 0) found.push(`${path} ${(info.mode & 0o777).toString(8)}`)
      if (!closed) found.push(...(await open(path)))
    } else if (!closed && !info.isSymbolicLink()) found.push(`${path} ${(info.mode & 0o777).toString(8)}`)
  }
  return found
}

test("the password is in no argument, no output and no file", async () => {
  await using home = await tempHome()
  await using kilo = await startKilo({ home, password: "word-of-the-user" })
  await kilo.api("/session")
  const line = await readFile(`/proc/${kilo.pid}/cmdline`, "utf8")
  expect(line).not.toContain("word-of-the-user")
  expect(kilo.stdout + kilo.stderr).not.toContain("word-of-the-user")
  const { mode } = await lstat(`/proc/${kilo.pid}/environ`)
  expect(mode & 0o077).toBe(0)
})

test("only this machine's own address is listened on, unless the user names another", async () => {
  await using kilo = await startKilo()
  const port = Number(new URL(kilo.url).port)
  // Loopback as a whole is 127/8: what listens on every address answers on another of them, too.
  const reached = await new Promise<boolean>((done) => {
    const socket = connect(port, "127.0.0.2")
    socket.once("connect", () => done(true)).once("error", () => done(false))
    socket.once("close", () => socket.destroy())
  })
  expect(reached).toBe(false)
})

test("wrong passwords of any kind are all the same: no body, no hint, no lock-out of the right one", async () => {
  await using kilo = await startKilo({ password: "right-password" })
  for (const password of ["", "r", "right-passwor", "right-password ", "x".repeat(5000), "\u0000", "ünï"]) {
    const answer = await ask(`${kilo.url}/session`, { headers: { authorization: basic("kilo", password) } })
    expect(answer, password.slice(0, 20)).toMatchObject({ status: 401, body: "" })
  }
  for (const authorization of ["Basic", "Basic !!!", "Bearer right-password", "Basic cmlnaHQ="]) {
    expect((await ask(`${kilo.url}/session`, { headers: { authorization } })).status).toBe(401)
  }
  const answer = await ask(`${kilo.url}/session`, { headers: { authorization: basic("kilo", "right-password") } })
  expect(answer.status).toBe(200)
})
