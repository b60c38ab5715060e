import { readdir, readFile } from "node:fs/promises"
import { type RunningKilo, startKilo, tempProject, until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { WebSocket } from "ws"
import { basic } from "./http.ts"

interface Pty {
  id: string
  title: string
  pid: number
  cwd: string
  status: string
}

/** A terminal's WebSocket with everything that came over it. */
async function connect(kilo: RunningKilo, path: string, headers: Record<string, string> = credentials(kilo)) {
  const socket = new WebSocket(`${kilo.url.replace("http", "ws")}${path}`, { headers })
  const seen = { text: "", cursors: [] as number[], code: 0, status: 0 }
  socket.on("message", (data: Buffer, binary) => {
    if (binary) seen.cursors.push(JSON.parse(data.subarray(1).toString()).cursor)
    else seen.text += data.toString()
  })
  socket.on("close", (code) => {
    seen.code = code
  })
  await new Promise<void>((done) => {
    socket.once("open", () => done())
    socket.once("unexpected-response", (_, response) => {
      seen.status = response.statusCode ?? 0
      socket.terminate()
      done()
    })
    socket.on("error", () => done())
  })
  return { socket, seen }
}

const credentials = (kilo: RunningKilo) => ({ authorization: basic("kilo", kilo.password ?? "") })

const SH = { command: "/bin/sh", args: [] as string[], env: { PS1: "ready> ", KILO_SERVER_PASSWORD: "x" } }

async function alive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")
  return stat !== "" && !/\) Z /.test(stat)
}

describe("terminals", () => {
  test("are made, listed, renamed, resized, typed into, joined later, and end with what runs in them", async () => {
    await using project = await tempProject({ git: true })
    const { directory } = project
    await using kilo = await startKilo({ env: { KILO_AUTH_CONTENT: "{}" } })
    await using events = await kilo.events()
    const pty = await kilo.api<Pty>("/pty", { json: { ...SH, size: { rows: 10, cols: 40 } }, directory })
    expect(pty).toMatchObject({ title: `Terminal ${pty.id.slice(-4)}`, cwd: directory, status: "running" })
    expect(await kilo.api("/pty", { directory })).toEqual([pty])
    expect(await kilo.api("/pty")).toEqual([])
    await events.waitFor((event) => event.type === "pty.created")

    const first = await connect(kilo, `/pty/${pty.id}/connect`)
    first.socket.send("stty size; env | grep -c -E 'KILO_(SERVER|AUTH)'; echo $TERM\r")
    await until(() => first.seen.text.includes("10 40") && first.seen.text.includes("xterm-256color\r\n"))
    expect(first.seen.text).toMatch(/\r\n0\r\n/)

    const update = { method: "PUT", json: { title: "Mine", size: { rows: 20, cols: 60 } } }
    expect(await (await kilo.fetch(`/pty/${pty.id}`, update)).json()).toMatchObject({ title: "Mine" })
    first.socket.send("stty size\r")
    await until(() => first.seen.text.includes("20 60"))

    const second = await connect(kilo, `/pty/${pty.id}/connect`)
    await until(() => second.seen.cursors.length === 1)
    expect(second.seen.text).toBe(first.seen.text)
    expect(second.seen.cursors).toEqual([first.seen.text.length])
    const third = await connect(kilo, `/pty/${pty.id}/connect?cursor=${second.seen.cursors[0]}`)
    first.socket.send("sleep 8641234 & echo started $!\r")
    await until(() => /started \d+\r\n/.test(third.seen.text))
    expect(third.seen.text).not.toContain("20 60")
    const sleeper = Number(/started (\d+)\r\n/.exec(third.seen.text)?.[1])
    expect(await alive(sleeper)).toBe(true)

    expect(await (await kilo.fetch(`/pty/${pty.id}`, { method: "DELETE" })).json()).toBe(true)
    await until(async () => !(await alive(sleeper)) && !(await alive(pty.pid)))
    await events.waitFor((event) => event.type === "pty.deleted")
    await until(() => first.seen.code === 1000 && third.seen.code === 1000)
    const gone = await kilo.fetch(`/pty/${pty.id}`)
    expect(gone.status).toBe(404)
    expect(await gone.json()).toMatchObject({ _tag: "PtyNotFoundError", ptyID: pty.id })
  })

  test("that end by themselves say how", async () => {
    await using kilo = await startKilo()
    await using events = await kilo.events()
    const pty = await kilo.api<Pty>("/pty", { json: { ...SH, args: ["-c", "read line; exit 3"] } })
    const { socket, seen } = await connect(kilo, `/pty/${pty.id}/connect`)
    socket.send("x\r")
    await events.waitFor((event) => event.type === "pty.exited" && event.properties.exitCode === 3)
    await until(() => seen.code === 1000)
  })

  test("open with a ticket once, for themselves only", async () => {
    await using kilo = await startKilo()
    const [one, two] = await Promise.all([kilo.api<Pty>("/pty", { json: SH }), kilo.api<Pty>("/pty", { json: SH })])
    expect((await kilo.fetch(`/pty/${one.id}/connect-token`, { method: "POST" })).status).toBe(403)
    const ask = async () => {
      const options = { method: "POST", headers: { "x-kilo-ticket": "1", ...credentials(kilo) } }
      const answer = await fetch(`${kilo.url}/pty/${one.id}/connect-token`, options)
      return (await answer.json()) as { ticket: string; expires_in: number }
    }
    const { ticket, expires_in } = await ask()
    expect(expires_in).toBe(60)
    const open = await connect(kilo, `/pty/${one.id}/connect?ticket=${ticket}`, {})
    await until(() => open.seen.cursors.length === 1)
    expect((await connect(kilo, `/pty/${one.id}/connect?ticket=${ticket}`, {})).seen.status).toBe(403)
    const other = await ask()
    expect((await connect(kilo, `/pty/${two.id}/connect?ticket=${other.ticket}`, {})).seen.status).toBe(403)
    expect((await connect(kilo, `/pty/${one.id}/connect?ticket=${other.ticket}`, {})).seen.status).toBe(403)
  })

  test("are closed to strangers, to foreign pages, and to names that are not ours", async () => {
    await using kilo = await startKilo()
    const { id } = await kilo.api<Pty>("/pty", { json: SH })
    const path = `/pty/${id}/connect`
    expect((await connect(kilo, path, {})).seen.status).toBe(401)
    expect((await connect(kilo, path, { ...credentials(kilo), origin: "https://evil.example" })).seen.status).toBe(403)
    expect((await connect(kilo, "/pty/pty_nope/connect")).seen.status).toBe(404)
    expect((await connect(kilo, "/event")).seen.status).toBe(404)
    const token = encodeURIComponent(btoa(`kilo:${kilo.password}`))
    const allowed = await connect(kilo, `${path}?auth_token=${token}`, { origin: "http://localhost:3000" })
    await until(() => allowed.seen.cursors.length === 1)
    await using open = await startKilo({ password: null })
    const pty = await open.api<Pty>("/pty", { json: SH })
    expect((await connect(open, `/pty/${pty.id}/connect`, { host: "evil.example" })).seen.status).toBe(403)
  })

  test("a program or a folder that is not there is named", async () => {
    await using kilo = await startKilo()
    for (const json of [{ command: "no-such-program" }, { command: "/etc" }, { cwd: "/no/such/folder" }]) {
      const answer = await kilo.fetch("/pty", { json })
      expect(answer.status).toBe(400)
      expect(JSON.stringify(await answer.json())).toContain(Object.values(json)[0])
    }
    const shells = await kilo.api<{ path: string; name: string; acceptable: boolean }[]>("/pty/shells")
    expect(shells.find(({ name }) => name === "sh")).toMatchObject({ acceptable: true })
  })

  test("all end with the server, and with their directory", async () => {
    await using project = await tempProject({ git: true })
    const { directory } = project
    await using kilo = await startKilo()
    const inside = await kilo.api<Pty>("/pty", { json: SH, directory })
    const outside = await kilo.api<Pty>("/pty", { json: SH })
    await kilo.fetch("/instance/dispose", { method: "POST", directory })
    await until(async () => !(await alive(inside.pid)))
    expect(await alive(outside.pid)).toBe(true)
    await kilo.stop()
    await until(async () => !(await alive(outside.pid)))
    expect((await readdir("/proc")).includes(String(outside.pid))).toBe(false)
  })
})
