import type { MessageError } from "../message/errors.ts"
import type { FileDiff, Message, Part } from "../message/types.ts"
import type { PermissionRequest } from "../permission/types.ts"
import type { Project } from "../project/types.ts"
import type { Pty } from "../pty/types.ts"
import type { QuestionRequest } from "../question/types.ts"
import type { Session, SessionStatus, Todo } from "../session/types.ts"

/** Every event that the engine publishes, by type, with its properties (contract: types, Events). */
export interface EventMap {
  "server.connected": Record<string, never>
  "server.heartbeat": Record<string, never>
  "server.instance.disposed": { directory: string }
  "global.disposed": Record<string, never>
  "global.config.updated": Record<string, unknown>
  "project.updated": Project
  "session.created": { sessionID: string; info: Session }
  "session.updated": { sessionID: string; info: Session }
  "session.deleted": { sessionID: string; info: Session }
  "session.status": { sessionID: string; status: SessionStatus }
  "session.idle": { sessionID: string }
  "session.diff": { sessionID: string; diff: FileDiff[] }
  "session.error": { sessionID?: string; error?: MessageError }
  "session.turn.open": { sessionID: string }
  "session.turn.close": {
    sessionID: string
    parentID?: string
    reason: "completed" | "error" | "interrupted" | "superseded"
  }
  "session.queue.changed": { sessionID: string; queued: string[] }
  /** Ids of the prompts that wait, in the order in which they will be sent. */
  "session.outbox.changed": { sessionID: string; waiting: string[] }
  "session.compacted": { sessionID: string }
  "message.updated": { sessionID: string; info: Message }
  "message.removed": { sessionID: string; messageID: string }
  "message.part.updated": { sessionID: string; part: Part; time: number }
  "message.part.delta": { sessionID: string; messageID: string; partID: string; field: string; delta: string }
  "message.part.removed": { sessionID: string; messageID: string; partID: string }
  "command.executed": { name: string; sessionID: string; arguments: string; messageID: string }
  "todo.updated": { sessionID: string; todos: Todo[] }
  "permission.asked": PermissionRequest
  "permission.replied": { sessionID: string; requestID: string; reply: "once" | "always" | "reject" }
  "question.asked": QuestionRequest
  "question.replied": { sessionID: string; requestID: string; answers: string[][] }
  "question.rejected": { sessionID: string; requestID: string }
  "file.edited": { file: string }
  "file.watcher.updated": { file: string; event: "add" | "change" | "unlink" }
  "vcs.branch.updated": { branch?: string }
  "mcp.tools.changed": { server: string }
  "mcp.browser.open.failed": { mcpName: string; url: string }
  "worktree.ready": { name: string; branch?: string }
  "worktree.setup.ready": { name: string; branch?: string }
  "worktree.failed": { message: string }
  "tui.prompt.append": { text: string }
  "tui.command.execute": { command: string }
  "tui.toast.show": {
    title?: string
    message: string
    variant: "info" | "success" | "warning" | "error"
    duration?: number
  }
  "tui.session.select": { sessionID: string }
  "pty.created": { info: Pty }
  "pty.updated": { info: Pty }
  "pty.exited": { id: string; exitCode: number }
  "pty.deleted": { id: string }
  "lsp.updated": Record<string, never>
  "lsp.client.diagnostics": { serverID: string; path: string }
}

export type EventType = keyof EventMap

/** Where an event belongs: a directory with its project, or the whole process (`directory: "global"` on the wire). */
export interface EventScope {
  directory: string
  project?: string
}

export const GLOBAL_SCOPE: EventScope = { directory: "global" }
