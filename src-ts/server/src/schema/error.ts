import { z } from "./base.ts"

/** Bodies of failed requests (contract: types, Errors a). */
export const BadRequestError = z
  .object({
    name: z.literal("BadRequest"),
    data: z
      .object({ message: z.string(), kind: z.enum(["Params", "Headers", "Query", "Body", "Payload"]).optional() })
      .openapi("BadRequestErrorData"),
    _tag: z.literal("BadRequest").openapi({ description: "The same name where older routes had it." }),
  })
  .openapi("BadRequestError")

export const NotFoundError = z
  .object({
    name: z.literal("NotFoundError"),
    data: z.object({ message: z.string() }).openapi("NotFoundErrorData"),
  })
  .openapi("NotFoundError")

export const ServerError = z
  .object({
    name: z.literal("UnknownError"),
    data: z.object({ message: z.string(), ref: z.string().optional() }).openapi("FailureErrorData"),
  })
  .openapi("FailureError", { description: "`ref` names the entry in the server's log." })

export const ForbiddenError = z
  .object({
    name: z.literal("ForbiddenError"),
    data: z.object({ message: z.string() }).openapi("ForbiddenErrorData"),
  })
  .openapi("ForbiddenError")

export const SessionBusyError = z
  .object({ _tag: z.literal("SessionBusyError"), sessionID: z.string(), message: z.string() })
  .openapi("SessionBusyError")

export const ConflictError = z
  .object({ _tag: z.literal("ConflictError"), message: z.string(), resource: z.string().optional() })
  .openapi("ConflictError")

/** Either of the two ways in which a session can be in the way. */
export const BusyOrConflictError = z
  .discriminatedUnion("_tag", [SessionBusyError, ConflictError])
  .openapi("BusyOrConflictError")

export const PermissionNotFoundError = z
  .object({ _tag: z.literal("PermissionNotFoundError"), requestID: z.string(), message: z.string() })
  .openapi("PermissionNotFoundError")

export const QuestionNotFoundError = z
  .object({ _tag: z.literal("QuestionNotFoundError"), requestID: z.string(), message: z.string() })
  .openapi("QuestionNotFoundError")

/** A permission request, or its session, is unknown: the fields of the one or of the other. */
export const DecisionNotFoundError = z
  .object({
    _tag: z.string().optional(),
    requestID: z.string().optional(),
    message: z.string().optional(),
    name: z.string().optional(),
    data: z.object({ message: z.string() }).optional().openapi("DecisionNotFoundErrorData"),
  })
  .openapi("DecisionNotFoundError")

export const UnauthorizedError = z.object({ _tag: z.literal("Unauthorized") }).openapi("UnauthorizedError")

export const LoginError = z
  .object({
    name: z.enum([
      "BadRequest",
      "ProviderAuthOauthMissing",
      "ProviderAuthOauthCodeMissing",
      "ProviderAuthOauthCallbackFailed",
      "ProviderAuthValidationFailed",
    ]),
    data: z
      .object({
        providerID: z.string().optional(),
        field: z.string().optional(),
        message: z.string().optional(),
        kind: z.string().optional(),
      })
      .openapi("ProviderAuthErrorDetails"),
  })
  .openapi("ProviderAuthFailure")
export const McpServerNotFoundError = z
  .object({ _tag: z.literal("McpServerNotFoundError"), name: z.string(), message: z.string() })
  .openapi("McpServerNotFoundError")

/** The server takes no login this way (`error`), or the request is malformed (the other fields). */
export const McpUnsupportedOAuthError = z
  .object({
    error: z.string().optional(),
    name: z.string().optional(),
    data: z.object({ message: z.string(), kind: z.string().optional() }).optional().openapi("McpBadRequestData"),
  })
  .openapi("McpUnsupportedOAuthError")

export const PtyNotFoundError = z
  .object({ _tag: z.literal("PtyNotFoundError"), ptyID: z.string(), message: z.string() })
  .openapi("PtyNotFoundError")

export const PtyForbiddenError = z
  .object({ _tag: z.literal("PtyForbiddenError"), message: z.string() })
  .openapi("PtyForbiddenError")

export const CommitMessageFailure = z.object({ message: z.string() }).openapi("CommitMessageFailure")

export const WorktreeFailure = z
  .object({
    name: z.enum([
      "BadRequest",
      "WorktreeNotGitError",
      "WorktreeNameGenerationFailedError",
      "WorktreeCreateFailedError",
      "WorktreeStartCommandFailedError",
      "WorktreeRemoveFailedError",
      "WorktreeResetFailedError",
      "WorktreeListFailedError",
    ]),
    data: z.object({ message: z.string(), kind: z.string().optional() }).openapi("WorktreeFailureData"),
  })
  .openapi("WorktreeFailure")

export const VcsFailure = z
  .object({
    name: z.enum(["BadRequest", "VcsApplyError"]),
    data: z
      .object({ message: z.string(), reason: z.enum(["non-git", "not-clean"]).optional(), kind: z.string().optional() })
      .openapi("VcsFailureData"),
  })
  .openapi("VcsFailure")
