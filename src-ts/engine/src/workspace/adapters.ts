import { isAbsolute } from "node:path"
import { BadRequestError } from "../error.ts"
import type { WorkspaceAdapter, WorkspaceEntry } from "./types.ts"

/** A directory of this machine under a name that does not change. */
const local: WorkspaceAdapter = {
  type: "local",
  plan(id, entry) {
    const directory = text(id, entry, "directory")
    if (!directory || !isAbsolute(directory)) throw wrong(id, "directory", "must be an absolute path")
    return { kind: "local", directory }
  },
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** Another `kilo serve`. */
const remote: WorkspaceAdapter = {
  type: "remote",
  plan(id, entry) {
    const url = URL.parse(text(id, entry, "url") ?? "")
    if (!url || !["http:", "https:"].includes(url.protocol)) throw wrong(id, "url", "must be an http or https address")
    if (url.username || url.password) throw wrong(id, "url", 'must not hold credentials; use "username" and "password"')
    if (url.search || url.hash) throw wrong(id, "url", "must end with the path")
    const password = text(id, entry, "password")
    if (url.protocol === "http:" && !LOOPBACK.test(url.hostname) && entry.insecure !== true) {
      throw wrong(
        id,
        "url",
        'is not encrypted; use https or an ssh tunnel, or add "insecure": true if the network is to be trusted',
      )
    }
    const directory = text(id, entry, "directory")
    const user = text(id, entry, "username") ?? "kilo"
    const headers: Record<string, string> = {}
    if (password) headers.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
    return {
      kind: "remote",
      target: {
        url,
        headers,
        ...(directory ? { directory } : {}),
      },
    }
  },
}

/** Every kind of workspace. */
export const ADAPTERS: readonly WorkspaceAdapter[] = [local, remote]

function text(id: string, entry: WorkspaceEntry, field: string): string | undefined {
  const value = entry[field]
  if (value === undefined || typeof value === "string") return value
  throw wrong(id, field, "must be text")
}

/** The value is not repeated: it may be a secret in the wrong place. */
function wrong(id: string, field: string, problem: string): BadRequestError {
  return new BadRequestError(`The workspace ${id} can't be used: "${field}" ${problem}.`)
}
