import { statSync } from "node:fs"
import { stat } from "node:fs/promises"
import { basename, dirname, join, sep } from "node:path"
import { setImmediate } from "node:timers/promises"
import { z } from "zod"
import type { EngineOptions } from "../engine.ts"
import {
  contains,
  fileFilter,
  ignoreTop,
  nameGlob,
  nearest,
  search,
  slashed,
  type TextMatch,
  walk,
} from "../file/index.ts"
import { define, ToolError } from "./define.ts"
import { keep } from "./support/keep.ts"
import { askOutside, locate, type Target } from "./support/target.ts"
import type { Tool, ToolContext } from "./types.ts"

const MAX_FILES = 100
const MAX_MATCHES = 100
const MAX_LISTED = 200
/** How many matches are looked at so that those shown are the first in order. */
const SEARCHED = 2000
const MAX_LINE = 300
const CONTROL = /\p{Cc}/u
/** How long the process may be busy in one go: others stream meanwhile. */
const SLICE_MS = 3

export interface FindOptions {
  env: EngineOptions["env"]
  home?: string
  free: readonly string[]
  /** Where what is too long to show is kept. */
  outputDir: string
}

const path = z.string().optional().describe("Directory to look in; default: the working directory")

/** Files by name pattern, newest first. */
export function globTool(options: FindOptions): Tool {
  return define({
    id: "glob",
    description:
      "Find files by a name pattern such as **/*.ts or src/*.{js,ts}. Ignored files are left out; the newest come first.",
    shape: { pattern: z.string().min(1).describe("Glob pattern"), path },
    async execute(input, context) {
      const where = await place(context, input.path, options)
      await context.ask({
        permission: "glob",
        patterns: [input.pattern],
        always: ["*"],
        metadata: { pattern: input.pattern, ...(input.path === undefined ? {} : { path: input.path }) },
      })
      const name = nameGlob(input.pattern)
      const walked = await walk({
        root: where.real,
        top: topOf(context, where),
        env: options.env,
        signal: context.abort,
        ...(name === undefined ? {} : { name }),
      })
      const wanted = walked.files.filter(globFilter(input.pattern, where.real))
      const sorted = await newestFirst(where.real, wanted, context.abort)
      const shown = sorted.slice(0, MAX_FILES)
      const cut = wanted.length > shown.length || walked.cut
      const all = cut
        ? await keep(options.outputDir, sorted.map((file) => display(context, where, file)).join("\n"))
        : ""
      const note = cut
        ? `\n(${shown.length} of ${wanted.length} files; narrow the pattern or the path${rest(all)})`
        : ""
      return {
        title: input.pattern,
        output:
          shown.length === 0 ? "No files found." : shown.map((file) => display(context, where, file)).join("\n") + note,
        metadata: { count: shown.length, truncated: cut },
      }
    },
  })
}

/** Lines by regular expression. */
export function grepTool(options: FindOptions): Tool {
  return define({
    id: "grep",
    description: "Search file contents by regular expression, line by line. Ignored and binary files are left out.",
    shape: {
      pattern: z.string().min(1).describe("Regular expression"),
      path: z.string().optional().describe("File or directory to look in; default: the working directory"),
      include: z.string().optional().describe("Only files like this, such as *.ts or src/**"),
    },
    async execute(input, context) {
      const found = await locate(context, input.path ?? ".", options.home)
      await askOutside(context, found, options.free)
      const info = await stat(found.real).catch(() => undefined)
      if (!info) throw new ToolError(`${found.label} does not exist.`)
      await context.ask({
        permission: "grep",
        patterns: [input.pattern],
        always: ["*"],
        metadata: {
          pattern: input.pattern,
          ...(input.path === undefined ? {} : { path: input.path }),
          ...(input.include === undefined ? {} : { include: input.include }),
        },
      })
      const root = info.isFile() ? dirname(found.real) : found.real
      const result = await search({
        root,
        top: topOf(context, { ...found, real: root }),
        env: options.env,
        signal: context.abort,
        pattern: input.pattern,
        limit: SEARCHED,
        ...(info.isFile() ? { file: basename(found.real) } : input.include ? { include: input.include } : {}),
      })
      const { matches } = result
      const shown = matches.slice(0, MAX_MATCHES)
      const cut = result.cut || shown.length < matches.length
      const grouped = (list: TextMatch[]) => {
        const lines: string[] = []
        let file: string | undefined
        for (const match of list) {
          if (match.path.text !== file) lines.push(`${display(context, { ...found, real: root }, match.path.text)}:`)
          file = match.path.text
          lines.push(`  ${match.line_number}: ${shorten(match.lines.text)}`)
        }
        return lines
      }
      const lines = grouped(shown)
      if (cut) {
        const total = result.cut ? `more than ${matches.length}` : `${matches.length}`
        const all = matches.length > shown.length ? await keep(options.outputDir, grouped(matches).join("\n")) : ""
        lines.push(`(${shown.length} of ${total} matches; narrow the pattern, path or include${rest(all)})`)
      }
      return {
        title: input.pattern,
        output: lines.length === 0 ? "No matches found." : lines.join("\n"),
        metadata: { matches: shown.length, truncated: cut },
      }
    },
  })
}

/** A directory's tree, nearest level first. */
export function listTool(options: FindOptions): Tool {
  return define({
    id: "list",
    description: "Show a directory as a tree, without ignored files. For an overview; use glob to find files by name.",
    shape: { path },
    async execute(input, context) {
      const where = await place(context, input.path, options)
      await context.ask({
        permission: "list",
        patterns: [where.label],
        always: ["*"],
        metadata: { path: where.absolute },
      })
      const walked = await walk({
        root: where.real,
        top: topOf(context, where),
        env: options.env,
        signal: context.abort,
      })
      // A wide overview says more than one deep branch: the files nearest to the top are kept.
      const shown = nearest(walked.files, MAX_LISTED)
      const cut = shown.length < walked.files.length || walked.cut
      const note = cut ? `\n(${shown.length} of ${walked.files.length} files; list a sub-directory to see more)` : ""
      return {
        title: where.label,
        output: `${where.absolute}/\n${tree(shown).join("\n")}${note}`,
        metadata: { count: shown.length, truncated: cut },
      }
    },
  })
}

function rest(kept: string | undefined): string {
  return kept ? `, or read the rest in ${kept}` : ""
}

async function place(context: ToolContext, path: string | undefined, options: FindOptions): Promise<Target> {
  const target = await locate(context, path ?? ".", options.home)
  await askOutside(context, target, options.free)
  const info = await stat(target.real).catch(() => undefined)
  if (!info) throw new ToolError(`${target.label} does not exist.`)
  if (!info.isDirectory()) throw new ToolError(`${target.label} is not a directory.`)
  return target
}

/** Inside the project its .gitignore files count, elsewhere only those below the directory. */
function topOf(context: ToolContext, where: Target): string {
  const top = ignoreTop(context.directory, context.worktree)
  return !where.outside && contains(top, where.real) ? top : where.real
}

/** Patterns are matched below the searched directory; one that starts with it is understood too. */
function globFilter(pattern: string, root: string): (file: string) => boolean {
  const prefix = `${slashed(root)}/`
  return fileFilter(pattern.startsWith(prefix) ? pattern.slice(prefix.length) : pattern)
}

async function newestFirst(root: string, files: string[], signal: AbortSignal): Promise<string[]> {
  const timed: { file: string; time: number }[] = []
  const prefix = root.endsWith(sep) ? root : root + sep
  let pause = performance.now() + SLICE_MS
  for (const file of files) {
    // A pattern such as ** may mean a hundred thousand files, which one by one through the thread pool take a second.
    timed.push({ file, time: changed(prefix + file) })
    if (performance.now() < pause) continue
    await setImmediate()
    signal.throwIfAborted()
    pause = performance.now() + SLICE_MS
  }
  return timed.sort((a, b) => b.time - a.time || (a.file < b.file ? -1 : 1)).map((each) => each.file)
}

/** Milliseconds; 0 for what is gone or can't be looked at. */
function changed(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  } catch {
    return 0
  }
}

/** Relative to the working directory where possible: short, and what the other tools take. */
function display(context: ToolContext, where: { real: string }, file: string): string {
  const absolute = slashed(join(where.real, file))
  const root = `${slashed(context.directory)}/`
  const shown = absolute.startsWith(root) ? absolute.slice(root.length) : absolute
  // One name is one line, whatever is in it.
  return CONTROL.test(shown) ? JSON.stringify(shown) : shown
}

function shorten(line: string): string {
  const text = line.replace(/\r?\n$/, "")
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text
}

function tree(files: string[]): string[] {
  const lines: string[] = []
  let open: string[] = []
  for (const file of files.toSorted()) {
    const parts = file.split("/")
    const name = parts.pop() ?? ""
    let shared = 0
    while (shared < parts.length && shared < open.length && parts[shared] === open[shared]) shared += 1
    for (let level = shared; level < parts.length; level += 1) lines.push(`${"  ".repeat(level + 1)}${parts[level]}/`)
    open = parts
    lines.push(`${"  ".repeat(parts.length + 1)}${name}`)
  }
  return lines
}
