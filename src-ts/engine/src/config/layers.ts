import { statSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { basename, dirname } from "node:path"
import type { EngineOptions } from "../engine.ts"
import type { Layer } from "./parse.ts"

/** Reads configuration files and texts; each is parsed again only when it, or a file that it draws in, has changed. */
export interface Layers {
  /** Undefined for a file that is not there, unless it must be: then its layer says so in a warning. */
  file(path: string, mustExist?: boolean): Promise<Layer | undefined>
  /** A text that is not a file's. `name` is what warnings call it; relative references start at `base`. */
  text(name: string, text: string, base: string): Promise<Layer>
  /** Forgets what begins with a path, or everything. */
  forget(prefix?: string): void
}

export function createLayers(env: EngineOptions["env"]): Layers {
  const known = new Map<string, { stamp: string; layer: Layer }>()
  return {
    async file(path, mustExist = false) {
      const old = known.get(path)
      const stamp = stampOf(path, old?.layer.files)
      if (old?.stamp === stamp) return old.layer
      if (stamp === "" && !mustExist) {
        known.delete(path)
        return undefined
      }
      const { parseConfig, reason } = await parser()
      let layer: Layer
      try {
        layer = await parseConfig(await readFile(path, "utf8"), {
          path,
          base: dirname(path),
          env,
          legacyMcp: LEGACY_MCP.has(basename(path)),
        })
      } catch (error) {
        layer = {
          ...emptyLayer(path),
          warnings: [{ path, message: `Can't be read (${reason(error)}). It is ignored.` }],
        }
      }
      known.set(path, { stamp: stampOf(path, layer.files), layer })
      return layer
    },
    async text(name, text, base) {
      const old = known.get(name)
      const stamp = `${text}|${stampOf(undefined, old?.layer.files)}`
      if (old?.stamp === stamp) return old.layer
      const { parseConfig } = await parser()
      const layer = await parseConfig(text, { path: name, base, env })
      known.set(name, { stamp: `${text}|${stampOf(undefined, layer.files)}`, layer })
      return layer
    },
    forget(prefix) {
      if (prefix === undefined) known.clear()
      else for (const key of known.keys()) if (key.startsWith(prefix)) known.delete(key)
    },
  }
}

/** Files that hold MCP servers only, in an older form. */
const LEGACY_MCP: ReadonlySet<string> = new Set(["mcp.json", "mcp_settings.json"])

export function emptyLayer(path: string): Layer {
  return { path, config: {}, warnings: [], files: [], references: [] }
}

/** The schema library and the JSONC parser take a good part of the server's start, which needs no configuration. */
export const parser = () => import("./parse.ts")

/**
 * Identity of a file's content, with the files it draws in; empty when it doesn't exist. Looks at once instead of through the
 * thread pool: each step of a prompt looks at some fifty places, most of them empty, and an awaited look costs ten times as much.
 */
export function stampOf(file: string | undefined, more: string[] = []): string {
  const own = file === undefined ? "text" : identity(file)
  if (own === "" || more.length === 0) return own
  return [own, ...more.map(identity)].join("|")
}

function identity(path: string): string {
  try {
    const info = statSync(path, { bigint: true, throwIfNoEntry: false })
    return info ? `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}` : ""
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOTDIR" ? "" : "unreadable"
  }
}
