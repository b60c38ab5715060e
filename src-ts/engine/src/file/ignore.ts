import { readFile } from "node:fs/promises"
import { dirname, join, relative, sep } from "node:path"
import ignore, { type Ignore } from "ignore"
import { slashed } from "./paths.ts"

/** Folders that no listing and no search enters: huge, and never what anybody looks for. */
export const SKIPPED = new Set([".git", "node_modules"])

const MAX_IGNORE_FILE = 256 * 1024

/** The .gitignore files in force at one directory, the deepest last. */
export interface IgnoreScope {
  /** Whether git would ignore an entry of this directory. */
  ignores(absolute: string, isDirectory: boolean): boolean
  /** Scope of a sub-directory: this one and the sub-directory's own .gitignore. */
  enter(absolute: string): Promise<IgnoreScope>
}

interface Layer {
  /** The directory of the file, with a separator at its end. */
  prefix: string
  rules: Ignore
}

/** Scope at `directory`, taking in every .gitignore from `top` down to it and the repository's info/exclude. */
export async function ignoreScope(top: string, directory: string): Promise<IgnoreScope> {
  const way = relative(top, directory)
  const inside = way === "" || !way.startsWith("..")
  const levels = inside && way !== "" ? way.split(sep) : []
  let current = inside ? top : directory
  const exclude = await load(join(current, ".git", "info", "exclude"), current)
  let scope = await make(exclude ? [exclude] : []).enter(current)
  for (const level of levels) {
    current = join(current, level)
    scope = await scope.enter(current)
  }
  return scope
}

function make(layers: Layer[]): IgnoreScope {
  return {
    ignores(absolute, isDirectory) {
      // The deepest file that says anything about the path wins; "!" there takes back what an upper one ignored.
      for (let index = layers.length - 1; index >= 0; index -= 1) {
        const layer = layers[index]
        if (!layer) continue
        // Called for every file there is: no more than this may be done for a path.
        if (!absolute.startsWith(layer.prefix)) continue
        const path = bytewise(slashed(absolute.slice(layer.prefix.length)))
        const result = layer.rules.test(isDirectory ? `${path}/` : path)
        if (result.ignored) return true
        if (result.unignored) return false
      }
      return false
    },
    async enter(absolute) {
      const layer = await load(join(absolute, ".gitignore"), absolute)
      return layer ? make([...layers, layer]) : this
    },
  }
}

async function load(file: string, base: string): Promise<Layer | undefined> {
  // No file here is the usual case.
  const text = await readFile(file, "utf8").catch(() => undefined)
  if (text === undefined || text.length > MAX_IGNORE_FILE) return undefined
  return {
    prefix: base.endsWith(sep) ? base : `${base}${sep}`,
    rules: ignore({ ignorecase: false }).add(bytewise(text)),
  }
}

/** The directory whose .gitignore files count from: the worktree when `directory` is in it, else the directory itself. */
export function ignoreTop(directory: string, worktree: string): string {
  if (worktree === "/" || worktree === dirname(worktree)) return directory
  const way = relative(worktree, directory)
  return way === "" || !way.startsWith("..") ? worktree : directory
}

/**
 * A character for each byte: git compares names by bytes, so that "?" does not match "ü". Bytes that are no ASCII stand
 * in a range that no rule takes for blanks.
 */
function bytewise(text: string): string {
  if (!NOT_ASCII.test(text)) return text
  const bytes = Buffer.from(text, "utf8").toString("latin1")
  return bytes.replace(/[\u0080-\u00ff]/g, (byte) => String.fromCharCode(0xe000 + byte.charCodeAt(0)))
}

const NOT_ASCII = /[\u0080-\uffff]/
