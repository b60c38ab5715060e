import { idOf, int64, record, z } from "./base.ts"
import { FileDiff, MessageWithParts, Tokens } from "./message.ts"
import { PermissionRuleset } from "./permission.ts"

/** Sessions (contract: types, Session). */
export const SessionModel = z
  .object({ id: z.string(), providerID: z.string(), variant: z.string().optional() })
  .openapi("SessionModel")

export const Session = z
  .object({
    id: z.string(),
    slug: z.string(),
    projectID: z.string(),
    directory: z.string(),
    path: z.string().optional(),
    parentID: z.string().optional(),
    summary: z
      .object({ additions: int64, deletions: int64, files: int64, diffs: z.array(FileDiff).optional() })
      .openapi("SessionSummary")
      .optional(),
    cost: z.number().optional(),
    tokens: Tokens.optional(),
    share: z.object({ url: z.string() }).openapi("SessionShare").optional(),
    title: z.string(),
    agent: z.string().optional(),
    model: SessionModel.optional(),
    version: z.string(),
    metadata: record.optional(),
    time: z
      .object({ created: int64, updated: int64, compacting: int64.optional(), archived: int64.optional() })
      .openapi("SessionTime"),
    permission: PermissionRuleset.optional(),
    revert: z
      .object({
        messageID: z.string(),
        partID: z.string().optional(),
        snapshot: z.string().optional(),
        diff: z.string().optional(),
        workspace: z.enum(["restored", "snapshots-disabled", "unavailable", "not-a-git-repo"]).optional().openapi({
          description:
            "What happened to the files: restored; or untouched, because checkpoints are switched off, their data is gone, or the directory is not in a git repository.",
        }),
        left: z
          .array(z.object({ file: z.string(), reason: z.string() }).openapi("FileLeft"))
          .optional()
          .openapi({ description: "Files that could not be brought back, each with the reason." }),
      })
      .openapi("SessionRevert")
      .optional(),
  })
  .openapi("Session")

export const SessionStatus = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("idle") }).openapi("SessionStatusIdle"),
    z.object({ type: z.literal("busy") }).openapi("SessionStatusBusy"),
    z
      .object({ type: z.literal("retry"), attempt: int64, message: z.string(), next: int64 })
      .openapi("SessionStatusRetry", { description: "`next` is when the next attempt starts." }),
  ])
  .openapi("SessionStatus")

export const Todo = z.object({ content: z.string(), status: z.string(), priority: z.string() }).openapi("Todo")

export const SessionCreateInput = z
  .object({
    parentID: idOf("ses").optional(),
    title: z.string().optional(),
    agent: z.string().optional(),
    model: SessionModel.optional(),
    metadata: record.optional(),
    permission: PermissionRuleset.optional(),
    workspaceID: z.string().optional(),
  })
  .openapi("SessionCreateInput")

export const SessionUpdateInput = z
  .object({
    title: z.string().optional(),
    metadata: record.optional(),
    permission: PermissionRuleset.optional(),
    time: z
      .object({
        archived: int64
          .nullable()
          .openapi({ type: ["integer", "null"] })
          .optional(),
      })
      .openapi("SessionUpdateTime")
      .optional(),
  })
  .openapi("SessionUpdateInput", {
    description:
      "`metadata` replaces, `permission` is appended, `time.archived: null` (or 0, for clients that leave nulls out) takes out of the archive.",
  })

export const SessionRevertInput = z
  .object({ messageID: idOf("msg"), partID: idOf("prt").optional() })
  .openapi("SessionRevertInput")

export const SessionForkInput = z.object({ messageID: idOf("msg").optional() }).openapi("SessionForkInput")

export const SessionChangeInput = z
  .object({
    file: z.string().min(1).optional().openapi({
      description: "As in the session's list of changes: relative to the repository. All of them when missing",
    }),
    hunk: z.string().optional().openapi({
      description: 'Header of one hunk of the patch, such as "@@ -1,3 +1,4 @@"; the whole file when missing',
    }),
    partID: idOf("prt").optional().openapi({
      description: "Only what this tool call changed; `hunk` is then one of its own patch (state.metadata.filediff)",
    }),
    patch: z.string().optional().openapi({
      description: "The patch that the user saw; the request is refused when the session's list has another one by now",
    }),
  })
  .openapi("SessionChangeInput")

export const SettledChange = z
  .object({ kind: z.enum(["keep", "undo"]), files: z.array(z.string()), time: int64 })
  .openapi("SettledChange")

export const SessionContext = z
  .object({
    used: int64.openapi({ description: "Tokens of all of it" }),
    limit: int64.optional().openapi({ description: "What the model takes; missing when it does not say" }),
    reserved: int64.optional().openapi({ description: "How much of that is kept free for the answer" }),
    system: int64,
    tools: int64,
    summary: int64.openapi({ description: "What the session was condensed to" }),
    prompts: int64,
    answers: int64.openapi({ description: "What the model said and thought, and its calls" }),
    outputs: int64.openapi({ description: "What tools gave back" }),
    files: int64.openapi({ description: "What came with prompts" }),
  })
  .openapi("SessionContext")

export const SessionRevertPreview = z
  .object({
    messages: int64,
    prompts: int64,
    files: z.array(FileDiff).openapi({ description: "What would be undone: additions are lines that would go" }),
    edited: z
      .array(z.string())
      .openapi({ description: "Those that somebody else changed after the session's last step" }),
    workspace: z.enum(["restored", "snapshots-disabled", "unavailable", "not-a-git-repo"]),
  })
  .openapi("SessionRevertPreview")

// From the shape, not by extending: that would become an `allOf`, which code generators stumble over.
export const GlobalSession = z
  .object({
    ...Session.shape,
    project: z
      .object({ id: z.string(), name: z.string().optional(), worktree: z.string() })
      .openapi("SessionProject")
      .optional(),
    worktreeName: z.string().optional(),
  })
  .openapi("GlobalSession")

const sessionRecord = {
  info: Session,
  messages: z.array(MessageWithParts),
  todos: z.array(Todo).optional(),
}

export const SessionExport = z
  .object({
    format: z.string(),
    version: int64,
    ...sessionRecord,
    children: z.array(z.object(sessionRecord).openapi("SessionRecord")).optional(),
  })
  .openapi("SessionExport", { description: "A session as a file; sub-agents' sessions are `children`." })

export const SessionImportInput = record.openapi("SessionImportInput", {
  description: "What `session.export` answered, or at least its `info` and `messages`",
})

export const SummarizeInput = z
  .object({ providerID: z.string(), modelID: z.string(), auto: z.boolean().optional() })
  .openapi("SummarizeInput")

export const SessionFindResult = z
  .object({
    matches: z.array(
      z
        .object({
          sessionID: z.string(),
          title: z.string(),
          messageID: z.string(),
          partID: z.string(),
          role: z.enum(["user", "assistant"]),
          type: z.string(),
          time: int64,
          excerpt: z.string(),
          start: int64,
          end: int64,
          count: int64,
        })
        .openapi("SessionMatch", {
          description:
            "`start` and `end` mark the words in the excerpt; `count` tells how often they stand in the part.",
        }),
    ),
    complete: z.boolean().openapi({ description: "False when there may be more matches" }),
  })
  .openapi("SessionFindResult")
