import { readFileSync, statSync } from "node:fs"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import { BadRequestError, WorkspaceNotFoundError } from "../error.ts"
import { isObject } from "../json/index.ts"
import type { Database } from "../storage/index.ts"
import { ADAPTERS } from "./adapters.ts"
import type {
  Workspace,
  WorkspaceAdapter,
  WorkspaceConnection,
  WorkspaceEntry,
  WorkspacePlan,
  WorkspaceService,
} from "./types.ts"

const PROBE_MS = 3000
const ID = /^wrk_[0-9A-Za-z_-]{1,120}$/

export interface WorkspacesOptions {
  /** The data folder. */
  data: string
  db(): Database
  /** Id of the project that a directory belongs to. */
  project(directory: string): Promise<string>
  /** Kinds beside the built-in ones. */
  adapters?: readonly WorkspaceAdapter[]
}

/**
 * The user's workspaces. The file holds credentials of other servers, so one that other users can read is refused. It
 * is only ever read from the data folder: a repository can't send requests anywhere.
 */
export function createWorkspaces(options: WorkspacesOptions): WorkspaceService {
  const file = join(options.data, "workspaces.json")
  const adapters = new Map([...ADAPTERS, ...(options.adapters ?? [])].map((adapter) => [adapter.type, adapter]))
  const used = new Map<string, number>()
  let cached: { stamp: string; entries: Record<string, WorkspaceEntry> } | undefined

  const entries = (): Record<string, WorkspaceEntry> => {
    const info = statSync(file, { throwIfNoEntry: false, bigint: true })
    if (!info) return {}
    const stamp = `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}`
    if (cached?.stamp === stamp) return cached.entries
    if (process.platform !== "win32" && (Number(info.mode) & 0o077) !== 0) {
      throw new BadRequestError(`Others may read or write ${file}, which can hold passwords. Run: chmod 600 ${file}`)
    }
    const read = parse(file)
    cached = { stamp, entries: read }
    return read
  }

  const plan = (id: string): WorkspacePlan => {
    const known = entries()
    const entry = Object.hasOwn(known, id) ? known[id] : undefined
    if (!entry) throw new WorkspaceNotFoundError(id)
    const adapter = adapters.get(entry.type)
    if (adapter) return adapter.plan(id, entry)
    const kinds = [...adapters.keys()].join(", ")
    throw new BadRequestError(`The workspace ${id} can't be used: "type" must be one of ${kinds}.`)
  }

  const probe = async (id: string, signal?: AbortSignal): Promise<WorkspaceConnection["status"]> => {
    try {
      const way = plan(id)
      if (way.kind === "local") return (await stat(way.directory)).isDirectory() ? "connected" : "error"
      const limit = AbortSignal.timeout(PROBE_MS)
      const base = way.target.url.href.replace(/\/+$/, "")
      const response = await fetch(`${base}/global/health`, {
        headers: way.target.headers,
        redirect: "manual",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      })
      await response.body?.cancel()
      return response.ok ? "connected" : "error"
    } catch (error) {
      // Nobody answers, or the directory or entry is no use.
      return error instanceof TypeError || (error instanceof Error && error.name === "TimeoutError")
        ? "disconnected"
        : "error"
    }
  }

  return {
    any: () => statSync(file, { throwIfNoEntry: false }) !== undefined,

    plan(id) {
      const way = plan(id)
      used.set(id, Date.now())
      return way
    },

    list: () =>
      Promise.all(
        Object.entries(entries()).map(async ([id, entry]): Promise<Workspace> => {
          const directory = typeof entry.directory === "string" ? entry.directory : null
          const projectID = entry.type === "local" && directory ? await options.project(directory) : "global"
          const name = entry.name ?? id
          return {
            id,
            type: entry.type,
            name,
            branch: null,
            directory,
            extra: null,
            projectID,
            timeUsed: used.get(id) ?? 0,
          }
        }),
      ),

    status: (signal) =>
      Promise.all(
        Object.keys(entries()).map(async (workspaceID) => ({ workspaceID, status: await probe(workspaceID, signal) })),
      ),

    of: (sessionID) =>
      options
        .db()
        .get<{ id: string }>("select workspace_id as id from session_workspace where session_id = ?", sessionID)?.id,
    remember: (sessionID, id) => {
      options
        .db()
        .run("insert or replace into session_workspace(session_id, workspace_id) values (?, ?)", sessionID, id)
    },
    forget: (sessionID) => {
      options.db().run("delete from session_workspace where session_id = ?", sessionID)
    },
  }
}

function parse(file: string): Record<string, WorkspaceEntry> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, "utf8"))
  } catch (error) {
    // What the parser says may quote the file.
    const why = error instanceof SyntaxError ? "it is not valid JSON" : String(error)
    throw new BadRequestError(`The workspaces in ${file} can't be read: ${why}.`)
  }
  if (!isObject(value)) throw new BadRequestError(`The workspaces in ${file} must be an object of entries by id.`)
  const out: Record<string, WorkspaceEntry> = {}
  for (const [id, entry] of Object.entries(value)) {
    const fine = ID.test(id) && isObject(entry) && typeof entry.type === "string"
    if (!fine) throw new BadRequestError(`In ${file} each workspace needs an id that starts with wrk_, and a "type".`)
    const { type, name, ...rest } = entry
    out[id] = { ...rest, type: String(type), ...(typeof name === "string" ? { name } : {}) }
  }
  return out
}
