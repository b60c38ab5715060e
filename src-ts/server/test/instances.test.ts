import { existsSync, readFileSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { bundledCli, type TempHome, tempHome, tempProject, until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { alive, commandOf, held, targets, watched } from "./processes.ts"
import { ECHO_SERVER, SILENT_LSP } from "./small-servers.ts"
import { type World, world } from "./world.ts"

const linux = process.platform === "linux"
if (!linux) console.warn("skipped: what a directory holds is counted in /proc")

const SERVERS = {
  mcp: { echo: { type: "local", command: ECHO_SERVER } },
  lsp: { silent: { command: SILENT_LSP, extensions: [".mini"] } },
}

/** What a directory can hold: an MCP server, a language server, a terminal, a shell command, and watches of its files. */
async function busyDirectory(w: World, turn: boolean) {
  const { directory } = w.project
  await w.kilo.api("/mcp", { directory })
  await w.kilo.api("/pty", { json: { command: "/bin/sh", args: ["-c", "sleep 300 & cat"] }, directory })
  const session = await w.session()
  await w.prompt(session, '[[tool:write {"filePath":"b.mini","content":"x"}]][[then]][[text:written]]')
  await w.events.turnEnd(session)
  const names = ["sleep 300", "publishDiagnostics", "Says it again"]
  if (turn) {
    await w.prompt(session, '[[tool:bash {"command":"sleep 299 & sleep 298","description":"x"}]]')
    names.push("sleep 299", "sleep 298")
  }
  return until(
    () => {
      const { children } = held(w.kilo.pid)
      const commands = children.map(commandOf)
      const all = names.every((name) => commands.some((command) => command.includes(name)))
      return all && watched(w.kilo.pid) > 0 && children
    },
    { deadline: 20_000, what: `children: ${names}` },
  )
}

async function nothingLeft(w: World, children: number[]) {
  await until(() => children.every((pid) => !alive(pid)) && held(w.kilo.pid).children.length === 0, {
    deadline: 10_000,
    what: `end of ${children.map(commandOf)}`,
  })
  expect(watched(w.kilo.pid)).toBe(0)
}

describe.runIf(linux)("a directory's instance", () => {
  test("is made once, however many requests come first", async () => {
    await using home = await tempHome()
    const starts = home.path("starts")
    const echo = { ...SERVERS.mcp.echo, environment: { STARTS: starts } }
    await using w = await world({ home, extra: { mcp: { echo } } })
    const { directory } = w.project
    const paths = ["/mcp", "/agent", "/provider", "/session", "/config", "/command", "/skill", "/file?path=."]
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) => w.kilo.fetch(paths[at % paths.length] ?? "", { directory })),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    await until(
      async () => {
        const { echo: status } = await w.kilo.api<{ echo: { status: string } }>("/mcp", { directory })
        return status.status === "connected"
      },
      { what: "the MCP server" },
    )
    expect(readFileSync(starts, "utf8").trim().split("\n")).toHaveLength(1)
    expect(held(w.kilo.pid).children).toHaveLength(1)
  })

  test("leaves no process, watch or descriptor when it is disposed, even in the middle of a turn", async () => {
    await using w = await world({ extra: SERVERS })
    const { directory } = w.project
    const first = await busyDirectory(w, true)
    await w.kilo.api("/instance/dispose", { method: "POST", directory })
    await nothingLeft(w, first)
    const files = () => targets(w.kilo.pid).filter((target) => !target.startsWith("socket:")).length
    const before = files()
    const second = await busyDirectory(w, true)
    await w.kilo.api("/instance/dispose", { method: "POST", directory })
    await nothingLeft(w, second)
    // Sockets come and go with the pools of clients, ours and that of the model's.
    expect(files()).toBeLessThanOrEqual(before + 1)
  })

  test("starts afresh when it is reloaded, which it is not while a turn runs", async () => {
    await using w = await world({ extra: SERVERS })
    const { directory } = w.project
    const session = await w.session()
    await w.prompt(session, "[[hang]]")
    await until(() => w.model.calls.length > 0, { what: "the turn" })
    const refused = await w.kilo.fetch("/instance/reload", { method: "POST", directory })
    expect([refused.status, await refused.json()]).toMatchObject([409, { _tag: "ConflictError" }])
    await w.kilo.api(`/session/${session}/abort`, { method: "POST" })
    const children = await busyDirectory(w, false)
    await w.kilo.api("/instance/reload", { method: "POST", directory })
    await until(() => children.every((pid) => !alive(pid)), { what: `end of ${children.map(commandOf)}` })
    const { echo } = await w.kilo.api<{ echo: { status: string } }>("/mcp", { directory })
    expect(echo.status).toMatch(/connected|starting|pending/)
  })

  test("is unloaded when nobody uses it, but not while something runs in it", async () => {
    await using w = await world({ extra: SERVERS, env: { KILO_INSTANCE_IDLE_MS: "400" } })
    const { directory } = w.project
    const session = await w.session()
    await w.prompt(session, "[[hold:it]]")
    await until(() => w.model.calls.length > 0, { what: "the turn" })
    await until(() => held(w.kilo.pid).children.some((pid) => commandOf(pid).includes("Says it again")), {
      what: "the MCP server",
    })
    const [server = 0] = held(w.kilo.pid).children
    const pty = await w.kilo.api<{ id: string; pid: number }>("/pty", { json: { command: "cat", args: [] }, directory })
    w.model.release("it")
    await w.events.turnEnd(session)
    // The terminal alone keeps it: another directory, used later, is gone before.
    await using later = await tempProject()
    await w.kilo.api("/mcp", { directory: later.directory })
    await until(() => held(w.kilo.pid).children.length === 3, { what: "the other directory's MCP server" })
    await until(() => held(w.kilo.pid).children.length === 2, { what: "the other directory's end" })
    expect([alive(server), alive(pty.pid)]).toEqual([true, true])
    await w.kilo.api(`/pty/${pty.id}`, { method: "DELETE", directory })
    await until(() => held(w.kilo.pid).children.length === 0, { what: "the end of the MCP server" })
    expect(w.events.news.map(({ type }) => type)).not.toContain("server.instance.disposed")
    expect(await w.kilo.api(`/session/${session}`)).toMatchObject({ id: session })
  })

  test("takes a prompt that was being taken in while the instance before it was disposed", async () => {
    await using home = await tempHome()
    const { here, go } = await slowIntake(home)
    await using w = await world({ home })
    const { directory } = w.project
    // Its end shows that the disposal has begun.
    const other = await w.session()
    await w.prompt(other, "[[hang]]")
    const session = await w.session()
    const text = "slow [[text:answered]]"
    const answer = w.kilo.api<{ parts: unknown[] }>(`/session/${session}/message`, {
      json: { parts: [{ type: "text", text }] },
    })
    await until(() => existsSync(here), { what: "the prompt on its way in" })
    const disposed = w.kilo.api("/instance/dispose", { method: "POST", directory })
    await w.events.turnEnd(other)
    await writeFile(go, "")
    expect((await answer).parts).toContainEqual(expect.objectContaining({ type: "text", text: "answered" }))
    await disposed
    expect(await w.kilo.api<unknown[]>(`/session/${session}/message`)).toHaveLength(2)
  })
})

test("a prompt that can't be stored in the end is answered with its error, even when that took long", async () => {
  await using home = await tempHome()
  const { here, go } = await slowIntake(home)
  await using w = await world({ home })
  const session = await w.session()
  const json = { parts: [{ type: "text", text: "slow" }] }
  const answer = w.kilo.fetch(`/session/${session}/message`, { json })
  await until(() => existsSync(here), { what: "the prompt on its way in" })
  await w.kilo.api(`/session/${session}`, { method: "DELETE" })
  // By then other answers have begun with white space, and only their connection can be cut.
  await sleep(3500)
  await writeFile(go, "")
  const { status, headers } = await answer
  expect(status).toBe(404)
  expect(headers.get("content-type")).toBe("application/json")
})

/** A plugin that holds prompts which say "slow": it makes the file `here` and waits until there is `go`. */
async function slowIntake(home: TempHome) {
  const plugins = join(home.env.XDG_CONFIG_HOME ?? "", "kilo/plugin")
  await mkdir(plugins, { recursive: true })
  const [here, go] = [home.path("here"), home.path("go")]
  await writeFile(
    join(plugins, "slow.js"),
    `import { existsSync, writeFileSync } from "node:fs"
     export const Slow = async () => ({
       "chat.message": async (input, { parts }) => {
         if (!parts.some((part) => part.text?.includes("slow"))) return
         writeFileSync(${JSON.stringify(here)}, "")
         while (!existsSync(${JSON.stringify(go)})) await new Promise((done) => setTimeout(done, 5))
       },
     })`,
  )
  return { here, go }
}

describe("files that change by themselves", () => {
  test("are told of once somebody works in the directory, and a tool's own changes once", async () => {
    await using w = await world()
    const session = await w.session()
    await w.prompt(session, '[[tool:write {"filePath":"made.txt","content":"x"}]][[then]][[text:ok]]')
    await w.events.turnEnd(session)
    const told = (name: string) =>
      w.events.events.filter(
        (event) => event.type === "file.watcher.updated" && event.properties.file === w.project.path(name),
      )
    let count = 0
    await until(
      async () => {
        count += 1
        await w.project.write(`outside${count}.txt`, "x")
        return told(`outside${count - 1}.txt`).length > 0
      },
      { what: "a change from outside" },
    )
    await w.prompt(session, '[[tool:edit {"filePath":"made.txt","oldString":"x","newString":"y"}]][[then]][[text:ok]]')
    await w.events.turnEnd(session, 10_000, w.events.events.length)
    await w.project.write("last.txt", "x")
    await until(() => told("last.txt").length === 1, { what: "the last file" })
    expect(told("made.txt").map(({ properties }) => properties.event)).toEqual(["add", "change"])
    await w.project.git("checkout", "-q", "-b", "elsewhere")
    await w.events.waitFor((event) => event.type === "vcs.branch.updated" && event.properties.branch === "elsewhere")
  })

  test.runIf(linux)("are not watched where that is switched off", async () => {
    await using w = await world({ extra: { watcher: { enabled: false } } })
    await using other = await world({ env: { KILO_EXPERIMENTAL_DISABLE_FILEWATCHER: "1" } })
    for (const one of [w, other]) await one.kilo.api("/file?path=.", { directory: one.project.directory })
    await using on = await world()
    await on.kilo.api("/file?path=.", { directory: on.project.directory })
    // Asked last, it starts last.
    await until(() => watched(on.kilo.pid) > 0, { what: "the watch" })
    expect([watched(w.kilo.pid), watched(other.kilo.pid)]).toEqual([0, 0])
  })

  test.runIf(limitable())("where the system watches no more, a warning says so and everything else works", async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`d${at}/x.txt`, ""]))
    const limited = `echo 10 > /proc/sys/user/max_inotify_watches; exec "$0" "$@"`
    await using w = await world({
      files,
      launcher: ["unshare", "--user", "--map-root-user", "sh", "-c", limited, bundledCli()],
    })
    const { directory } = w.project
    await w.kilo.api("/file?path=.", { directory })
    const warning = await until(
      async () => (await w.kilo.api<{ path: string; message: string }[]>("/config/warnings", { directory }))[0],
      { what: "the warning" },
    )
    expect(warning).toMatchObject({ path: directory, message: expect.stringContaining("max_user_watches") })
    const session = await w.session()
    await w.prompt(session, "[[text:fine]]")
    await w.events.turnEnd(session)
  })
})

/** A limit of its own needs a user namespace. */
function limitable(): boolean {
  if (!linux) return false
  const { spawnSync } = process.getBuiltinModule("node:child_process")
  const script = "echo 10 > /proc/sys/user/max_inotify_watches"
  const able = spawnSync("unshare", ["--user", "--map-root-user", "sh", "-c", script]).status === 0
  if (!able) console.warn("skipped: a limit of watches needs user namespaces (unshare)")
  return able
}
