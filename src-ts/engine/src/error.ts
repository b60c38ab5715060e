import type { OverlayTarget } from "./config/types.ts"

/** Errors that cross the engine's border; the server maps each to its status and body (contract: behaviour section 2). */

export class NotFoundError extends Error {
  override readonly name = "NotFoundError"
}

export class WorkspaceNotFoundError extends Error {
  override readonly name = "WorkspaceNotFoundError"
  constructor(id: string) {
    super(`Workspace not found: ${id}`)
  }
}

export class BadRequestError extends Error {
  override readonly name = "BadRequestError"
}

export class PermissionNotFoundError extends Error {
  override readonly name = "PermissionNotFoundError"
  readonly requestID: string
  constructor(requestID: string) {
    super(`Permission request not found: ${requestID}`)
    this.requestID = requestID
  }
}

export class QuestionNotFoundError extends Error {
  override readonly name = "QuestionNotFoundError"
  readonly requestID: string
  constructor(requestID: string) {
    super(`Question not found: ${requestID}`)
    this.requestID = requestID
  }
}

export class PtyNotFoundError extends Error {
  override readonly name = "PtyNotFoundError"
  readonly ptyID: string
  constructor(ptyID: string) {
    super(`Terminal not found: ${ptyID}`)
    this.ptyID = ptyID
  }
}

export class SessionBusyError extends Error {
  override readonly name = "SessionBusyError"
  readonly sessionID: string
  constructor(sessionID: string) {
    super(`Session is busy: ${sessionID}`)
    this.sessionID = sessionID
  }
}

/** The session's directory was disposed before its turn could start; nothing was stored. To be tried in the directory's next instance. */
export class DirectoryClosedError extends SessionBusyError {}

/** No commit message could be made (contract: types, CommitMessageNoChangesError and CommitMessageFailedError). */
export class CommitMessageError extends Error {
  override readonly name = "CommitMessageError"
  readonly kind: "no-changes" | "failed"
  constructor(kind: "no-changes" | "failed", message: string) {
    super(message)
    this.kind = kind
  }
}

/** A working copy could not be made, changed or read (contract: types, WorktreeError). */
export class WorktreeError extends Error {
  override readonly name = "WorktreeError"
  readonly code:
    | "WorktreeNotGitError"
    | "WorktreeNameGenerationFailedError"
    | "WorktreeCreateFailedError"
    | "WorktreeRemoveFailedError"
    | "WorktreeResetFailedError"
    | "WorktreeListFailedError"
  constructor(code: WorktreeError["code"], message: string) {
    super(message || "git gave no reason.")
    this.code = code
  }
}

/** A patch could not be applied to the worktree (contract: types, VcsApplyError). */
export class VcsApplyError extends Error {
  override readonly name = "VcsApplyError"
  readonly reason: "non-git" | "not-clean"
  constructor(reason: "non-git" | "not-clean", message: string) {
    super(message)
    this.reason = reason
  }
}

/** A settings file is not the one, or not in the state, that the caller expected. */
export class OverlayConflictError extends Error {
  override readonly name = "OverlayConflictError"
  readonly code: "target-changed" | "revision-conflict"
  readonly target: OverlayTarget
  constructor(code: "target-changed" | "revision-conflict", message: string, target: OverlayTarget) {
    super(message)
    this.code = code
    this.target = target
  }
}

/** A login could not be started or did not come to its end (contract: types, ProviderAuthError1). */
export class LoginError extends Error {
  override readonly name = "LoginError"
  readonly code:
    | "ProviderAuthOauthMissing"
    | "ProviderAuthOauthCodeMissing"
    | "ProviderAuthOauthCallbackFailed"
    | "ProviderAuthValidationFailed"
  readonly providerID: string
  readonly field: string | undefined
  constructor(code: LoginError["code"], providerID: string, message: string, field?: string) {
    super(message)
    this.code = code
    this.providerID = providerID
    this.field = field
  }
}

/** A path leads outside the directory that it must stay in. */
export class PathOutsideError extends Error {
  override readonly name = "PathOutsideError"
  readonly path: string
  readonly root: string
  constructor(path: string, root: string) {
    super(`${path} is outside ${root}. Use a path inside the project.`)
    this.path = path
    this.root = root
  }
}

/** The prompt names a model, provider or agent that does not exist or can't be used; the message says what to do. */
export class PromptError extends Error {
  override readonly name = "PromptError"
  /** Set when the provider exists but has no credential: the answer then is a message that says how to connect it. */
  readonly providerID: string | undefined
  constructor(message: string, providerID?: string) {
    super(message)
    this.providerID = providerID
  }
}

/** The request does not fit the present state; nothing was changed. */
export class ConflictError extends Error {
  override readonly name = "ConflictError"
  readonly resource: string | undefined
  constructor(message: string, resource?: string) {
    super(message)
    this.resource = resource
  }
}

/** No MCP server of this name is configured. */
export class McpServerNotFoundError extends Error {
  override readonly name = "McpServerNotFoundError"
  readonly server: string
  constructor(server: string) {
    super(`MCP server not found: ${server}`)
    this.server = server
  }
}

/** A login to an MCP server is not possible; the message says why. */
export class McpOAuthError extends Error {
  override readonly name = "McpOAuthError"
}

/** Sharing is off or its server failed; the message says which. */
export class ShareError extends Error {
  override readonly name = "ShareError"
}
