import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus, loadavg, tmpdir, totalmem } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { openDisplay } from "../scripts/display.mjs"
import { writeHistory } from "./history.ts"

/**
 * `npm run bench -- window`: the real window with the real CLI, a session of 10,000 messages and 50,000 parts, and a model
 * that streams some 2,000 tokens a second. Runs three times and gives the median; `--quick` runs once, and streams and
 * scrolls for a shorter time. `--no-write` only prints.
 */
const java = process.env.KILO_BENCH_JAVA ?? "java"
const windowJar = process.env.KILO_BENCH_WINDOW ?? ""
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const display = await openDisplay()
if (!display) {
  console.error("The window was not measured: there is no DISPLAY and no Xvfb (install the package xvfb).")
  process.exit(1)
}
const place = mkdtempSync(join(tmpdir(), "kilo-bench-window-"))
const busy = loadavg()[0] ?? 0
const quick = process.argv.includes("--quick")
const runs = quick ? 1 : 3
try {
  const outputs: string[] = []
  for (let at = 0; at < runs; at += 1) {
    console.error(`window ${at + 1} of ${runs} ...`)
    outputs.push(await measure(join(place, String(at))))
  }
  const table = report(outputs)
  console.log(table)
  if (!process.argv.includes("--no-write")) write(table)
} finally {
  display.stop()
  rmSync(place, { recursive: true, force: true })
}

/** One window on a home of its own; what it printed. */
async function measure(folder: string): Promise<string> {
  const [home, project] = [join(folder, "home"), join(folder, "project")]
  mkdirSync(project, { recursive: true })
  execFileSync("git", ["init", "-q"], { cwd: project })
  const ids = await writeHistory(home, project, [
    { title: "Long", messages: 10_000, parts: 50_000 },
    { title: "Other", messages: 1_000, parts: 5_000 },
  ])
  const host = join(root, "frontend", "host", "target")
  const run = spawnSync(
    java,
    [
      "-Xmx768m",
      // As `npm start` runs the window.
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      [join(host, "test-classes"), windowJar].join(delimiter),
      "dev.kilo.frontend.host.WindowBench",
      home,
      project,
      ...ids,
      ...(quick ? ["quick"] : []),
    ],
    {
      cwd: join(root, "frontend", "host"),
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
      env: { ...process.env, DISPLAY: display?.name },
    },
  )
  if (run.status !== 0) throw new Error("The window's measurements did not come to their end.")
  return run.stdout
}

interface Figure {
  name: string
  unit: string
  goal: string
  values: number[]
}

/** The median of all runs for each figure. */
function report(outputs: string[]): string {
  const figures = new Map<string, Figure>()
  for (const output of outputs) {
    const seen = new Map<string, number>()
    for (const line of output.split("\n")) {
      const match = /^FIGURE (\S+) (\S+) (\S+) (.*)$/.exec(line)
      if (!match) continue
      const [, unit = "", value = "", goal = "", name = ""] = match
      // A name may stand for several figures of a run, one after the other.
      const nth = (seen.get(name) ?? 0) + 1
      seen.set(name, nth)
      const known = figures.get(`${nth} ${name}`) ?? { name, unit, goal, values: [] }
      known.values.push(Number(value))
      figures.set(`${nth} ${name}`, known)
    }
  }
  const rows = [...figures.values()].map(({ name, unit, goal, values }) => {
    const middle = values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
    return `| ${name} | ${middle.toFixed(1)} ${unit === "-" ? "" : unit} | ${goal} |`
  })
  return ["| Window | measured | goal |", "|---|---:|---:|", ...rows].join("\n")
}

function write(table: string) {
  const file = join(root, "bench", "README.md")
  const about = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, \`npm run bench -- window${quick ? " --quick" : ""}\`, ${runs === 1 ? "one run" : `median of ${runs} runs`}; ${busy.toFixed(1)} programs wanted the processors when it began, ${(loadavg()[0] ?? 0).toFixed(1)} when it ended.`
  const text = readFileSync(file, "utf8")
  const body = `<!-- window -->\n${about}\n\n${table}\n<!-- /window -->`
  writeFileSync(
    file,
    text.replace(/<!-- window -->[\s\S]*<!-- \/window -->/, () => body),
  )
  console.error(`Written to ${file}`)
}
