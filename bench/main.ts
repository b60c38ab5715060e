import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { cpus, homedir, totalmem } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Figures, lifecycle, median, turns } from "./measures.ts"
import type { Subject } from "./subject.ts"
import { measureWindow } from "./window.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const quick = process.argv.includes("--quick")
const runs = quick ? 3 : 7
const PEER = "@kilocode/cli-linux-x64@7.7.9"

if (process.platform !== "linux" || process.arch !== "x64") {
  console.error("The measurements compare with a Linux x64 program and read /proc: run them on Linux x64.")
  process.exit(1)
}

const ours: Subject = { name: "this project", command: join(root, "cli-bundle", "dist", "kilo") }
const peer: Subject = { name: PEER.replace("-linux-x64", ""), command: installPeer() }
const results = new Map<Subject, Figures>()
// Subjects take turns in one run on one machine, so that the ratios hold even where the absolute figures do not.
for (const [title, measure] of [
  ["start, memory, stop", lifecycle],
  ["turns", turns],
] as const) {
  for (const subject of [peer, ours]) {
    console.error(`${subject.name}: ${title} ...`)
    results.set(subject, { ...results.get(subject), ...(await measure(subject, runs)) })
  }
}
// The servers' figures took minutes: they are worth printing even when the window does not open.
const window = await measureWindow(root, quick ? 3 : 5).catch((error: unknown) => {
  console.error(`The window was not measured: ${error instanceof Error ? error.message : error}`)
  return {}
})
const table = report()
console.log(table)
if (!process.argv.includes("--no-write")) write(table)

function installPeer(): string {
  const cache = join(homedir(), ".cache", "kilo-bench")
  const binary = join(cache, "node_modules", "@kilocode", "cli-linux-x64", "bin", "kilo")
  if (!existsSync(binary)) {
    mkdirSync(cache, { recursive: true })
    // Scripts of a package that is only measured have no business on this machine.
    execFileSync("npm", ["install", "--ignore-scripts", "--no-fund", "--no-audit", "--prefix", cache, PEER], {
      stdio: ["ignore", 2, 2],
    })
  }
  return binary
}

function report(): string {
  const [theirs, mine] = [results.get(peer) ?? {}, results.get(ours) ?? {}]
  const lines = [`| Measure (median) | ${peer.name} | this project | ratio |`, "|---|---:|---:|---:|"]
  for (const name of Object.keys(mine)) {
    const [a, b] = [median(theirs[name] ?? []), median(mine[name] ?? [])]
    lines.push(`| ${name} | ${show(a)} | ${show(b)} | ${a > 0 ? (b / a).toFixed(3) : "-"} |`)
  }
  lines.push(`| installed bundle without Node (MiB) | - | ${show(bundleSize() / 2 ** 20)} | - |`)
  for (const [name, values] of Object.entries(window)) lines.push(`| ${name} | - | ${show(median(values))} | - |`)
  return lines.join("\n")
}

function show(value: number): string {
  if (!Number.isFinite(value)) return "-"
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}

/** Everything in cli-bundle/dist but the Node program. */
function bundleSize(): number {
  const dist = join(root, "cli-bundle", "dist")
  const size = (path: string): number => {
    const stat = statSync(path)
    if (!stat.isDirectory()) return stat.size
    return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0)
  }
  return readdirSync(dist)
    .filter((name) => name !== "node")
    .reduce((sum, name) => sum + size(join(dist, name)), 0)
}

function write(table: string) {
  const file = join(root, "bench", "README.md")
  const text = readFileSync(file, "utf8")
  const about = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, \`npm run bench${quick ? " -- --quick" : ""}\`, ${runs} runs a figure.`
  const body = `<!-- figures -->\n${about}\n\n${table}\n<!-- /figures -->`
  writeFileSync(
    file,
    text.replace(/<!-- figures -->[\s\S]*<!-- \/figures -->/, () => body),
  )
  console.error(`Written to ${file}`)
}
