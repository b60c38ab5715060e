import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { startKilo, type TempHome, tempHome, until } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { world } from "./world.ts"

interface Message {
  info: {
    role: string
    id: string
    error?: { data: { message: string } }
    time: { created: number; completed?: number }
  }
  parts: { type: string; text?: string }[]
}

const dataOf = (home: TempHome) => join(home.directory, ".local/share/kilo")

/** A small disk of its own in the place of the data folder. */
function mount(folder: string, options: string): Disposable {
  mkdirSync(folder, { recursive: true })
  const made = spawnSync("mount", ["-t", "tmpfs", "-o", options, "kilo-test", folder])
  if (made.status !== 0) throw new Error(`mount: ${made.stderr}`)
  return { [Symbol.dispose]: () => void spawnSync("umount", ["-l", folder]) }
}

/** Mounting needs to be root, with the right to mount. */
const mountable = (() => {
  const folder = `/tmp/kilo-mount-${process.pid}`
  try {
    mount(folder, "size=64k")[Symbol.dispose]()
    return true
  } catch {
    console.warn("skipped: tests with a disk of their own need root and mount")
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})()

test.skipIf(!mountable)("a full disk is told by name, and when there is room again nothing is lost", async () => {
  await using home = await tempHome()
  using _disk = mount(dataOf(home), "size=6m")
  await using w = await world({ home })
  const session = await w.session({ title: "before" })
  await w.prompt(session, "[[text:kept]]")
  await w.events.turnEnd(session)
  await w.kilo.api("/session?limit=1", { directory: w.project.directory })
  const ballast = join(dataOf(home), "ballast")
  const room = statfsSync(dataOf(home))
  writeFileSync(ballast, Buffer.alloc(room.bavail * room.bsize))
  // The journal still has some room of its own.
  const answer = await until(
    async () => {
      const made = await w.kilo.fetch("/session", { json: { title: "x".repeat(200_000) } })
      const text = await made.text()
      return made.ok ? undefined : { status: made.status, text }
    },
    { what: "the disk to be full" },
  )
  expect(answer.status).toBe(500)
  expect(JSON.parse(answer.text)).toMatchObject({
    name: "UnknownError",
    data: { message: expect.stringMatching(/disk is full.*Nothing was stored.*Make room/i) },
  })
  const before = w.events.events.length
  const refused = await w.prompt(session, "[[text:never stored]]")
  if (refused.status === 204) await w.events.waitFor((event) => event.type === "session.error", 10_000, before)
  else expect(await refused.text()).toMatch(/disk is full/)
  expect(await w.kilo.api("/global/health")).toMatchObject({ healthy: true })
  rmSync(ballast)
  const again = w.events.events.length
  expect((await w.prompt(session, "[[text:after]]")).status).toBe(204)
  await w.events.turnEnd(session, 10_000, again)
  const texts = JSON.stringify(await w.kilo.api(`/session/${session}/message`))
  expect(texts).toContain("kept")
  expect(texts).toContain("after")
  expect(await w.kilo.stop()).toEqual({ code: 0, signal: null })
})

test.skipIf(!mountable)("a data folder that can't be written to is told at the start", async () => {
  await using home = await tempHome()
  using _disk = mount(dataOf(home), "size=1m,ro")
  const text = await startKilo({ home }).then(
    async (kilo) => {
      await kilo.exited
      return kilo.stderr
    },
    (error: Error) => error.message,
  )
  expect(text).toMatch(/Error: The database cannot be opened: .*kilo\.db: .*can be written to/)
})

test.skipIf(!mountable)("a data folder that turns read-only ends in words, and reading goes on", async () => {
  await using home = await tempHome()
  using _disk = mount(dataOf(home), "size=8m")
  await using w = await world({ home })
  const session = await w.session({ title: "kept" })
  spawnSync("mount", ["-o", "remount,ro", dataOf(home)])
  const made = await w.kilo.fetch("/session", { json: {} })
  // A file that is open for writing keeps the disk writable: then all is well, else the answer says what is wrong.
  if (!made.ok) expect(await made.text()).toMatch(/can't be written|read-only|readonly/)
  expect(await w.kilo.api(`/session/${session}`)).toMatchObject({ title: "kept" })
})

/** What a CLI says that is started with this home, or why it did not start. */
async function start(home: TempHome): Promise<string> {
  const kilo = await startKilo({ home }).catch((error: Error) => error)
  if (kilo instanceof Error) return kilo.message
  await using running = kilo
  const answer = await kilo.fetch("/session").then(
    (response) => response.text(),
    () => "",
  )
  return `${answer}${running.stderr}`
}

test("a database with a damaged page is told with its file, and is not touched", async () => {
  await using home = await tempHome()
  {
    await using w = await world({ home })
    const session = await w.session()
    for (let count = 0; count < 3; count++) {
      const from = w.events.events.length
      await w.prompt(session, `[[deltas:200]]${"filler ".repeat(3000)}`)
      await w.events.turnEnd(session, 20_000, from)
    }
    await w.kilo.stop()
  }
  const file = join(dataOf(home), "kilo.db")
  const size = readFileSync(file).length
  const handle = await open(file, "r+")
  // All but the schema's page.
  await handle.write(Buffer.alloc(size - 8192, 0xa5), 0, size - 8192, 8192)
  await handle.close()
  const bytes = readFileSync(file)
  const said = await start(home)
  expect(said).toContain(file)
  expect(said).toMatch(/Restore it from a backup or move it away/)
  expect(readFileSync(file).equals(bytes)).toBe(true)
})

test("a database that was cut short is told, not overwritten", async () => {
  await using home = await tempHome()
  {
    await using w = await world({ home })
    await w.session()
    await w.kilo.stop()
  }
  const file = join(dataOf(home), "kilo.db")
  truncateSync(file, 5000)
  const bytes = readFileSync(file)
  const said = await start(home)
  expect(said).toMatch(/Restore it from a backup or move it away/)
  expect(readFileSync(file).equals(bytes)).toBe(true)
})

test("a clock that jumps back or far ahead keeps messages and turns in order", async () => {
  await using home = await tempHome()
  const shift = home.path("shift")
  writeFileSync(shift, "0")
  writeFileSync(
    home.path("clock.mjs"),
    `import { readFileSync } from "node:fs"
     const real = Date.now.bind(Date), shift = () => Number(readFileSync(${JSON.stringify(shift)}, "utf8"))
     Date.now = () => real() + shift()
     globalThis.Date = class extends Date { constructor(...args) { args.length ? super(...args) : super(Date.now()) } }`,
  )
  const env = { NODE_OPTIONS: `--import=${home.path("clock.mjs")}` }
  await using w = await world({ home, env })
  const session = await w.session()
  const hour = 3_600_000
  for (const [words, jump] of [
    ["first", 0],
    ["second", -hour],
    ["third", 48 * hour],
    ["fourth", -2 * hour],
  ] as const) {
    writeFileSync(shift, String(jump))
    const from = w.events.events.length
    await w.prompt(session, `[[text:${words}]]`)
    const end = await w.events.turnEnd(session, 10_000, from)
    expect(end.type).toBeTruthy()
  }
  const messages = await w.kilo.api<Message[]>(`/session/${session}/message`)
  const said = messages
    .filter(({ info }) => info.role === "assistant")
    .map(({ parts }) => parts.find((part) => part.type === "text")?.text)
  expect(said).toEqual(["first", "second", "third", "fourth"])
  // What the model was sent last holds everything before it, in order.
  const last = JSON.stringify(w.model.requests.at(-1)?.body)
  expect(last.indexOf("first")).toBeLessThan(last.indexOf("second"))
  expect(last.indexOf("second")).toBeLessThan(last.indexOf("third"))
})

test("two servers on one database see each other's sessions, and neither ends the other's turns", async () => {
  await using home = await tempHome()
  await using w = await world({ home })
  const session = await w.session({ title: "shared" })
  await w.prompt(session, "[[text:half ]][[hold:gate]][[text:whole]]")
  await w.events.waitFor((event) => event.type === "message.part.delta")
  await using second = await startKilo({ home })
  expect(await second.api(`/session/${session}`)).toMatchObject({ title: "shared" })
  const made = await second.api<{ id: string }>("/session", {
    json: { title: "of the second" },
    directory: w.project.directory,
  })
  expect(await w.kilo.api(`/session/${made.id}`)).toMatchObject({ title: "of the second" })
  // Both write at once, many times.
  const count = 40
  const both = [w.kilo, second].flatMap((kilo) =>
    Array.from({ length: count }, (_, number) => kilo.api("/session", { json: { title: `n${number}` } })),
  )
  await Promise.all(both)
  await w.model.release("gate")
  await w.events.turnEnd(session)
  const [, answer] = await second.api<Message[]>(`/session/${session}/message`)
  expect(answer?.info.error).toBeUndefined()
  expect(answer?.parts.find((part) => part.type === "text")?.text).toBe("half whole")
})
