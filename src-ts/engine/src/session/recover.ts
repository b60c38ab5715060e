import { readFileSync } from "node:fs"
import { ascending } from "../id/index.ts"
import type { AssistantMessage, Message, Part } from "../message/types.ts"
import type { Database } from "../storage/index.ts"
import type { RunOwner } from "./store.ts"

export const NOTE = "The process that ran this turn ended before the turn did. Send a new prompt to go on from here."

const STATE = 0
const START = 19

/** Identity of this process for the table of running turns; the start time tells it from a later process with its pid. */
export function currentOwner(epoch: string): RunOwner {
  return { pid: process.pid, boot: `${epoch}:${statOf(process.pid)?.[START] ?? ""}` }
}

/** Whether the process that started a run still lives. */
export function isAlive(owner: RunOwner, self: RunOwner): boolean {
  if (owner.pid === self.pid) return owner.boot === self.boot || sameStart(owner)
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it lives but belongs to someone else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false
  }
  return sameStart(owner)
}

function sameStart(owner: RunOwner): boolean {
  const recorded = owner.boot.split(":")[1]
  const stat = statOf(owner.pid)
  // Ended, and only not collected by its parent yet: in a container that can take for ever.
  if (stat?.[STATE] === "Z" || stat?.[STATE] === "X") return false
  const now = stat?.[START]
  return !recorded || now === undefined || recorded === now
}

/** What Linux tells of a process: its state first, its start in clock ticks since boot at START. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The command name is in parentheses and may hold anything; the fields after it are plain.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  } catch {
    return undefined
  }
}

/** Closes the turns whose process is gone, so that nothing stays "running" for ever. Living processes' turns are left alone. */
export function closeDeadRuns(db: Database, self: RunOwner): void {
  const runs = db.all<RunOwner & { session_id: string }>("select session_id, pid, boot from run")
  for (const run of runs) {
    if (!isAlive(run, self)) closeRun(db, run.session_id)
  }
}

/** Ends whatever one session has open: unfinished messages, texts and tools. */
export function closeRun(db: Database, sessionID: string): void {
  const now = Date.now()
  db.transaction(() => {
    const messages = db
      .all<{ data: string }>("select data from message where session_id = ? order by time_created, id", sessionID)
      .map((row) => JSON.parse(row.data) as Message)
    for (const message of messages) {
      if (message.role !== "assistant" || message.time.completed !== undefined) continue
      const closed: AssistantMessage = {
        ...message,
        time: { ...message.time, completed: now },
        error: { name: "MessageAbortedError", data: { message: NOTE } },
      }
      db.run("update message set data = ? where id = ?", JSON.stringify(closed), closed.id)
      for (const row of db.all<{ data: string }>("select data from part where message_id = ?", message.id)) {
        const part = closePart(JSON.parse(row.data) as Part, now)
        if (part) db.run("update part set data = ? where id = ?", JSON.stringify(part), part.id)
      }
    }
    const last = messages.at(-1)
    if (last?.role === "user") {
      // The process ended between storing the prompt and starting its answer: say so where the answer would be.
      const info: AssistantMessage = {
        id: ascending("msg"),
        sessionID,
        role: "assistant",
        time: { created: Math.max(now, last.time.created + 1), completed: Math.max(now, last.time.created + 1) },
        error: { name: "MessageAbortedError", data: { message: NOTE } },
        parentID: last.id,
        modelID: last.model.modelID,
        providerID: last.model.providerID,
        mode: last.agent,
        agent: last.agent,
        path: { cwd: "", root: "" },
        cost: 0,
        tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
      }
      const session = db.get<{ directory: string; worktree: string }>(
        "select session.directory, project.worktree from session join project on project.id = session.project_id where session.id = ?",
        sessionID,
      )
      if (session) info.path = { cwd: session.directory, root: session.worktree }
      db.run(
        "insert into message (id, session_id, time_created, data) values (?, ?, ?, ?)",
        info.id,
        sessionID,
        info.time.created,
        JSON.stringify(info),
      )
    }
    db.run("delete from run where session_id = ?", sessionID)
  })
}

/** The part as it ends when nobody goes on with it; undefined when it is not open. */
export function closePart(part: Part, now: number): Part | undefined {
  if ((part.type === "text" || part.type === "reasoning") && part.time && part.time.end === undefined) {
    return { ...part, time: { ...part.time, end: now } }
  }
  if (part.type !== "tool") return undefined
  const state = part.state
  if (state.status !== "pending" && state.status !== "running") return undefined
  const metadata = state.status === "running" ? state.metadata : undefined
  return {
    ...part,
    state: {
      status: "error",
      input: state.input,
      error: "Tool execution aborted",
      metadata: { ...metadata, interrupted: true },
      time: { start: state.status === "running" ? state.time.start : now, end: now },
    },
  }
}
