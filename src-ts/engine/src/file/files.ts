import { readdir, readFile, stat } from "node:fs/promises"
import { isAbsolute, join, resolve } from "node:path"
import type { EngineOptions, FileService, VcsService } from "../engine.ts"
import { BadRequestError, NotFoundError, PathOutsideError } from "../error.ts"
import { fuzzy } from "./fuzzy.ts"
import { ignoreScope, ignoreTop } from "./ignore.ts"
import { isBinary, mimeOf } from "./mime.ts"
import { nearest } from "./nearest.ts"
import { contains, realTarget, slashed } from "./paths.ts"
import { search } from "./search.ts"
import type { ChangedFile, FileContent, FileNode } from "./types.ts"
import { directoriesOf, type Walked, walk } from "./walk.ts"

/** How long a list of files is good for further questions. */
const FRESH_MS = 1000
const MAX_READ = 32 * 1024 * 1024
const MAX_FOUND = 200
const MAX_MATCHES = 100

/** Files of one directory as clients see them. No path leaves the directory or its worktree, not even through a symlink. */
export function createFiles(options: {
  directory: string
  worktree: string
  env: EngineOptions["env"]
  vcs: Pick<VcsService, "status">
}): FileService {
  const { directory, worktree, env } = options
  const top = ignoreTop(directory, worktree)

  const inside = async (path: string): Promise<string> => {
    if (path.includes("\0")) throw new BadRequestError("A path can't contain a zero character.")
    const absolute = isAbsolute(path) ? resolve(path) : resolve(directory, path)
    const real = await realTarget(absolute)
    const root = await realTarget(directory)
    if (contains(root, real) || (worktree !== "/" && contains(await realTarget(worktree), real))) return absolute
    throw new PathOutsideError(path, directory)
  }

  // Clients ask for files and directories at the same moment, and again with every key that is typed: they share a walk.
  let running: Promise<Walked> | undefined
  const allFiles = (): Promise<Walked> => {
    running ??= walk({ root: directory, top, env }).finally(() => {
      setTimeout(() => {
        running = undefined
      }, FRESH_MS).unref()
    })
    return running
  }

  /** "Nothing found" would be a lie about a directory that isn't there. */
  const present = async () => {
    const info = await stat(directory).catch(() => undefined)
    if (!info?.isDirectory()) throw new NotFoundError(`Directory not found: ${directory}`)
  }

  return {
    async list(path) {
      const absolute = await inside(path)
      const info = await stat(absolute).catch(() => undefined)
      if (!info) throw new NotFoundError(`Directory not found: ${absolute}`)
      if (!info.isDirectory()) throw new BadRequestError(`Not a directory: ${path}`)
      const scope = await ignoreScope(top, absolute)
      const nodes: FileNode[] = []
      for (const entry of await readdir(absolute, { withFileTypes: true })) {
        const full = join(absolute, entry.name)
        const isDirectory = entry.isSymbolicLink()
          ? ((await stat(full).catch(() => undefined))?.isDirectory() ?? false)
          : entry.isDirectory()
        const shown = slashed(relativeTo(directory, full))
        nodes.push({
          name: entry.name,
          path: isDirectory ? `${shown}/` : shown,
          absolute: full,
          type: isDirectory ? "directory" : "file",
          ignored: entry.name === ".git" || scope.ignores(full, isDirectory),
        })
      }
      return nodes.sort((a, b) => (a.type === b.type ? compare(a.name, b.name) : a.type === "directory" ? -1 : 1))
    },

    async read(path): Promise<FileContent> {
      const absolute = await inside(path)
      const info = await stat(absolute).catch(() => undefined)
      // Clients open files that were just deleted; for them an empty text is easier than an error (contract: core section 2).
      if (!info) return { type: "text", content: "" }
      if (!info.isFile()) throw new BadRequestError(`Not a file: ${path}`)
      if (info.size > MAX_READ) {
        throw new BadRequestError(`${path} has ${info.size} bytes; at most ${MAX_READ} can be shown.`)
      }
      const data = await readFile(absolute)
      if (!isBinary(data)) return { type: "text", content: data.toString("utf8").replace(/\r?\n$/, "") }
      return { type: "binary", content: data.toString("base64"), encoding: "base64", mimeType: mimeOf(absolute) }
    },

    async status() {
      return (await options.vcs.status()).map(
        (each): ChangedFile => ({
          path: each.file,
          added: each.additions,
          removed: each.deletions,
          status: each.status,
        }),
      )
    },

    async findFiles(input) {
      await present()
      const { files } = await allFiles()
      const type = input.type ?? (input.dirs === false ? "file" : undefined)
      const names = [...(type === "file" ? [] : directoriesOf(files)), ...(type === "directory" ? [] : files)]
      const limit = Math.max(1, Math.min(input.limit ?? 100, MAX_FOUND))
      const query = input.query.trim()
      if (query === "") return nearest(names, limit)
      return fuzzy(query, names, limit)
    },

    async findText(pattern, signal) {
      await present()
      const found = await search({
        root: directory,
        top,
        env,
        pattern,
        limit: MAX_MATCHES,
        ...(signal ? { signal } : {}),
      })
      return found.matches
    },
  }
}

/** Paths above the directory but in its worktree stay relative too ("../a.txt"). */
function relativeTo(directory: string, path: string): string {
  const root = directory.endsWith("/") ? directory : `${directory}/`
  return path.startsWith(root) ? path.slice(root.length) : path
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
