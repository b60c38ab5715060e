import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type TempHome, tempHome } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { createEngine } from "../src/index.ts"

const id = (prefix: string, name: string) => `${prefix}_${name.padEnd(26, "0")}`
const ROOT = id("ses", "root")
const CHILD = id("ses", "child")
const USER = id("msg", "a")
const ANSWER = id("msg", "b")

async function put(home: TempHome, path: string, value: unknown) {
  const file = join(storage(home), path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, typeof value === "string" ? value : JSON.stringify(value))
}

function storage(home: TempHome) {
  return join(home.env.XDG_DATA_HOME ?? home.path(".local", "share"), "kilo", "storage")
}

/** What earlier versions left, two of them with keys that later ones always have. */
async function fill(home: TempHome) {
  const session = (name: string, more: object = {}) => ({
    id: name,
    projectID: "p1",
    directory: "/work/app",
    title: `Title of ${name.slice(4, 8)}`,
    version: "1.0.0",
    time: { created: 1000, updated: 2000 },
    ...more,
  })
  await put(home, "project/p1.json", { id: "p1", worktree: "/work/app", vcs: "git", time: { created: 1 } })
  await put(home, `session/p1/${ROOT}.json`, session(ROOT))
  await put(
    home,
    `session/p1/${CHILD}.json`,
    session(CHILD, { parentID: ROOT, time: { created: 1500, updated: 3000 } }),
  )
  await put(home, `message/${ROOT}/${USER}.json`, { id: USER, sessionID: ROOT, role: "user", time: { created: 1001 } })
  await put(home, `message/${ROOT}/${ANSWER}.json`, {
    id: ANSWER,
    sessionID: ROOT,
    role: "assistant",
    time: { created: 1002 },
    mode: "build",
    modelID: "m",
    providerID: "p",
    cost: 0.5,
    tokens: { input: 1, output: 2, reasoning: 0, cache: { read: 0, write: 0 } },
    system: ["old"],
  })
  const part = (messageID: string, name: string, more: object) =>
    put(home, `part/${messageID}/${name}.json`, { id: name, sessionID: ROOT, messageID, ...more })
  await part(USER, id("prt", "a"), { type: "text", text: "Hello" })
  await part(ANSWER, id("prt", "b"), { type: "text", text: "Hi there" })
  await part(ANSWER, id("prt", "c"), {
    type: "tool",
    callID: "c1",
    tool: "bash",
    state: { status: "running", input: { command: "ls" }, time: { start: 1003 } },
  })
  await put(home, `todo/${ROOT}.json`, [{ content: "Do it", status: "pending", priority: "high", id: "1" }])
  await put(home, "permission/p1.json", [{ permission: "bash", pattern: "ls *", action: "allow" }])
  await put(home, `session_share/${ROOT}.json`, { id: "x", url: "https://example.org/s/x", secret: "s" })
  // What can't be used.
  await put(home, `session/p1/${id("ses", "broken")}.json`, "{ not json")
  await put(home, `session/p1/${id("ses", "odd")}.json`, { title: 5 })
  await put(home, `message/${ROOT}/${id("msg", "c")}.json`, { role: "ghost" })
  await part(ANSWER, id("prt", "d"), { type: "hologram" })
}

const engineOf = (home: TempHome) => createEngine({ version: "0.1.0", env: home.env, cwd: home.directory })

test("sessions that earlier versions kept as files are taken over once, and the files stay as they are", async () => {
  await using home = await tempHome()
  await fill(home)
  await cp(storage(home), home.path("copy"), { recursive: true })
  const engine = engineOf(home)
  engine.projects()
  const report = await engine.legacy()
  expect(report.sessions).toBe(2)
  expect(engine.sessions.get(ROOT)).toMatchObject({
    title: "Title of root",
    time: { created: 1000, updated: 2000 },
    share: { url: "https://example.org/s/x" },
  })
  expect(engine.sessions.children(ROOT).map((child) => child.id)).toEqual([CHILD])
  const [user, answer] = engine.sessions.messages(ROOT).items
  expect(user?.info).toMatchObject({ id: USER, role: "user", agent: "code" })
  expect(answer?.info).toMatchObject({
    id: ANSWER,
    parentID: USER,
    agent: "build",
    cost: 0.5,
    time: { completed: 1002 },
  })
  expect(answer?.parts).toMatchObject([{ type: "text", text: "Hi there" }, { state: { status: "error" } }])
  expect(engine.sessions.todos(ROOT)).toEqual([{ content: "Do it", status: "pending", priority: "high" }])
  expect(engine.projects()).toMatchObject([{ id: "p1", worktree: "/work/app", vcs: "git" }])
  const broken = report.warnings.map((warning) => warning.path.slice(storage(home).length + 1)).sort()
  expect(broken).toEqual([
    `message/${ROOT}/${id("msg", "c")}.json`,
    `part/${ANSWER}/${id("prt", "d")}.json`,
    `session/p1/${id("ses", "broken")}.json`,
    `session/p1/${id("ses", "odd")}.json`,
  ])
  const instance = await engine.instance(home.directory)
  expect((await instance.configWarnings()).map((warning) => warning.path)).toEqual(
    expect.arrayContaining(report.warnings.map((warning) => warning.path)),
  )
  const owner = await engine.instanceOf(ROOT)
  await owner.sessions.remove(ROOT)
  await engine.close()
  expect(await files(storage(home))).toEqual(await files(home.path("copy")))

  const again = engineOf(home)
  again.projects()
  expect(await again.legacy()).toEqual({ sessions: 0, warnings: [] })
  expect(() => again.sessions.get(ROOT)).toThrow("not found")
  await again.close()
})

test("a run that was cut short goes on where it stopped", async () => {
  await using home = await tempHome()
  await fill(home)
  for (let count = 0; count < 40; count += 1) {
    const name = id("ses", `n${count}x`)
    await put(home, `session/p1/${name}.json`, {
      id: name,
      directory: "/work/app",
      title: `${count}`,
      time: { created: count, updated: count },
    })
  }
  let total = 0
  let runs = 0
  for (let left = 42; left > 0; runs += 1) {
    const engine = engineOf(home)
    engine.projects()
    const done = engine.legacy()
    if (runs === 0) {
      // Leaves after the first session.
      await new Promise<void>((resolve) =>
        engine.bus.subscribe((event) => event.type === "session.created" && resolve()),
      )
      await engine.close()
    }
    const { sessions } = await done
    await engine.close()
    total += sessions
    left -= sessions
    expect(runs).toBeLessThan(5)
  }
  expect(total).toBe(42)
  expect(runs).toBeGreaterThan(1)
})

async function files(root: string): Promise<[string, string][]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const found = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    found
      .sort()
      .map(async (file): Promise<[string, string]> => [file.slice(root.length), await readFile(file, "utf8")]),
  )
}
