import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { fakeConfig, startFakeModel, startKilo, until } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { commandOf, type Held, held, targets } from "../processes.ts"
import { type Load, startLoad } from "./load.ts"

/** `npm run test:endurance`: minutes; a short form otherwise. */
const full = process.env.KILO_ENDURANCE === "full"
const seconds = Number(process.env.KILO_ENDURANCE_SECONDS ?? (full ? 480 : 15))
const seed = Number(process.env.KILO_ENDURANCE_SEED ?? 20_261_121)
const linux = process.platform === "linux"
if (!linux) console.warn("skipped: endurance (it counts descriptors and children in /proc)")

test.skipIf(!linux)(
  full
    ? "an hour's mixed load leaves memory flat, no descriptor, no child and a sound database"
    : "a short mixed load leaves no descriptor, no child and a sound database",
  { timeout: seconds * 1000 + 240_000 },
  async () => {
    await using model = await startFakeModel()
    await using kilo = await startKilo({
      config: fakeConfig(model.url, { permission: { bash: "ask", external_directory: "deny" } }),
      env: { KILO_ENABLE_QUESTION_TOOL: "true", KILO_SESSION_RETRY_LIMIT: "2", KILO_API_URL: "http://127.0.0.1:9" },
    })
    await kilo.api("/session", { json: {} })
    await kilo.api("/pty", { json: { command: "/bin/true", args: [] } })
    await kilo.api("/global/dispose", { method: "POST" })
    // What a server holds that has done something and is idle.
    const idle = at(kilo.pid)
    await using load = await startLoad(kilo, seed)
    const samples: Held[] = []
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      await sleep(500)
      samples.push(held(kilo.pid))
      expect((await kilo.fetch("/global/health", { signal: AbortSignal.timeout(10_000) })).status).toBe(200)
    }
    await load.stop()
    const left = () => at(kilo.pid)
    report(load, samples, `${idle.files} files before, ${left().files} right after`)
    const wrong = Map.groupBy(load.wrong, (text) => text.slice(0, 200))
    expect([...wrong].map(([text, all]) => `${all.length} x ${text}`)).toEqual([])

    // Whatever is still at work ends with its directory.
    await kilo.api("/global/dispose", { method: "POST" })
    await until(
      () =>
        held(kilo.pid).children.length === 0 && left().files <= idle.files + 2 && left().sockets <= ownSockets() + 10,
      {
        deadline: 20_000,
        what: "a server without children and with few descriptors",
      },
    ).catch((error: unknown) => {
      const children = held(kilo.pid).children.map(commandOf)
      throw new Error(`${error}\nchildren:\n${children.join("\n")}\ndescriptors:\n${targets(kilo.pid).join("\n")}`)
    })
    if (full) expect(quarter(samples, 4)).toBeLessThan(quarter(samples, 2) * 1.1)

    expect((await kilo.stop()).code).toBe(0)
    expect(kilo.stderr).toBe("")
    sound(kilo.home.path(".local", "share", "kilo", "kilo.db"))
  },
)

/** Files and sockets that are open. Sockets come and go with clients, whose pools keep some. */
function at(pid: number) {
  const all = targets(pid)
  const sockets = all.filter((target) => target.startsWith("socket:")).length
  return { files: all.length - sockets, sockets }
}

const ownSockets = () => at(process.pid).sockets

/** Median of the resident memory in one quarter of the time, in MiB. */
function quarter(samples: Held[], number: number): number {
  const part = samples.slice((samples.length * (number - 1)) / 4, (samples.length * number) / 4)
  const sorted = part.map(({ resident }) => resident).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function report(load: Load, samples: Held[], files: string) {
  const most = (value: (sample: Held) => number) => Math.max(...samples.map(value))
  console.info(
    [
      `${seconds} s, seed ${seed}: ${[...load.done].map(([name, count]) => `${count} ${name}`).join(", ")}`,
      `resident memory by quarters: ${[1, 2, 3, 4].map((number) => quarter(samples, number).toFixed(0)).join(", ")} MiB`,
      `descriptors: ${most(({ descriptors }) => descriptors)} at most, ${files}; children at most ${most(({ children }) => children.length)}`,
    ].join("\n"),
  )
}

/** The file is whole, nothing refers to what is gone, and nothing is left as if it still ran. */
function sound(file: string) {
  const db = new DatabaseSync(file, { readOnly: true })
  const rows = (sql: string) => db.prepare(sql).all()
  expect(rows("pragma integrity_check")).toEqual([{ integrity_check: "ok" }])
  expect(rows("pragma foreign_key_check")).toEqual([])
  expect(rows("select * from run")).toEqual([])
  expect(
    rows(
      "select data from message where json_extract(data, '$.role') = 'assistant' and json_extract(data, '$.time.completed') is null",
    ),
  ).toEqual([])
  expect(
    rows(
      "select data from part where json_extract(data, '$.type') = 'tool' and json_extract(data, '$.state.status') in ('pending', 'running')",
    ),
  ).toEqual([])
  expect(rows("select count(*) as count from message")[0]?.count).toBeGreaterThan(0)
  db.close()
}
