import { ShareError } from "../error.ts"
import type { MessageWithParts } from "../message/types.ts"
import type { Session } from "./types.ts"
import type { Workspace } from "./workspace.ts"

const TIMEOUT_MS = 15_000
/** A page of this many messages goes up in one request. */
const PAGE = 100

/** Where sessions are published. */
export interface ShareServer {
  create(sessionID: string): Promise<{ id: string; url: string; secret: string }>
  /** Adds or replaces the session's head and messages. */
  sync(share: { id: string; secret: string }, data: { session: unknown; messages: unknown[] }): Promise<void>
  remove(share: { id: string; secret: string }): Promise<void>
}

interface Row {
  id: string
  url: string
  secret: string
}

/** A share server over HTTP; see the project's README for what it has to answer. */
export function httpShareServer(base: string): ShareServer {
  const call = async (method: string, path: string, body: unknown): Promise<unknown> => {
    const url = `${base.replace(/\/+$/, "")}${path}`
    let response: Response
    try {
      response = await fetch(url, {
        method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
    } catch (error) {
      throw new ShareError(
        `The share server ${base} can't be reached: ${error instanceof Error ? error.message : error}`,
      )
    }
    if (!response.ok) throw new ShareError(`The share server ${base} answered ${response.status}.`)
    return method === "DELETE" ? undefined : response.json().catch(() => ({}))
  }
  return {
    async create(sessionID) {
      const made = (await call("POST", "/api/share", { sessionID })) as Partial<Row>
      if (typeof made?.id !== "string" || typeof made.secret !== "string" || !/^https?:\/\//.test(made.url ?? "")) {
        throw new ShareError(`The share server ${base} did not answer with a link.`)
      }
      return { id: made.id, secret: made.secret, url: made.url ?? "" }
    },
    async sync({ id, secret }, data) {
      await call("POST", `/api/share/${encodeURIComponent(id)}/sync`, { secret, data })
    },
    async remove({ id, secret }) {
      await call("DELETE", `/api/share/${encodeURIComponent(id)}`, { secret })
    },
  }
}

/** Publishes a session and returns it with its link. Nothing is stored when that fails. Throws ShareError. */
export async function share(workspace: Workspace, sessionID: string): Promise<Session> {
  const { store, scope } = workspace
  const known = store.get(sessionID)
  const server = await mustHave(workspace)
  if (known.share) return known
  const made = await server.create(sessionID)
  try {
    await upload(workspace, server, made, sessionID, 0)
  } catch (error) {
    await server.remove(made).catch(workspace.onError)
    throw error
  }
  const info: Session = { ...store.get(sessionID), share: { url: made.url } }
  store.db.run(
    "insert or replace into session_share (session_id, id, url, secret, time_created) values (?, ?, ?, ?, ?)",
    sessionID,
    made.id,
    made.url,
    made.secret,
    Date.now(),
  )
  store.commit(scope, { type: "session", info })
  return info
}

/** Takes the published copy away. Throws ShareError, and then the link stays. */
export async function unshare(workspace: Workspace, sessionID: string): Promise<Session> {
  const { store, scope } = workspace
  const session = store.get(sessionID)
  const server = await mustHave(workspace)
  const row = rowOf(workspace, sessionID)
  if (row) await server.remove(row)
  store.db.run("delete from session_share where session_id = ?", sessionID)
  const { share: _, ...info } = store.get(sessionID)
  if (session.share) store.commit(scope, { type: "session", info })
  return info
}

/** Brings the published copy up to date with what was said since `since` (epoch milliseconds). */
export async function syncShare(workspace: Workspace, sessionID: string, since: number): Promise<void> {
  const row = rowOf(workspace, sessionID)
  const server = row && (await workspace.shareServer())
  if (row && server) await upload(workspace, server, row, sessionID, since)
}

async function mustHave(workspace: Workspace): Promise<ShareServer> {
  const server = await workspace.shareServer()
  if (server) return server
  throw new ShareError("Sharing is off: no share server is set up. Set KILO_SHARE_URL to the address of one.")
}

function rowOf(workspace: Workspace, sessionID: string): Row | undefined {
  return workspace.store.db.get<Row>("select id, url, secret from session_share where session_id = ?", sessionID)
}

async function upload(workspace: Workspace, server: ShareServer, to: Row, sessionID: string, since: number) {
  const { store } = workspace
  const clean = cleaner(workspace.secrets(), workspace)
  const { permission: _p, metadata: _m, directory: _d, path: _path, revert: _r, ...session } = store.get(sessionID)
  const messages = store.messages(sessionID).items.filter(({ info }) => info.time.created >= since)
  for (let at = 0; at === 0 || at < messages.length; at += PAGE) {
    await server.sync(to, {
      session: clean(session),
      messages: messages.slice(at, at + PAGE).map((item) => clean(place(item))),
    })
  }
}

/** Where the project is on this machine is nobody's business. */
function place(item: MessageWithParts): MessageWithParts {
  const { info } = item
  return info.role === "assistant" ? { ...item, info: { ...info, path: { cwd: ".", root: "." } } } : item
}

/** Takes known credentials out, wherever they stand, and the project's place on this machine. */
function cleaner(secrets: readonly string[], workspace: Workspace): (value: unknown) => unknown {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
  const root = workspace.worktree === "/" ? workspace.directory : workspace.worktree
  return (value) => {
    let text = JSON.stringify(value)
    for (const secret of secrets) text = text.replaceAll(inJson(secret), "[removed]")
    return JSON.parse(text.replaceAll(`${inJson(root)}/`, "").replaceAll(inJson(root), ".")) as unknown
  }
}
