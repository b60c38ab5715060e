import { int64, record, z } from "./base.ts"
import { FileDiff, Message, MessageError, Part } from "./message.ts"
import { PermissionRequest, QuestionRequest } from "./permission.ts"
import { Project } from "./project.ts"
import { Pty } from "./pty.ts"
import { Session, SessionStatus, Todo } from "./session.ts"

/** Events (contract: types, Events). `server.reload` is ours; clients that don't know it ignore it. */

const sessionID = z.string()

function pascal(type: string) {
  return type.replace(/(^|[._])([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
}

function event<T extends string, P extends z.ZodType>(type: T, properties: P) {
  return z.object({ id: z.string(), type: z.literal(type), properties }).openapi(`Event${pascal(type)}`)
}

/** An event whose properties have no name of their own elsewhere: they become `Event…Properties`. */
function own<T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return event(type, z.object(shape).openapi(`Event${pascal(type)}Properties`))
}

const worktree = { name: z.string(), branch: z.string().optional() }

const sessionInfo = { sessionID, info: Session }

export const Event = z
  .discriminatedUnion("type", [
    event("server.connected", record),
    event("server.heartbeat", record),
    own("server.reload", { reason: z.enum(["gap", "restart"]) }),
    own("server.instance.disposed", { directory: z.string() }),
    event("global.disposed", record),
    event("global.config.updated", record),
    event("project.updated", Project),
    own("session.created", sessionInfo),
    own("session.updated", sessionInfo),
    own("session.deleted", sessionInfo),
    own("session.status", { sessionID, status: SessionStatus }),
    own("session.idle", { sessionID }),
    own("session.diff", { sessionID, diff: z.array(FileDiff) }),
    own("session.error", { sessionID: z.string().optional(), error: MessageError.optional() }),
    own("session.turn.open", { sessionID }),
    own("session.turn.close", {
      sessionID,
      parentID: z.string().optional(),
      reason: z.enum(["completed", "error", "interrupted", "superseded"]),
    }),
    own("session.queue.changed", { sessionID, queued: z.array(z.string()) }),
    own("session.outbox.changed", { sessionID, waiting: z.array(z.string()) }),
    own("session.compacted", { sessionID }),
    own("message.updated", { sessionID, info: Message }),
    own("message.removed", { sessionID, messageID: z.string() }),
    own("message.part.updated", { sessionID, part: Part, time: int64 }),
    own("message.part.delta", {
      sessionID,
      messageID: z.string(),
      partID: z.string(),
      field: z.string(),
      delta: z.string(),
    }),
    own("message.part.removed", { sessionID, messageID: z.string(), partID: z.string() }),
    own("command.executed", { name: z.string(), sessionID, arguments: z.string(), messageID: z.string() }),
    own("todo.updated", { sessionID, todos: z.array(Todo) }),
    event("permission.asked", PermissionRequest),
    own("permission.replied", { sessionID, requestID: z.string(), reply: z.enum(["once", "always", "reject"]) }),
    event("question.asked", QuestionRequest),
    own("question.replied", { sessionID, requestID: z.string(), answers: z.array(z.array(z.string())) }),
    own("question.rejected", { sessionID, requestID: z.string() }),
    own("worktree.ready", worktree),
    own("worktree.setup.ready", worktree),
    own("worktree.failed", { message: z.string() }),
    own("tui.prompt.append", { text: z.string() }),
    own("tui.command.execute", { command: z.string() }),
    own("tui.toast.show", {
      title: z.string().optional(),
      message: z.string(),
      variant: z.enum(["info", "success", "warning", "error"]),
      duration: int64.optional(),
    }),
    own("tui.session.select", { sessionID: z.string() }),
    own("pty.created", { info: Pty }),
    own("pty.updated", { info: Pty }),
    own("pty.exited", { id: z.string(), exitCode: int64 }),
    own("pty.deleted", { id: z.string() }),
    own("file.edited", { file: z.string() }),
    own("file.watcher.updated", { file: z.string(), event: z.enum(["add", "change", "unlink"]) }),
    own("vcs.branch.updated", { branch: z.string().optional() }),
    own("mcp.tools.changed", { server: z.string() }),
    own("mcp.browser.open.failed", { mcpName: z.string(), url: z.string() }),
    event("lsp.updated", record),
    own("lsp.client.diagnostics", { serverID: z.string(), path: z.string() }),
  ])
  .openapi("Event")

export const GlobalEvent = z
  .object({ directory: z.string().optional(), project: z.string().optional(), payload: Event })
  .openapi("GlobalEvent", {
    description: "server.connected, server.heartbeat and server.reload have a payload only.",
  })
