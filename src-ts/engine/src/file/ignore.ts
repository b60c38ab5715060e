import { readFile } from "node:fs/promises"
import { dirname, join, relative, sep } from "node:path"
import ignore, { type Ignore } from "ignore"

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
  base: string
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
        const path = relative(layer.base, absolute).split(sep).join("/")
        if (path === "" || path.startsWith("../")) continue
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
  return { base, rules: ignore().add(text) }
}

/** The directory whose .gitignore files count from: the worktree when `directory` is in it, else the directory itself. */
export function ignoreTop(directory: string, worktree: string): string {
  if (worktree === "/" || worktree === dirname(worktree)) return directory
  const way = relative(worktree, directory)
  return way === "" || !way.startsWith("..") ? worktree : directory
}
