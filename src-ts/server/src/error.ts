import { randomBytes } from "node:crypto"
import {
  BadRequestError,
  CommitMessageError,
  ConflictError,
  GatewayError,
  LoginError,
  McpOAuthError,
  McpServerNotFoundError,
  NotFoundError,
  OverlayConflictError,
  PathOutsideError,
  PermissionNotFoundError,
  PromptError,
  PtyNotFoundError,
  QuestionNotFoundError,
  SessionBusyError,
  ShareError,
  StorageError,
  VcsApplyError,
  WorkspaceNotFoundError,
  WorktreeError,
} from "@kilo-split/engine"
import type { Log } from "./core/log.ts"

export type RequestPart = "Params" | "Query" | "Payload"

/** A request that cannot be read or has a wrong shape. */
export class RequestError extends Error {
  override readonly name = "RequestError"
  readonly status: 400 | 413 | 415
  readonly part: RequestPart
  constructor(message: string, part: RequestPart, status: 400 | 413 | 415 = 400) {
    super(message)
    this.part = part
    this.status = status
  }
}

export type Status = 200 | 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 500

export interface ErrorAnswer {
  status: Status
  body: unknown
}

/** Operations whose clients know a model, agent or command that can't be used as a 500 (contract: behaviour section 2). */
const PROMPTS: ReadonlySet<string> = new Set(["session.prompt", "session.command"])

/** Status and body of a failed request (contract: behaviour section 2). Never a stack trace: what is unknown is logged under a reference. */
export function answerOf(error: unknown, log: Log, operation: string): ErrorAnswer {
  if (error instanceof RequestError) return badRequest(error.message, error.part, error.status)
  if (error instanceof BadRequestError) return badRequest(error.message)
  if (error instanceof NotFoundError || error instanceof WorkspaceNotFoundError)
    return named(404, "NotFoundError", error.message)
  if (error instanceof PermissionNotFoundError) {
    const { requestID, message } = error
    return { status: 404, body: { _tag: "PermissionNotFoundError", requestID, message } }
  }
  if (error instanceof QuestionNotFoundError) {
    const { requestID, message } = error
    return { status: 404, body: { _tag: "QuestionNotFoundError", requestID, message } }
  }
  if (error instanceof PtyNotFoundError) {
    const { ptyID, message } = error
    return { status: 404, body: { _tag: "PtyNotFoundError", ptyID, message } }
  }
  if (error instanceof SessionBusyError) {
    const { sessionID, message } = error
    return { status: 409, body: { _tag: "SessionBusyError", sessionID, message } }
  }
  if (error instanceof WorktreeError) {
    return { status: 400, body: { name: error.code, data: { message: error.message } } }
  }
  if (error instanceof VcsApplyError) {
    const { reason, message } = error
    return { status: 400, body: { name: "VcsApplyError", data: { message, reason } } }
  }
  if (error instanceof CommitMessageError) return { status: 422, body: { message: error.message } }
  if (error instanceof LoginError) {
    const { code, providerID, field, message } = error
    return { status: 400, body: { name: code, data: { providerID, ...(field ? { field } : {}), message } } }
  }
  // Written for people too: a service that we depend on is away.
  if (error instanceof GatewayError) return named(500, "UnknownError", error.message)
  if (error instanceof OverlayConflictError) {
    const { code, message, target } = error
    return { status: 409, body: { code, message, target } }
  }
  if (error instanceof ConflictError) {
    const { message, resource } = error
    return { status: 409, body: { _tag: "ConflictError", message, ...(resource ? { resource } : {}) } }
  }
  if (error instanceof McpServerNotFoundError) {
    const { server, message } = error
    return { status: 404, body: { _tag: "McpServerNotFoundError", name: server, message } }
  }
  if (error instanceof McpOAuthError) return { status: 400, body: { error: error.message } }
  if (error instanceof ShareError) {
    const body = { name: "UnknownError", data: { message: error.message }, _tag: "InternalServerError" }
    return { status: 500, body }
  }
  if (error instanceof PathOutsideError) return named(403, "ForbiddenError", error.message)
  if (error instanceof StorageError) {
    log.error("the database failed", { operation, error: error.message, cause: String(error.cause) })
    return named(500, "UnknownError", error.message)
  }
  // Written for the user: the model, provider or agent cannot be used, and what to do about it.
  if (error instanceof PromptError) {
    return PROMPTS.has(operation) ? named(500, "UnknownError", error.message) : badRequest(error.message)
  }
  const ref = `err_${randomBytes(4).toString("hex")}`
  log.error("request failed", {
    ref,
    operation,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  })
  return {
    status: 500,
    body: {
      name: "UnknownError",
      data: { message: `Unexpected server error. The server's log has it as ${ref}.`, ref },
    },
  }
}

function badRequest(message: string, kind?: RequestPart, status: Status = 400): ErrorAnswer {
  return { status, body: { name: "BadRequest", data: { message, ...(kind ? { kind } : {}) }, _tag: "BadRequest" } }
}

function named(status: Status, name: string, message: string): ErrorAnswer {
  return { status, body: { name, data: { message } } }
}
