import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { startBackend } from "../network/backend.ts"
import { connectDeaf } from "../network/deaf.ts"
import { distance, type Link, openWorkshop, type Workshop } from "../network/link.ts"
import { type FarWindow, openWindow } from "../network/window.ts"
import { startFakeModel, tempProject } from "../src-ts/testkit/src/index.ts"

/**
 * `npm run bench -- remote`: the window's own connection and view models at the end of a line of 150 ms, compared with
 * the same window beside the backend. Everything but the line is real and on this machine.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const quick = process.argv.includes("--quick")
const RUNS = quick ? 7 : 25
const ROUND_TRIP = 150

const workshop = await openWorkshop()
if (workshop.missing) {
  console.error(`The far window can't be measured: ${workshop.missing}.`)
  process.exit(1)
}
if (workshop.compromise) console.error(workshop.compromise)
const model = await startFakeModel()
const backend = await startBackend({ model: model.url })
const project = await tempProject({ files: { "a.txt": "a\n" }, git: true })
const rows: [string, string, string][] = []
try {
  await firstTokens(workshop)
  await streaming(workshop)
  await opening(workshop)
  await afterCut(workshop)
  await deaf()
} finally {
  await project[Symbol.asyncDispose]()
  await backend[Symbol.asyncDispose]()
  await model.stop()
  await workshop[Symbol.asyncDispose]()
}
const table = ["| Remote | measured | goal |", "|---|---:|---:|", ...rows.map((row) => `| ${row.join(" | ")} |`)].join(
  "\n",
)
console.log(table)
if (!process.argv.includes("--no-write")) write(table)

function note(what: string, value: number, unit: string, goal: string) {
  const shown = `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${unit}`
  console.error(`${what}: ${shown} (goal: ${goal})`)
  rows.push([what, shown, goal])
}

async function open(link: Link): Promise<FarWindow> {
  const window = await openWindow({
    url: link.url,
    fingerprint: backend.fingerprint,
    enter: link.enter,
    directory: project.directory,
    token: backend.token,
    home: backend.home.directory,
  })
  await window.see("the models", (shown) => shown.what === "models" && (shown.count ?? 0) > 0, 60_000)
  return window
}

/** Sends a prompt and waits for its end; ms until the first word was to be seen. */
async function turn(window: FarWindow, prompt: string): Promise<{ first: number; last: number }> {
  const before = window.last("view")?.answer ?? 0
  const from = window.log.length
  const began = Date.now()
  window.tell(`send ${prompt}`)
  const grown = (shown: { what: string; answer?: number }) => shown.what === "view" && (shown.answer ?? 0) > before
  const first = await window.see("the first word", grown, 30_000, from)
  const last = await window.see("the end", (shown) => shown.what === "ended", 120_000, from)
  return { first: first.at - began, last: last.at - first.at }
}

async function firstTokens(shop: Workshop) {
  const figures = { near: [] as number[], far: [] as number[], rough: [] as number[] }
  await using nearLink = await shop.link(backend.address)
  await using farLink = await shop.link(backend.address)
  await using roughLink = await shop.link(backend.address)
  await farLink.worsen(...distance(ROUND_TRIP))
  await roughLink.worsen(...distance(ROUND_TRIP, 60))
  await using near = await open(nearLink)
  await using far = await open(farLink)
  await using rough = await open(roughLink)
  const windows = { near, far, rough }
  for (const window of Object.values(windows)) await turn(window, "Hello [[text:Hi there]]")
  for (let i = 0; i < RUNS; i++) {
    for (const [name, window] of Object.entries(windows)) {
      const { first } = await turn(window, `Hello ${i} [[text:Hi there]]`)
      figures[name as keyof typeof figures].push(first)
    }
  }
  const near50 = quantile(figures.near, 0.5)
  note("prompt → first word, beside the backend, median", near50, "ms", "-")
  note("the same 150 ms away, later by", quantile(figures.far, 0.5) - near50, "ms", "≤ 180 ms")
  note("the same with ±30 ms of jitter, p95, later by", quantile(figures.rough, 0.95) - near50, "ms", "≤ 225 ms")
  const fresh = { near: [] as number[], far: [] as number[] }
  for (let i = 0; i < 5; i++) {
    for (const [name, window] of Object.entries({ near, far })) {
      const from = window.log.length
      window.tell("new")
      await window.see("an empty session", (shown) => shown.what === "session" && !shown.id, 10_000, from)
      fresh[name as keyof typeof fresh].push((await turn(window, "Hello [[text:Hi there]]")).first)
    }
  }
  const created = quantile(fresh.far, 0.5) - quantile(fresh.near, 0.5)
  note("first prompt of a new session 150 ms away, later by", created, "ms", "-")
}

async function streaming(shop: Workshop) {
  await using nearLink = await shop.link(backend.address)
  await using farLink = await shop.link(backend.address)
  await farLink.worsen(...distance(ROUND_TRIP))
  await using near = await open(nearLink)
  await using far = await open(farLink)
  const text = "Stream [[every:1]][[deltas:3000]]"
  await turn(near, text)
  await turn(far, text)
  const local = await turn(near, text)
  const remote = await turn(far, text)
  note("3,000 deltas as fast as they come, 150 ms away / beside", remote.last / local.last, "x", "about 1 x")

  const slow = "Talk [[every:10]][[deltas:1000]]"
  const before = await farLink.bytes()
  const talk = await turn(far, slow)
  const after = await farLink.bytes()
  if (before !== undefined && after !== undefined) {
    note("100 tokens a second, both directions with TCP and IP", (after - before) / talk.last, "kB/s", "≤ 20 kB/s")
  }
}

async function opening(shop: Workshop) {
  await using nearLink = await shop.link(backend.address)
  await using near = await open(nearLink)
  const words = "The queue is emptied before the test looks at it, so nothing has to wait. ".repeat(6)
  for (let i = 0; i < 500; i++) await turn(near, `Message ${i} [[text:${words}]]`)
  const id = near.last("session")?.id ?? ""
  await using farLink = await shop.link(backend.address)
  await farLink.worsen(...distance(ROUND_TRIP))
  const times: number[] = []
  for (let i = 0; i < (quick ? 2 : 5); i++) {
    await using far = await open(farLink)
    await far.see("the session", (shown) => shown.what === "sessions" && (shown.ids?.includes(id) ?? false))
    const from = far.log.length
    const began = Date.now()
    far.tell(`select ${id}`)
    const shown = await far.see("its rows", (entry) => entry.what === "view" && Number(entry.rows) > 20, 20_000, from)
    times.push(shown.at - began)
  }
  note("opening a session of 1,000 messages 150 ms away", quantile(times, 0.5), "ms", "≤ 1000 ms")
}

async function afterCut(shop: Workshop) {
  const times: number[] = []
  await using link = await shop.link(backend.address)
  await link.worsen(...distance(ROUND_TRIP))
  await using window = await open(link)
  await turn(window, "Hello [[text:Hi there]]")
  for (let i = 0; i < (quick ? 2 : 7); i++) {
    const from = window.log.length
    const before = window.last("view")?.answer ?? 0
    window.tell(`send Talk ${i} [[every:10]][[deltas:400]]`)
    await window.see("words", (shown) => shown.what === "view" && (shown.answer ?? 0) > before, 20_000, from)
    await link.cut()
    await pause(10_000)
    const mended = Date.now()
    await link.mend()
    const end = await window.see("the end of the turn", (shown) => shown.what === "ended", 30_000, from)
    times.push(end.at - mended)
  }
  note("right again after a cut of 10 s, 150 ms away, median", quantile(times, 0.5), "ms", "≤ 1000 ms")
  note("the same, worst", Math.max(...times), "ms", "-")
}

/** Live memory of the backend's Java, after a collection. */
function heap(pid: number): number {
  const text = execFileSync("jcmd", [String(pid), "GC.class_histogram"], { encoding: "utf8", maxBuffer: 64 << 20 })
  return Number(/^Total\s+\d+\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN) / 2 ** 20
}

async function deaf() {
  await using link = await workshop.link(backend.address)
  await using window = await open(link)
  await turn(window, "Hello [[text:Hi there]]")
  const before = heap(backend.pid)
  await using peer = await connectDeaf(backend, project.directory)
  const talking = turn(window, "Talk [[every:2]][[deltas:26000]]")
  let most = 0
  for (let i = 0; i < 6; i++) {
    await pause(10_000)
    most = Math.max(most, heap(backend.pid) - before)
  }
  await talking
  if (!peer.open) throw new Error("The window that does not read was cut off, so it was not measured.")
  note("backend's memory grows by, with a window that does not read for 60 s", most, "MiB", "< 10 MB")
}

function quantile(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
}

function write(text: string) {
  const file = join(root, "bench", "README.md")
  const about = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, \`npm run bench -- remote${quick ? " --quick" : ""}\`.`
  const body = `<!-- remote -->\n${about}\n\n${text}\n<!-- /remote -->`
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace(/<!-- remote -->[\s\S]*<!-- \/remote -->/, () => body),
  )
  console.error(`Written to ${file}`)
}
