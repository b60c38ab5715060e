import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createFiles } from "../src-ts/engine/src/file/index.ts"
import { bench } from "../src-ts/engine/src/tool/testing.ts"
import { median } from "./measures.ts"

/**
 * Searches a repository of 100,000 files, side by side with the programs that are known to be fast at it, in one run.
 * Prints a table: our time, theirs, and the ratio. `node bench/files.ts [files] [runs]`, on the pinned Node.
 */
const FOLDERS = 2000
const total = Number(process.argv[2] ?? 100_000)
const runs = Number(process.argv[3] ?? 7)

const place = mkdtempSync(join(tmpdir(), "kilo-files-"))
const root = join(place, "repository")
try {
  console.error(`Making ${total} files ...`)
  make(root)
  const figures = await measure(root)
  const lines = [
    "| Measure (median) | compared with | theirs (ms) | this project (ms) | ratio |",
    "|---|---|---:|---:|---:|",
  ]
  for (const [name, { other, theirs, ours }] of figures) {
    const [a, b] = [median(theirs), median(ours)]
    lines.push(`| ${name} | \`${other}\` | ${a.toFixed(0)} | ${b.toFixed(0)} | ${(b / a).toFixed(2)} |`)
  }
  console.log(lines.join("\n"))
  console.log(`\nResident memory of the process after all that: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`)
} finally {
  rmSync(place, { recursive: true, force: true })
}

function make(directory: string) {
  const each = Math.ceil(total / FOLDERS)
  let made = 0
  for (let folder = 0; folder < FOLDERS && made < total; folder += 1) {
    const path = join(directory, `package${Math.floor(folder / 40)}`, "src", `module${folder % 40}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < each && made < total; file += 1) {
      made += 1
      const text = `export const value${made} = ${made}\nexport function name${made}() {\n  return "${made % 997 === 0 ? "needle" : "hay"}"\n}\n`
      writeFileSync(join(path, `file${file}.${["ts", "js", "json", "md", "css"][file % 5]}`), text.repeat(4))
    }
  }
  writeFileSync(join(directory, ".gitignore"), "*.log\ndist/\n")
  const git = (...args: string[]) => execFileSync("git", args, { cwd: directory, stdio: "ignore" })
  git("init", "-q")
  git("add", "-A")
  git("-c", "user.name=b", "-c", "user.email=b@example.org", "commit", "-qm", "all")
}

interface Figure {
  other: string
  theirs: number[]
  ours: number[]
}

async function measure(directory: string): Promise<Map<string, Figure>> {
  const figures = new Map<string, Figure>()
  using tools = Object.assign(bench(), { [Symbol.dispose]: () => tools.close() })
  const env = { PATH: process.env.PATH }
  const cases: [string, string[], () => Promise<unknown>][] = [
    [
      "glob, one file of 100,000",
      ["rg", "--files"],
      () => tools.call("glob", { pattern: "**/module7/file10.ts", path: directory }),
    ],
    [
      "glob, 20,000 files, newest first",
      ["rg", "--files", "--sortr=modified", "-g", "*.ts"],
      () => tools.call("glob", { pattern: "**/*.ts", path: directory }),
    ],
    [
      "grep, a rare word",
      ["rg", "-n", "needle", "./"],
      () => tools.call("grep", { pattern: "needle", path: directory }),
    ],
    [
      "grep, in one kind of file",
      ["rg", "-n", "-g", "*.ts", "needle", "./"],
      () => tools.call("grep", { pattern: "needle", include: "*.ts", path: directory }),
    ],
    ["list", ["rg", "--files"], () => tools.call("list", { path: directory })],
    ["fuzzy file search, first key", ["rg", "--files"], () => fuzzy("m")],
    ["fuzzy file search, while typing", ["git", "ls-files"], () => typing()],
  ]
  const service = () => createFiles({ directory, worktree: directory, env, vcs: { status: async () => [] } })
  const fuzzy = (query: string) => service().findFiles({ query, type: "file", limit: 50 })
  const open = service()
  const typing = () => open.findFiles({ query: "module7file10", type: "file", limit: 50 })
  // The first round warms the disk's cache for both.
  for (let run = 0; run <= runs; run += 1) {
    for (const [name, command, body] of cases) {
      const [program = "", ...args] = command
      const theirs = await timed(() => spawnSync(program, args, { cwd: directory, maxBuffer: 2 ** 28 }))
      if (name.includes("typing")) await open.findFiles({ query: "mod", type: "file", limit: 50 })
      const ours = await timed(body)
      const figure = figures.get(name) ?? { other: command.join(" "), theirs: [], ours: [] }
      figures.set(name, figure)
      if (run === 0) continue
      figure.theirs.push(theirs)
      figure.ours.push(ours)
    }
  }
  return figures
}

async function timed(body: () => unknown): Promise<number> {
  const start = performance.now()
  await body()
  return performance.now() - start
}
