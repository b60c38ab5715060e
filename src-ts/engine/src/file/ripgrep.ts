import { spawn } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { createInterface } from "node:readline"
import type { EngineOptions } from "../engine.ts"
import type { TextMatch } from "./types.ts"

/** Same rules as the built-in walker: only .gitignore and info/exclude count, not the user's own ignore files. */
const FLAGS = [
  "--no-config",
  "--hidden",
  "--no-require-git",
  "--no-ignore-dot",
  "--no-ignore-global",
  "--no-messages",
  "--glob=!**/.git",
  "--glob=!**/node_modules",
]

/** Path of ripgrep when it is on PATH. */
export function findRipgrep(env: EngineOptions["env"]): string | undefined {
  const name = process.platform === "win32" ? "rg.exe" : "rg"
  for (const directory of (env.PATH ?? env.Path ?? "").split(delimiter)) {
    if (directory === "") continue
    const file = join(directory, name)
    if (isExecutable(file)) return file
  }
  return undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

interface Run {
  root: string
  /** Where .gitignore files count from. */
  top: string
  env: EngineOptions["env"]
  signal?: AbortSignal
  limit: number
}

/** Files that ripgrep would search; undefined when it could not run. */
export async function ripgrepFiles(
  program: string,
  options: Run & { name?: string },
): Promise<{ files: string[]; cut: boolean } | undefined> {
  const files: string[] = []
  let rest = ""
  let cut = false
  const args = [...FLAGS, "--files", "--null", ...typed(options.name)]
  const done = await run(program, args, options, (child) => {
    const decoder = new TextDecoder()
    child.stdout.on("data", (chunk: Buffer) => {
      if (cut) return
      const names = (rest + decoder.decode(chunk, { stream: true })).split("\0")
      rest = names.pop() ?? ""
      for (const name of names) {
        if (files.length >= options.limit) {
          cut = true
          child.kill()
          return
        }
        files.push(slashes(name))
      }
    })
  })
  return done ? { files, cut } : undefined
}

export interface RipgrepSearch extends Run {
  pattern: string
  /** Glob without a slash, on file names. */
  name?: string
  /** One file to search instead of the directory. */
  file?: string
  maxFileBytes: number
  accepts(file: string): boolean
}

/** Matching lines, each with its file relative to the root; undefined when ripgrep could not run or does not know the pattern. */
export async function ripgrepSearch(
  program: string,
  options: RipgrepSearch,
): Promise<{ matches: TextMatch[]; cut: boolean } | undefined> {
  const matches: TextMatch[] = []
  let cut = false
  const args = [...FLAGS, "--json", `--max-filesize=${options.maxFileBytes}`, ...typed(options.name)]
  const done = await run(
    program,
    [...args, "--regexp", options.pattern, `./${options.file ?? ""}`],
    options,
    (child) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        // Parsing is the costly part: context and summary records are told by their first characters.
        if (cut || !line.startsWith('{"type":"match"')) return
        const match = toMatch(line)
        if (!match || !options.accepts(match.path.text)) return
        if (matches.length >= options.limit) {
          cut = true
          child.kill()
          return
        }
        matches.push(match)
      })
    },
  )
  return done ? { matches, cut } : undefined
}

/** Names as a type of their own: a glob argument would bring back what is ignored. */
function typed(name: string | undefined): string[] {
  return name === undefined ? [] : [`--type-add=wanted:${name}`, "--type=wanted"]
}

interface Text {
  text?: string
  bytes?: string
}

interface Record {
  data: {
    path: Text
    lines: Text
    line_number: number | null
    absolute_offset: number
    submatches: { match: Text; start: number; end: number }[]
  }
}

function toMatch(line: string): TextMatch | undefined {
  const { data } = JSON.parse(line) as Record
  if (data.line_number === null) return undefined
  return {
    path: { text: slashes(plain(data.path)).replace(/^\.\//, "") },
    lines: { text: plain(data.lines) },
    line_number: data.line_number,
    absolute_offset: data.absolute_offset,
    submatches: data.submatches.map((each) => ({
      match: { text: plain(each.match) },
      start: each.start,
      end: each.end,
    })),
  }
}

/** ripgrep sends what is not UTF-8 as base64. */
function plain(value: Text): string {
  return value.text ?? Buffer.from(value.bytes ?? "", "base64").toString("utf8")
}

function slashes(path: string): string {
  return process.platform === "win32" ? path.replaceAll("\\", "/") : path
}

interface Child {
  stdout: NodeJS.ReadableStream
  kill(): void
}

/** True when ripgrep ran to its end or was stopped by us; 1 is its code for "nothing found". */
function run(program: string, args: string[], options: Run, listen: (child: Child) => void): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const { signal } = options
  // Above the project's top nobody's .gitignore counts.
  const child = spawn(program, options.top === options.root ? ["--no-ignore-parent", ...args] : args, {
    cwd: options.root,
    env: { ...options.env },
    stdio: ["ignore", "pipe", "ignore"],
    windowsHide: true,
  })
  let stopped = false
  const stop = () => {
    stopped = true
    child.kill("SIGKILL")
  }
  signal?.addEventListener("abort", stop, { once: true })
  listen({ stdout: child.stdout, kill: stop })
  const finish = (result: boolean) => {
    signal?.removeEventListener("abort", stop)
    if (signal?.aborted) reject(signal.reason)
    else resolve(result)
  }
  child.on("error", () => finish(false))
  child.on("close", (code) => finish(stopped || code === 0 || code === 1))
  return promise
}
