import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { bundledCli, startKilo, tempHome, until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { world } from "./world.ts"

/** Running processes whose command line holds `text`. */
async function running(text: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "")
    if (line.includes(text)) found.push(Number(name))
  }
  return found
}

/** A turn whose bash call runs a command that nobody else runs, until it is ended. */
async function startBash(w: Awaited<ReturnType<typeof world>>) {
  const seconds = `86${Math.floor(Math.random() * 1e9)}`
  const session = await w.session()
  const args = JSON.stringify({ command: `sleep ${seconds}`, description: "wait" })
  expect((await w.prompt(session, `[[tool:bash ${args}]]`)).status).toBe(204)
  const marker = `sleep\0${seconds}`
  await until(async () => (await running(marker)).length > 0, { what: "running command" })
  return { session, marker }
}

const ALLOW = { extra: { permission: "allow" } }

describe("kilo serve", () => {
  test("prints one line, ends at once with code 0 when told to, and takes running commands with it", async () => {
    await using w = await world(ALLOW)
    expect(w.kilo.stdout).toBe(`kilo server listening on ${w.kilo.url}\n`)
    const { marker } = await startBash(w)
    const started = performance.now()
    expect(await w.kilo.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - started).toBeLessThan(1900)
    await until(async () => (await running(marker)).length === 0, { what: "end of the command" })
    expect(w.kilo.stderr).toBe("")
  })

  test("under the related product's name it prints that name and takes that product's variables", async () => {
    await using home = await tempHome()
    await symlink(bundledCli(), home.path("opencode"))
    const launcher = [home.path("opencode")]
    const env = { OPENCODE_SERVER_PASSWORD: "theirs", OPENCODE_CONFIG_CONTENT: `{"username":"them"}` }
    await using kilo = await startKilo({ home, launcher, env, password: null })
    expect(kilo.stdout).toBe(`opencode server listening on ${kilo.url}\n`)
    const answer = await fetch(`${kilo.url}/config`, { headers: { authorization: `Basic ${btoa("opencode:theirs")}` } })
    expect(await answer.json()).toMatchObject({ username: "them" })
    expect((await fetch(`${kilo.url}/config`)).status).toBe(401)
  })

  test("an address for other machines needs a password, or the word that says otherwise", async () => {
    const args = ["--hostname", "0.0.0.0", "--port", "0"]
    await expect(startKilo({ args, password: null })).rejects.toThrow(/Set KILO_SERVER_PASSWORD, or add --insecure/)
    await using open = await startKilo({ args: [...args, "--insecure"], password: null })
    expect(open.stdout).toContain("listening on http://0.0.0.0:")
    await using closed = await startKilo({ args })
    expect(closed.stdout).toContain("listening on http://0.0.0.0:")
  })

  test("a directory that nobody uses is forgotten quietly, and is there again when it is asked for", async () => {
    await using w = await world({ env: { KILO_INSTANCE_IDLE_MS: "300" } })
    const session = await w.session()
    await w.prompt(session, "[[hold:gate]] [[text:done]]")
    await until(() => w.model.requests.length > 0, { what: "request to the model" })
    await w.kilo.api("/config", { directory: w.project.directory })
    await w.model.release("gate")
    await w.events.waitFor((event) => event.type === "session.idle")
    await w.kilo.api("/config", { directory: w.project.directory })
    await w.prompt(session, "[[text:again]]")
    await w.events.waitFor((event) => event.type === "session.turn.close" && event.properties.reason === "completed")
    expect(w.events.events.map((event) => event.type)).not.toContain("server.instance.disposed")
  })

  test.each(["SIGINT", "SIGHUP"] as const)("ends with code 0 on %s", async (signal) => {
    await using kilo = await startKilo()
    process.kill(kilo.pid, signal)
    expect(await kilo.exited).toEqual({ code: 0, signal: null })
  })

  test("ends when its parent is gone, without leaving a command behind", async () => {
    const parent = spawn("sleep", ["600"], { stdio: "ignore" })
    await once(parent, "spawn")
    await using w = await world({ ...ALLOW, env: { KILO_PARENT_PID: String(parent.pid) } })
    const { marker } = await startBash(w)
    parent.kill("SIGKILL")
    expect(await w.kilo.exited).toEqual({ code: 0, signal: null })
    await until(async () => (await running(marker)).length === 0, { what: "end of the command" })
  })

  test("loses nothing that it announced when it is killed, and closes the turn that ran", async () => {
    await using home = await tempHome()
    let session = ""
    let announced = 0
    {
      await using w = await world({ home, ...ALLOW })
      session = await w.session({ title: "survivor" })
      await w.prompt(session, "[[text:before the end ]][[hold:never]]")
      await w.events.waitFor((event) => event.type === "message.part.delta")
      announced = w.events.news.filter((event) => event.type === "message.updated").length
      await w.kilo.kill9()
    }
    expect(announced).toBeGreaterThan(1)
    await using kilo = await startKilo({ home })
    const messages = await kilo.api<{ info: Record<string, unknown>; parts: Record<string, unknown>[] }[]>(
      `/session/${session}/message`,
    )
    expect(messages.map((message) => message.info.role)).toEqual(["user", "assistant"])
    expect(messages[1]?.info).toMatchObject({ error: expect.anything(), time: { completed: expect.any(Number) } })
    expect(await kilo.api("/session/status")).toEqual({})
    expect((await kilo.api<{ title: string }>(`/session/${session}`)).title).toBe("survivor")
  })

  test("keeps its own credentials from the commands that the agent runs", async () => {
    await using w = await world({ ...ALLOW, password: "top-secret-pw" })
    const session = await w.session()
    await w.prompt(session, '[[tool:bash {"command":"env; echo END","description":"look"}]][[then]][[text:ok]]')
    await w.events.turnEnd(session)
    const text = await (await w.kilo.fetch(`/session/${session}/message`)).text()
    expect(text).toContain("END")
    expect(text).not.toContain("top-secret-pw")
    expect(text).not.toContain("KILO_PARENT_PID")
  })

  test("keeps what it stores to its user", async () => {
    await using w = await world()
    await w.session()
    const data = w.kilo.home.env.XDG_DATA_HOME
    const file = join(data ?? join(w.kilo.home.directory, ".local/share"), "kilo", "kilo.db")
    expect(existsSync(file)).toBe(true)
    expect((await stat(file)).mode & 0o077).toBe(0)
  })

  test("says in one sentence what is wrong with its port or options", async () => {
    await using home = await tempHome()
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const taken = (server.address() as AddressInfo).port
    try {
      expect(await run(["serve", "--port", String(taken)], home.env)).toEqual({
        code: 1,
        stdout: "",
        stderr: `Error: Port ${taken} is already in use. Choose another one with --port, or 0 for any free one.\n`,
      })
      expect(await run(["serve", "--port", "x"], home.env)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^Error: --port x is not/),
      })
      expect((await run(["serve", "--nope"], home.env)).stderr).toMatch(/^Error: Unknown option '--nope'/)
    } finally {
      server.close()
    }
  })

  test("ends with one sentence when its database cannot be read", async () => {
    await using home = await tempHome()
    const file = join(home.directory, "broken.db")
    await writeFile(file, "this is no database, whatever its name says ".repeat(100))
    const { code, stderr } = await run(["serve"], { ...home.env, KILO_DB: file, KILO_SERVER_PASSWORD: "x" })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Error: The database cannot be opened: [^\n]+\n$/)
    // The path, and what to do next.
    expect(stderr).toContain(file)
    expect(stderr).toContain("KILO_DB")
  })

  test("two that start at once on port 0 both find a port", async () => {
    const servers = await Promise.all([startKilo(), startKilo(), startKilo()])
    expect(new Set(servers.map((server) => server.url)).size).toBe(3)
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
  })
})

async function run(args: string[], env: Record<string, string>) {
  const child = spawn(bundledCli(), args, { env, stdio: ["ignore", "pipe", "pipe"] })
  const output = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text
  })
  const [code] = await once(child, "close")
  return { code: Number(code), ...output }
}
