import type { Bus, EventMap, EventScope, EventType } from "../bus/index.ts"
import type { Message, Part } from "../message/types.ts"
import type { Database } from "../storage/index.ts"
import type { OutboxEntry, Session, Todo } from "./types.ts"

export interface RunOwner {
  pid: number
  boot: string
}

/** Checkpoints between which the session's changes were before and after something of them was settled. */
export interface Settled {
  kind: "keep" | "undo"
  files: string[]
  base: string
  last: string
  newBase: string
  newLast: string
}

/** More than this can't be taken back; the oldest go first. */
const MAX_SETTLED = 50

/** One step of a commit. Rows are written in one transaction; then the events are published in the order given. */
export type Change =
  | { type: "session"; info: Session; created?: true; quiet?: true }
  | { type: "session.deleted"; info: Session }
  | { type: "message"; info: Message; quiet?: true }
  | { type: "message.removed"; sessionID: string; messageID: string }
  | { type: "part"; part: Part; quiet?: true }
  | { type: "part.removed"; part: Part }
  | { type: "todos"; sessionID: string; todos: Todo[]; quiet?: true }
  /** Where the session's own list of changes begins and ends, when that is not its first and last step. */
  | { type: "checkpoint"; sessionID: string; base: string; last: string; after: string }
  /** What was kept or undone, to be taken back; `back` takes the newest one out. */
  | { type: "settled"; sessionID: string; settled: Settled }
  | { type: "settled.back"; sessionID: string }
  /** The prompts that wait for a session, all of them, in their order. */
  | { type: "outbox"; sessionID: string; entries: OutboxEntry[]; quiet?: true }
  | { type: "run"; sessionID: string; running: boolean }
  | { [T in EventType]: { type: "event"; event: T; properties: EventMap[T] } }[EventType]

/** An announcement without a row of its own, in its place among the changes of a commit. */
export function event<T extends EventType>(type: T, properties: EventMap[T]): Change {
  return { type: "event", event: type, properties } as Change
}

/** Writes the rows of one change. */
export function writeChange(db: Database, owner: RunOwner, change: Change): void {
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
    case "message.removed":
      db.run("delete from message where id = ? and session_id = ?", change.messageID, change.sessionID)
      return
    case "checkpoint":
      db.run(
        "insert or replace into session_checkpoint (session_id, base, last, after) values (?, ?, ?, ?)",
        change.sessionID,
        change.base,
        change.last,
        change.after,
      )
      return
    case "settled": {
      const { sessionID, settled } = change
      db.run(
        "insert into session_settled (session_id, kind, files, base, last, new_base, new_last, time) values (?, ?, ?, ?, ?, ?, ?, ?)",
        sessionID,
        settled.kind,
        JSON.stringify(settled.files),
        settled.base,
        settled.last,
        settled.newBase,
        settled.newLast,
        Date.now(),
      )
      db.run(
        "delete from session_settled where session_id = ? and id not in (select id from session_settled where session_id = ? order by id desc limit ?)",
        sessionID,
        sessionID,
        MAX_SETTLED,
      )
      return
    }
    case "settled.back":
      db.run(
        "delete from session_settled where id = (select max(id) from session_settled where session_id = ?)",
        change.sessionID,
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
    case "outbox":
      db.run("delete from session_outbox where session_id = ?", change.sessionID)
      change.entries.forEach((entry, position) => {
        db.run(
          "insert into session_outbox (id, session_id, position, data) values (?, ?, ?, ?)",
          entry.id,
          entry.sessionID,
          position,
          JSON.stringify(entry),
        )
      })
      return
    case "run":
      if (change.running) {
        db.run(
          "insert or replace into run (session_id, pid, boot, time_started) values (?, ?, ?, ?)",
          change.sessionID,
          owner.pid,
          owner.boot,
          Date.now(),
        )
        return
      }
      db.run("delete from run where session_id = ? and boot = ?", change.sessionID, owner.boot)
      return
    case "event":
      return
  }
}

/** Publishes what a change announces. */
export function announceChange(bus: Bus, scope: EventScope, change: Change): void {
  switch (change.type) {
    case "session":
      if (change.quiet) return
      bus.publish(scope, change.created ? "session.created" : "session.updated", {
        sessionID: change.info.id,
        info: change.info,
      })
      return
    case "session.deleted":
      bus.publish(scope, "session.deleted", { sessionID: change.info.id, info: change.info })
      return
    case "message":
      if (change.quiet) return
      bus.publish(scope, "message.updated", { sessionID: change.info.sessionID, info: change.info })
      return
    case "message.removed":
      bus.publish(scope, "message.removed", { sessionID: change.sessionID, messageID: change.messageID })
      return
    case "part":
      if (change.quiet) return
      bus.publish(scope, "message.part.updated", {
        sessionID: change.part.sessionID,
        part: change.part,
        time: Date.now(),
      })
      return
    case "part.removed":
      bus.publish(scope, "message.part.removed", {
        sessionID: change.part.sessionID,
        messageID: change.part.messageID,
        partID: change.part.id,
      })
      return
    case "todos":
      if (change.quiet) return
      bus.publish(scope, "todo.updated", { sessionID: change.sessionID, todos: change.todos })
      return
    case "outbox":
      if (change.quiet) return
      bus.publish(scope, "session.outbox.changed", {
        sessionID: change.sessionID,
        waiting: change.entries.map((entry) => entry.id),
      })
      return
    case "run":
    case "checkpoint":
    case "settled":
    case "settled.back":
      return
    case "event":
      bus.publish(scope, change.event, change.properties)
      return
  }
}
