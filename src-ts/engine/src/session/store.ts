import type { Bus, EventMap, EventScope, EventType } from "../bus/index.ts"
import type { SessionStore } from "../engine.ts"
import { BadRequestError, NotFoundError } from "../error.ts"
import type { Message, MessageWithParts, Part, ReasoningPart, TextPart } from "../message/types.ts"
import type { Database, SqlValue } from "../storage/index.ts"
import { formatCursor, parseCursor } from "./cursor.ts"
import type { Session, SessionListInput, Todo } from "./types.ts"

/** How long streamed text may exist in memory only (the design's durability rule: 250 ms, less the time to write). */
const FLUSH_MS = 200
const DEFAULT_LIMIT = 100

/** One step of a commit. Rows are written in one transaction; then the events are published in the order given. */
export type Change =
  | { type: "session"; info: Session; created?: true; quiet?: true }
  | { type: "session.deleted"; info: Session }
  | { type: "message"; info: Message; quiet?: true }
  | { type: "part"; part: Part }
  | { type: "part.removed"; part: Part }
  | { type: "todos"; sessionID: string; todos: Todo[] }
  | { type: "run"; sessionID: string; running: boolean }
  | { [T in EventType]: { type: "event"; event: T; properties: EventMap[T] } }[EventType]

/** An announcement without a row of its own, in its place among the changes of a commit. */
export function event<T extends EventType>(type: T, properties: EventMap[T]): Change {
  return { type: "event", event: type, properties } as Change
}

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

export interface RunOwner {
  pid: number
  boot: string
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
    // One parse of all rows is measurably cheaper than one for each.
    return JSON.parse(`[${this.db.all<{ data: string }>(sql, ...params).map((row) => row.data)}]`) as Session[]
  }

  todos(sessionID: string): Todo[] {
    this.get(sessionID)
    return this.db
      .all<Todo>("select content, status, priority from todo where session_id = ? order by position", sessionID)
      .map((todo) => ({ ...todo }))
  }

  messages(sessionID: string, page: { limit?: number; before?: string } = {}) {
    this.get(sessionID)
    const limit = page.limit && page.limit > 0 ? Math.floor(page.limit) : undefined
    if (!limit) {
      if (page.before !== undefined) throw new BadRequestError("before needs a limit")
      const rows = this.db.all<{ data: string }>(
        "select data from message where session_id = ? order by time_created, id",
        sessionID,
      )
      const parts = this.db.all<{ data: string }>("select data from part where session_id = ? order by id", sessionID)
      return { items: this.#assemble(rows, parts) }
    }
    const cursor = page.before === undefined ? undefined : parseCursor(page.before)
    const newest = cursor
      ? this.db.all<{ data: string }>(
          "select data from message where session_id = ? and (time_created, id) < (?, ?) order by time_created desc, id desc limit ?",
          sessionID,
          cursor.time,
          cursor.id,
          limit + 1,
        )
      : this.db.all<{ data: string }>(
          "select data from message where session_id = ? order by time_created desc, id desc limit ?",
          sessionID,
          limit + 1,
        )
    const rows = newest.slice(0, limit).reverse()
    const infos = rows.map((row) => JSON.parse(row.data) as Message)
    const parts = this.db.all<{ data: string }>(
      "select part.data from json_each(?) as wanted join part on part.message_id = wanted.value order by part.id",
      JSON.stringify(infos.map((info) => info.id)),
    )
    const items = this.#assemble(rows, parts)
    const oldest = infos[0]
    if (newest.length <= limit || !oldest) return { items }
    return { items, next: formatCursor(oldest) }
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

  /** The message's head, wherever it is. */
  findMessage(messageID: string): Message | undefined {
    const row = this.db.get<{ data: string }>("select data from message where id = ?", messageID)
    return row && (JSON.parse(row.data) as Message)
  }

  /** Snapshots of the session's first step and of its last finished step. */
  snapshots(sessionID: string): { first?: string; last?: string } {
    const pick = (type: string, order: string) =>
      this.db.get<{ hash: string }>(
        `select json_extract(data, '$.snapshot') as hash from part where session_id = ? and json_extract(data, '$.type') = ?
         and hash is not null order by id ${order} limit 1`,
        sessionID,
        type,
      )?.hash
    const first = pick("step-start", "asc")
    const last = pick("step-finish", "desc")
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
        for (const change of changes) this.#write(change)
      })
    }
    for (const change of changes) this.#announce(scope, change)
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
          this.#write({ type: "part", part: { ...live.part, text: live.text } })
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

  #write(change: Change) {
    const db = this.db
    switch (change.type) {
      case "session": {
        const s = change.info
        if (change.created) {
          db.run(
            "insert into session (id, project_id, parent_id, directory, title, time_created, time_updated, time_archived, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            s.id,
            s.projectID,
            s.parentID ?? null,
            s.directory,
            s.title,
            s.time.created,
            s.time.updated,
            s.time.archived ?? null,
            JSON.stringify(s),
          )
          return
        }
        db.run(
          "update session set title = ?, time_updated = ?, time_archived = ?, data = ? where id = ?",
          s.title,
          s.time.updated,
          s.time.archived ?? null,
          JSON.stringify(s),
          s.id,
        )
        return
      }
      case "session.deleted":
        db.run("delete from session where id = ?", change.info.id)
        return
      case "message":
        db.run(
          "insert into message (id, session_id, time_created, data) values (?, ?, ?, ?) on conflict (id) do update set data = excluded.data",
          change.info.id,
          change.info.sessionID,
          change.info.time.created,
          JSON.stringify(change.info),
        )
        return
      case "part":
        db.run(
          "insert into part (id, message_id, session_id, data) values (?, ?, ?, ?) on conflict (id) do update set data = excluded.data",
          change.part.id,
          change.part.messageID,
          change.part.sessionID,
          JSON.stringify(change.part),
        )
        return
      case "part.removed":
        db.run("delete from part where id = ?", change.part.id)
        return
      case "todos":
        db.run("delete from todo where session_id = ?", change.sessionID)
        change.todos.forEach((todo, position) => {
          db.run(
            "insert into todo (session_id, position, content, status, priority) values (?, ?, ?, ?, ?)",
            change.sessionID,
            position,
            todo.content,
            todo.status,
            todo.priority,
          )
        })
        return
      case "run":
        if (change.running) {
          db.run(
            "insert or replace into run (session_id, pid, boot, time_started) values (?, ?, ?, ?)",
            change.sessionID,
            this.#owner.pid,
            this.#owner.boot,
            Date.now(),
          )
          return
        }
        db.run("delete from run where session_id = ? and boot = ?", change.sessionID, this.#owner.boot)
        return
      case "event":
        return
    }
  }

  #announce(scope: EventScope, change: Change) {
    switch (change.type) {
      case "session":
        if (change.quiet) return
        this.#bus.publish(scope, change.created ? "session.created" : "session.updated", {
          sessionID: change.info.id,
          info: change.info,
        })
        return
      case "session.deleted":
        this.#bus.publish(scope, "session.deleted", { sessionID: change.info.id, info: change.info })
        return
      case "message":
        if (change.quiet) return
        this.#bus.publish(scope, "message.updated", { sessionID: change.info.sessionID, info: change.info })
        return
      case "part":
        this.#bus.publish(scope, "message.part.updated", {
          sessionID: change.part.sessionID,
          part: change.part,
          time: Date.now(),
        })
        return
      case "part.removed":
        this.#bus.publish(scope, "message.part.removed", {
          sessionID: change.part.sessionID,
          messageID: change.part.messageID,
          partID: change.part.id,
        })
        return
      case "todos":
        this.#bus.publish(scope, "todo.updated", { sessionID: change.sessionID, todos: change.todos })
        return
      case "run":
        return
      case "event":
        this.#bus.publish(scope, change.event, change.properties)
        return
    }
  }
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (char) => `\\${char}`)
}
