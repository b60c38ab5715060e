import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus, loadavg, tmpdir, totalmem } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { openDisplay } from "../scripts/display.mjs"
import { writeHistory } from "./history.ts"

/**
 * `npm run bench -- window`: the real window with the real CLI, a session of 10,000 messages and 50,000 parts, and a model
 * that streams some 2,000 tokens a second. `--no-write` only prints.
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
try {
  const [home, project] = [join(place, "home"), join(place, "project")]
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
      "-cp",
      [join(host, "test-classes"), windowJar].join(delimiter),
      "dev.kilo.frontend.host.WindowBench",
      home,
      project,
      ...ids,
    ],
    {
      cwd: join(root, "frontend", "host"),
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
      env: { ...process.env, DISPLAY: display.name },
    },
  )
  if (run.status !== 0) throw new Error("The window's measurements did not come to their end.")
  const table = report(run.stdout)
  console.log(table)
  if (!process.argv.includes("--no-write")) write(table)
} finally {
  display.stop()
  rmSync(place, { recursive: true, force: true })
}

function report(output: string): string {
  const rows = output.split("\n").flatMap((line) => {
    const match = /^FIGURE (\S+) (\S+) (\S+) (.*)$/.exec(line)
    if (!match) return []
    const [, unit, value, goal, name] = match
    return [`| ${name} | ${value} ${unit === "-" ? "" : unit} | ${goal} |`]
  })
  return ["| Window | measured | goal |", "|---|---:|---:|", ...rows].join("\n")
}

function write(table: string) {
  const file = join(root, "bench", "README.md")
  const about = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, \`npm run bench -- window\`; ${busy.toFixed(1)} programs wanted a processor when it began.`
  const text = readFileSync(file, "utf8")
  const body = `<!-- window -->\n${about}\n\n${table}\n<!-- /window -->`
  writeFileSync(
    file,
    text.replace(/<!-- window -->[\s\S]*<!-- \/window -->/, () => body),
  )
  console.error(`Written to ${file}`)
}
