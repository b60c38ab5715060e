import type { Bus, EventScope } from "../bus/index.ts"
import type { SessionStore } from "../engine.ts"
import { BadRequestError, NotFoundError } from "../error.ts"
import { startOf } from "../message/index.ts"
import type { Message, MessageWithParts, Part, ReasoningPart, TextPart } from "../message/types.ts"
import type { Database, SqlValue } from "../storage/index.ts"
import { announceChange, type Change, type RunOwner, writeChange } from "./change.ts"
import { formatCursor, type Page, parseCursor } from "./cursor.ts"
import { escapeLike, listAll } from "./list.ts"
import type { GlobalSession, GlobalSessionListInput, Session, SessionListInput, Todo } from "./types.ts"

export { type Change, event, type RunOwner } from "./change.ts"

/** How long streamed text may exist in memory only (the design's durability rule: 250 ms, less the time to write). */
const FLUSH_MS = 200
/** Messages that are read at once when not all are needed. */
const RECENT = 200
const DEFAULT_LIMIT = 100

/** Text that is being streamed into a part. Deltas are published at once and written a few times a second. */
export interface LiveText {
  readonly part: TextPart | ReasoningPart
  append(delta: string): void
  /** Ends streaming and returns the whole text; the caller commits the final part. */
  close(): string
}

interface Live {
  part: TextPart | ReasoningPart
  text: string
  dirty: boolean
}

/**
 * Sessions, messages and parts as stored, with the text streamed so far laid over them. The only writer of these rows:
 * every state event goes through `commit`, so that it is published after its transaction.
 */
export class Store implements SessionStore {
  readonly #open: () => Database
  readonly #bus: Bus
  readonly #owner: RunOwner
  readonly #live = new Map<string, Live>()
  #timer: NodeJS.Timeout | undefined
  readonly #onError: (error: unknown) => void

  constructor(options: { db: () => Database; bus: Bus; owner: RunOwner; onError: (error: unknown) => void }) {
    this.#open = options.db
    this.#bus = options.bus
    this.#owner = options.owner
    this.#onError = options.onError
  }

  get db(): Database {
    return this.#open()
  }

  find(sessionID: string): Session | undefined {
    const row = this.db.get<{ data: string }>("select data from session where id = ?", sessionID)
    return row && (JSON.parse(row.data) as Session)
  }

  get(sessionID: string): Session {
    const session = this.find(sessionID)
    if (!session) throw new NotFoundError(`Session not found: ${sessionID}`)
    return session
  }

  /** The session that started this one, and so on up. */
  rootOf(sessionID: string): string {
    let root = sessionID
    for (let depth = 0; depth < 20; depth += 1) {
      const row = this.db.get<{ parent_id: string | null }>("select parent_id from session where id = ?", root)
      if (!row?.parent_id) return root
      root = row.parent_id
    }
    return root
  }

  children(sessionID: string): Session[] {
    this.get(sessionID)
    return this.db
      .all<{ data: string }>("select data from session where parent_id = ? order by time_created, id desc", sessionID)
      .map((row) => JSON.parse(row.data) as Session)
  }

  /** The session's descendants, children before their parents, then the session itself. */
  tree(sessionID: string): Session[] {
    return [...this.children(sessionID).flatMap((child) => this.tree(child.id)), this.get(sessionID)]
  }

  list(place: { directory: string; projectID: string }, input: SessionListInput): Session[] {
    // One parse of all rows is measurably cheaper than one for each.
    return JSON.parse(this.listJson(place, input)) as Session[]
  }

  /** The same as JSON, as it is stored. */
  listJson(place: { directory: string; projectID: string }, input: SessionListInput): string {
    const where: string[] = []
    const params: SqlValue[] = []
    if (input.scope === "project" || input.path !== undefined) {
      where.push("project_id = ?")
      params.push(place.projectID)
    } else {
      where.push("directory = ?")
      params.push(place.directory)
    }
    if (input.path) {
      where.push("(json_extract(data, '$.path') = ? or json_extract(data, '$.path') like ? escape '\\')")
      params.push(input.path, `${escapeLike(input.path)}/%`)
    }
    if (input.roots) where.push("parent_id is null")
    if (input.start !== undefined) {
      where.push("time_updated >= ?")
      params.push(input.start)
    }
    if (input.search) {
      where.push("title like ? escape '\\'")
      params.push(`%${escapeLike(input.search)}%`)
    }
    const limit = input.limit ?? DEFAULT_LIMIT
    params.push(Number.isFinite(limit) && limit > 0 ? Math.floor(limit) : -1)
    const sql = `select data from session where ${where.join(" and ")} order by time_updated desc, id limit ?`
    return `[${this.db.all<{ data: string }>(sql, ...params).map((row) => row.data)}]`
  }

  listAll(input: GlobalSessionListInput): GlobalSession[] {
    return listAll(this.db, input)
  }

  todos(sessionID: string): Todo[] {
    this.get(sessionID)
    return this.db
      .all<Todo>("select content, status, priority from todo where session_id = ? order by position", sessionID)
      .map((todo) => ({ ...todo }))
  }

  /**
   * All messages, or a page: the newest ones, those before or after a place, or those around it. A place is a cursor or a
   * message's id. `next` leads to older messages, `previous` to newer ones; each is missing where there are none.
   */
  messages(sessionID: string, page: Page = {}): { items: MessageWithParts[]; next?: string; previous?: string } {
    this.get(sessionID)
    const limit = page.limit && page.limit > 0 ? Math.floor(page.limit) : undefined
    const places = [page.before, page.after, page.around].filter((place) => place !== undefined)
    if (places.length > 1) throw new BadRequestError("only one of before, after and around")
    if (!limit) {
      if (places.length > 0) throw new BadRequestError("before, after and around need a limit")
      const rows = this.db.all<{ data: string }>(
        "select data from message where session_id = ? order by time_created, id",
        sessionID,
      )
      const parts = this.db.all<{ data: string }>("select data from part where session_id = ? order by id", sessionID)
      return { items: this.#assemble(rows, parts) }
    }
    const { rows, older, newer } = this.#rows(sessionID, limit, page)
    const infos = rows.map((row) => JSON.parse(row.data) as Message)
    const parts = this.db.all<{ data: string }>(
      "select part.data from json_each(?) as wanted join part on part.message_id = wanted.value order by part.id",
      JSON.stringify(infos.map((info) => info.id)),
    )
    const items = this.#assemble(rows, parts)
    const [oldest, newest] = [infos[0], infos.at(-1)]
    return {
      items,
      ...(older && oldest ? { next: formatCursor(oldest) } : {}),
      ...(newer && newest ? { previous: formatCursor(newest) } : {}),
    }
  }

  /** Messages of a page in their order, and whether there are older and newer ones. */
  #rows(sessionID: string, limit: number, page: Page): { rows: { data: string }[]; older: boolean; newer: boolean } {
    const read = (comparison: string, place: { id: string; time: number }, order: "asc" | "desc", count: number) =>
      this.db.all<{ data: string }>(
        `select data from message where session_id = ? and (time_created, id) ${comparison} (?, ?)
         order by time_created ${order}, id ${order} limit ?`,
        sessionID,
        place.time,
        place.id,
        count,
      )
    const anchor = page.around ?? page.after ?? page.before
    if (anchor === undefined) {
      const rows = this.db.all<{ data: string }>(
        "select data from message where session_id = ? order by time_created desc, id desc limit ?",
        sessionID,
        limit + 1,
      )
      return { rows: rows.slice(0, limit).reverse(), older: rows.length > limit, newer: false }
    }
    const place = this.#place(sessionID, anchor)
    if (page.around !== undefined) {
      const half = Math.ceil(limit / 2)
      const older = read("<=", place, "desc", half + 1)
      const newer = read(">", place, "asc", limit - half + 1)
      const rows = [...older.slice(0, half).reverse(), ...newer.slice(0, limit - half)]
      return { rows, older: older.length > half, newer: newer.length > limit - half }
    }
    if (page.after !== undefined) {
      const rows = read(">", place, "asc", limit + 1)
      return { rows: rows.slice(0, limit), older: true, newer: rows.length > limit }
    }
    const rows = read("<", place, "desc", limit + 1)
    return { rows: rows.slice(0, limit).reverse(), older: rows.length > limit, newer: true }
  }

  #place(sessionID: string, text: string): { id: string; time: number } {
    if (!text.startsWith("msg_")) return parseCursor(text)
    const row = this.db.get<{ time: number }>(
      "select time_created as time from message where id = ? and session_id = ?",
      text,
      sessionID,
    )
    if (!row) throw new NotFoundError(`No message ${text} in session ${sessionID}`)
    return { id: text, time: row.time }
  }

  /**
   * The messages that a model can be shown: all of a short session; of a long one that was condensed, those from the summary's
   * tail on. Older ones are not read, so that a long session's next request does not cost more and more.
   */
  recent(sessionID: string): MessageWithParts[] {
    const count = this.db.get<{ count: number }>(
      "select count(*) as count from message where session_id = ?",
      sessionID,
    )
    if ((count?.count ?? 0) <= RECENT) return this.messages(sessionID).items
    let page = this.messages(sessionID, { limit: RECENT })
    let items = page.items
    while (page.next && startOf(items) < 0) {
      page = this.messages(sessionID, { limit: RECENT, before: page.next })
      items = [...page.items, ...items]
    }
    return items.slice(Math.max(0, startOf(items)))
  }

  message(sessionID: string, messageID: string): MessageWithParts {
    this.get(sessionID)
    const rows = this.db.all<{ data: string }>(
      "select data from message where id = ? and session_id = ?",
      messageID,
      sessionID,
    )
    const parts = this.db.all<{ data: string }>("select data from part where message_id = ? order by id", messageID)
    const found = this.#assemble(rows, parts)[0]
    if (!found) throw new NotFoundError(`Message not found: ${messageID}`)
    return found
  }

  /** Creation time of a session's next message: now, but after all others, because the clock may have been set back since. */
  nextTime(sessionID: string): number {
    const last = this.db.get<{ time: number | null }>(
      "select max(time_created) as time from message where session_id = ?",
      sessionID,
    )?.time
    return Math.max(Date.now(), (last ?? 0) + 1)
  }

  findPart(sessionID: string, messageID: string, partID: string): Part | undefined {
    const row = this.db.get<{ data: string }>(
      "select data from part where id = ? and message_id = ? and session_id = ?",
      partID,
      messageID,
      sessionID,
    )
    return row && (JSON.parse(row.data) as Part)
  }

  /** The message's head, wherever it is. */
  findMessage(messageID: string): Message | undefined {
    const row = this.db.get<{ data: string }>("select data from message where id = ?", messageID)
    return row && (JSON.parse(row.data) as Message)
  }

  /** Id of the newest step-finish part with a snapshot, or "". */
  lastStep(sessionID: string): string {
    const row = this.db.get<{ id: string }>(
      `select id from part where session_id = ? and json_extract(data, '$.type') = 'step-finish'
       and json_extract(data, '$.snapshot') is not null order by id desc limit 1`,
      sessionID,
    )
    return row?.id ?? ""
  }

  #checkpoint(sessionID: string) {
    return this.db.get<{ base: string; last: string; after: string }>(
      "select base, last, after from session_checkpoint where session_id = ?",
      sessionID,
    )
  }

  /** Snapshots between which the session's changes are: of its first step and of its last finished one, unless some were kept or undone. */
  snapshots(sessionID: string): { first?: string; last?: string } {
    const pick = (type: string, order: string) =>
      this.db.get<{ hash: string }>(
        `select json_extract(data, '$.snapshot') as hash from part where session_id = ? and json_extract(data, '$.type') = ?
         and json_extract(data, '$.snapshot') is not null order by id ${order} limit 1`,
        sessionID,
        type,
      )?.hash
    const chosen = this.#checkpoint(sessionID)
    const first = chosen?.base ?? pick("step-start", "asc")
    const last = chosen && chosen.after === this.lastStep(sessionID) ? chosen.last : pick("step-finish", "desc")
    return { ...(first ? { first } : {}), ...(last ? { last } : {}) }
  }

  runOwner(sessionID: string): RunOwner | undefined {
    return this.db.get<RunOwner & object>("select pid, boot from run where session_id = ?", sessionID)
  }

  /** Writes all changes in one transaction, then publishes their events in the same order. */
  commit(scope: EventScope, ...changes: Change[]): void {
    const writes = changes.some((change) => change.type !== "event")
    if (writes) {
      this.db.transaction(() => {
        for (const change of changes) writeChange(this.db, this.#owner, change)
      })
    }
    for (const change of changes) announceChange(this.#bus, scope, change)
  }

  /** Rows only, for a transaction of the caller's, who announces afterwards. */
  write(changes: readonly Change[]): void {
    for (const change of changes) writeChange(this.db, this.#owner, change)
  }

  /** Publishes what a change that was written says. */
  announce(scope: EventScope, change: Change): void {
    announceChange(this.#bus, scope, change)
  }

  /** Commits an empty text part and streams into it. */
  stream(scope: EventScope, part: TextPart | ReasoningPart): LiveText {
    this.commit(scope, { type: "part", part })
    const live: Live = { part, text: part.text, dirty: false }
    this.#live.set(part.id, live)
    const { sessionID, messageID, id: partID } = part
    return {
      part,
      append: (delta) => {
        live.text += delta
        live.dirty = true
        this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS)
        this.#bus.publish(scope, "message.part.delta", { sessionID, messageID, partID, field: "text", delta })
      },
      close: () => {
        this.#live.delete(partID)
        return live.text
      },
    }
  }

  /** Writes the text streamed since the last flush. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const dirty = [...this.#live.values()].filter((live) => live.dirty)
    if (dirty.length === 0) return
    try {
      this.db.transaction(() => {
        for (const live of dirty) {
          writeChange(this.db, this.#owner, { type: "part", part: { ...live.part, text: live.text } })
          live.dirty = false
        }
      })
    } catch (error) {
      // Runs from a timer: the turn's own next commit will meet the same trouble and end the turn with it.
      this.#onError(error)
    }
  }

  #assemble(messages: { data: string }[], parts: { data: string }[]): MessageWithParts[] {
    const items = (JSON.parse(`[${messages.map((row) => row.data)}]`) as Message[]).map((info) => ({
      info,
      parts: [] as Part[],
    }))
    const byID = new Map(items.map((item) => [item.info.id, item.parts]))
    for (const part of JSON.parse(`[${parts.map((row) => row.data)}]`) as Part[]) {
      const live = this.#live.get(part.id)
      byID.get(part.messageID)?.push(live ? { ...live.part, text: live.text } : part)
    }
    return items
  }
}
