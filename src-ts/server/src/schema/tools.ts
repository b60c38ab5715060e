import { anyJson, int64, record, stringMap, z } from "./base.ts"

/** Helpers around sessions: texts by a model, working copies, the state of optional parts, control of a terminal interface. */
export const EnhancePrompt = z.object({ text: z.string() }).openapi("EnhancePrompt")

export const BranchNameRequest = z
  .object({ prompt: z.string().min(1), providerID: z.string().optional(), modelID: z.string().optional() })
  .openapi("BranchNameRequest")

export const BranchName = z.object({ branch: z.string().nullable() }).openapi("BranchName")

export const CommitMessageRequest = z
  .object({
    path: z.string(),
    selectedFiles: z.array(z.string()).optional(),
    previousMessage: z.string().optional(),
    language: z.string().optional(),
  })
  .openapi("CommitMessageRequest", { description: "`path` is the directory whose repository is committed." })

export const CommitMessage = z.object({ message: z.string() }).openapi("CommitMessage")

export const Worktree = z
  .object({ name: z.string(), branch: z.string().optional(), directory: z.string() })
  .openapi("Worktree")

export const WorktreeListItem = z.object({ directory: z.string(), managed: z.boolean() }).openapi("WorktreeListItem")

export const WorktreeCreate = z
  .object({ name: z.string().optional(), startCommand: z.string().optional() })
  .openapi("WorktreeCreateInput")

export const WorktreePlace = z.object({ directory: z.string().min(1) }).openapi("WorktreePlaceInput")

export const WorktreeDiffItem = z
  .object({
    file: z.string(),
    patch: z.string().optional(),
    before: z.string(),
    after: z.string(),
    additions: int64,
    deletions: int64,
    status: z.enum(["added", "deleted", "modified"]),
    tracked: z.boolean(),
    generatedLike: z.boolean(),
    summarized: z.boolean(),
    stamp: z.string(),
  })
  .openapi("WorktreeDiffItem")

export const ToolListItem = z
  .object({ id: z.string(), description: z.string(), parameters: anyJson(z.unknown()) })
  .openapi("ToolListItem")

export const IndexingStatus = z
  .object({
    state: z.enum(["Disabled", "In Progress", "Complete", "Error", "Standby"]),
    message: z.string(),
    processedFiles: int64,
    totalFiles: int64,
    percent: int64,
  })
  .openapi("IndexingStatus")

export const IndexingWarning = z.object({ code: z.string(), message: z.string() }).openapi("IndexingWarning")

export const SandboxSupport = z
  .object({ available: z.boolean(), reason: z.string().optional() })
  .openapi("SandboxSupport")

export const SandboxStatus = z
  .object({
    directory: z.string(),
    enabled: z.boolean(),
    available: z.boolean(),
    reason: z.string().optional(),
    version: int64,
  })
  .openapi("SandboxStatus")

export const Capabilities = z.object({ backgroundSubagents: z.boolean() }).openapi("ExperimentalCapabilities")

export const BackgroundJob = z
  .object({
    id: z.string(),
    type: z.string(),
    title: z.string().optional(),
    status: z.enum(["running", "completed", "error", "cancelled"]),
    started_at: int64,
    completed_at: int64.optional(),
    error: z.string().optional(),
    metadata: record.optional(),
  })
  .openapi("BackgroundJob")

export const RemoteStatus = z.object({ enabled: z.boolean(), connected: z.boolean() }).openapi("RemoteStatus")

export const LogLine = z
  .object({
    service: z.string(),
    level: z.enum(["debug", "info", "error", "warn"]),
    message: z.string(),
    extra: record.optional(),
  })
  .openapi("LogLine")

export const TelemetryEvent = z.object({ event: z.string(), properties: record.optional() }).openapi("TelemetryEvent")
export const TelemetrySwitch = z.object({ enabled: z.boolean() }).openapi("TelemetrySwitch")

export const ProjectUpdate = z
  .object({
    name: z.string().optional(),
    icon: stringMap.optional(),
    commands: z.object({ start: z.string().optional() }).openapi("ProjectCommandsUpdate").optional(),
  })
  .openapi("ProjectUpdate")

export const VcsPatch = z.object({ patch: z.string().min(1) }).openapi("VcsPatch")
export const VcsApplied = z.object({ applied: z.boolean() }).openapi("VcsApplied")

export const TuiText = z.object({ text: z.string() }).openapi("TuiText")
export const TuiCommand = z.object({ command: z.string().min(1) }).openapi("TuiCommand")
export const TuiToast = z
  .object({
    title: z.string().optional(),
    message: z.string(),
    variant: z.enum(["info", "success", "warning", "error"]),
    duration: int64.optional(),
  })
  .openapi("TuiToast")
export const TuiSession = z.object({ sessionID: z.string() }).openapi("TuiSession")
export const TuiEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("tui.prompt.append"), properties: TuiText }).openapi("TuiPromptAppend"),
    z.object({ type: z.literal("tui.command.execute"), properties: TuiCommand }).openapi("TuiCommandExecute"),
    z.object({ type: z.literal("tui.toast.show"), properties: TuiToast }).openapi("TuiToastShow"),
    z.object({ type: z.literal("tui.session.select"), properties: TuiSession }).openapi("TuiSessionSelect"),
  ])
  .openapi("TuiEvent")
export const TuiResponse = anyJson(z.unknown()).openapi("TuiResponse")
export const TuiRequest = z.object({ path: z.string(), body: anyJson(z.unknown()) }).openapi("TuiRequest")

export const ModelUsage = z
  .object({
    sessionIDs: z.array(z.string()),
    sessionCost: z.number().optional(),
    totals: record,
    models: z.array(record),
  })
  .openapi("SessionModelUsage")

export const SessionViewed = z
  .object({ viewer: record, attached: z.array(z.string()), visible: z.array(z.string()) })
  .openapi("SessionViewed")
