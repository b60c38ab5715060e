import {
  BackgroundJob,
  Capabilities,
  ConflictError,
  IndexingStatus,
  IndexingWarning,
  idOf,
  int64,
  LogLine,
  ModelUsage,
  NotFoundError,
  Project,
  ProjectUpdate,
  RemoteStatus,
  record,
  SandboxStatus,
  SandboxSupport,
  SessionViewed,
  TelemetryEvent,
  TelemetrySwitch,
  ToolListItem,
  VcsApplied,
  VcsFailure,
  VcsPatch,
  z,
} from "../schema/index.ts"
import { define, Reply, type Route, Text } from "./define.ts"
import { usageOf } from "./usage.ts"

const LONGEST_LINE = 2_000
const session = z.object({ sessionID: idOf("ses") })
const job = z.object({ jobID: z.string().min(1).max(200) })
const request = z.object({ requestID: z.string().min(1).max(200) })
const NO_SANDBOX = { available: false, reason: "This server runs commands without a sandbox." }
const sandboxOf = (directory: string) => ({ directory, enabled: false, ...NO_SANDBOX, version: 1 })
const missing = (what: string) => new Reply(404, { name: "NotFoundError", data: { message: what } })
const noJob = (id: string) => missing(`Job not found: ${id}`)
const noSuggestion = (id: string) => missing(`Suggestion not found: ${id}`)

/** What clients ask beside sessions: state of optional parts, logs, project and version control. Parts that this server does not have say so. */
export const statusRoutes: Route[] = [
  define(
    {
      method: "post",
      path: "/instance/reload",
      operationId: "instance.reload",
      tag: "global",
      summary: "Read everything of the directory anew; refused while a session is busy",
      routed: true,
      ok: z.boolean(),
      errors: { 409: ConflictError },
    },
    async ({ engine, instance, directory }) => {
      const opened = await instance()
      if (Object.keys(opened.sessions.statuses()).length > 0) {
        return new Reply(409, {
          _tag: "ConflictError",
          message: "A session of this directory is busy. Wait or stop it.",
        })
      }
      await engine.dispose(directory)
      await engine.instance(directory)
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/log",
      operationId: "app.log",
      tag: "global",
      summary: "Add a line to the server's log",
      description: "`extra` is accepted and not written: nobody can say what it holds.",
      body: LogLine,
      routed: true,
      ok: z.boolean(),
    },
    ({ log, body }) => {
      const { service, level, message } = body
      const write = level === "error" ? log.error : log.info
      write(message.slice(0, LONGEST_LINE), { service: service.slice(0, 100), client: level })
      return true
    },
  ),
  define(
    {
      method: "post",
      path: "/telemetry/capture",
      operationId: "telemetry.capture",
      tag: "global",
      summary: "Accepted and forgotten: nothing is ever sent anywhere",
      body: TelemetryEvent,
      routed: true,
      ok: z.boolean(),
    },
    () => true,
  ),
  define(
    {
      method: "post",
      path: "/telemetry/setEnabled",
      operationId: "telemetry.setEnabled",
      tag: "global",
      summary: "Accepted: there is no telemetry to switch",
      body: TelemetrySwitch,
      routed: true,
      ok: z.boolean(),
    },
    () => true,
  ),
  define(
    {
      method: "get",
      path: "/experimental/capabilities",
      operationId: "experimental.capabilities.get",
      tag: "global",
      summary: "Optional abilities of this server",
      routed: true,
      ok: Capabilities,
    },
    () => ({ backgroundSubagents: false }),
  ),
  define(
    {
      method: "get",
      path: "/indexing/status",
      operationId: "indexing.status",
      tag: "indexing",
      summary: "State of the code index",
      routed: true,
      ok: IndexingStatus,
    },
    () => ({
      state: "Disabled",
      message: "This server keeps no code index.",
      processedFiles: 0,
      totalFiles: 0,
      percent: 0,
    }),
  ),
  define(
    {
      method: "get",
      path: "/indexing/warnings",
      operationId: "indexing.warnings",
      tag: "indexing",
      summary: "Problems of the code index",
      routed: true,
      ok: z.array(IndexingWarning),
    },
    () => [],
  ),
  define(
    {
      method: "get",
      path: "/sandbox/support",
      operationId: "sandbox.support",
      tag: "sandbox",
      summary: "Whether commands can be run in a sandbox",
      routed: true,
      ok: SandboxSupport,
    },
    () => NO_SANDBOX,
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/sandbox",
      operationId: "sandbox.status",
      tag: "sandbox",
      summary: "Sandbox of a session",
      params: session,
      routed: true,
      ok: SandboxStatus,
      errors: { 404: NotFoundError },
    },
    ({ engine, params }) => sandboxOf(engine.sessions.get(params.sessionID).directory),
  ),
  define(
    {
      method: "post",
      path: "/session/{sessionID}/sandbox/toggle",
      operationId: "sandbox.toggle",
      tag: "sandbox",
      summary: "Switch the sandbox of a session; stays off where there is none",
      params: session,
      routed: true,
      ok: SandboxStatus,
      errors: { 404: NotFoundError },
    },
    ({ engine, params }) => sandboxOf(engine.sessions.get(params.sessionID).directory),
  ),
  define(
    {
      method: "get",
      path: "/kilocode/background-jobs",
      operationId: "kilocode.backgroundJobs",
      tag: "background",
      summary: "Jobs that run beside a session",
      query: z.object({ sessionID: idOf("ses") }),
      routed: true,
      ok: z.array(BackgroundJob),
    },
    () => [],
  ),
  define(
    {
      method: "post",
      path: "/kilocode/background-jobs/{jobID}/cancel",
      operationId: "kilocode.backgroundJob.cancel",
      tag: "background",
      summary: "Stop a job",
      params: job,
      routed: true,
      ok: z.boolean(),
      errors: { 404: NotFoundError },
    },
    ({ params }) => noJob(params.jobID),
  ),
  define(
    {
      method: "post",
      path: "/kilocode/background-jobs/{jobID}/promote",
      operationId: "kilocode.backgroundJob.promote",
      tag: "background",
      summary: "Let a job outlive its turn",
      params: job,
      routed: true,
      ok: z.boolean(),
      errors: { 404: NotFoundError },
    },
    ({ params }) => noJob(params.jobID),
  ),
  define(
    {
      method: "get",
      path: "/background-process",
      operationId: "backgroundProcess.list",
      tag: "background",
      summary: "Processes that run beside sessions",
      routed: true,
      ok: z.array(record),
    },
    () => [],
  ),
  define(
    {
      method: "get",
      path: "/suggestion",
      operationId: "suggestion.list",
      tag: "suggestion",
      summary: "Follow-ups that wait for an answer",
      routed: true,
      ok: z.array(record),
    },
    () => [],
  ),
  define(
    {
      method: "post",
      path: "/suggestion/{requestID}/accept",
      operationId: "suggestion.accept",
      tag: "suggestion",
      summary: "Take a follow-up",
      params: request,
      body: z.object({ index: int64.min(0) }).openapi("SuggestionChoice"),
      routed: true,
      ok: z.boolean(),
      errors: { 404: NotFoundError },
    },
    ({ params }) => noSuggestion(params.requestID),
  ),
  define(
    {
      method: "post",
      path: "/suggestion/{requestID}/dismiss",
      operationId: "suggestion.dismiss",
      tag: "suggestion",
      summary: "Put a follow-up away",
      params: request,
      routed: true,
      ok: z.boolean(),
      errors: { 404: NotFoundError },
    },
    ({ params }) => noSuggestion(params.requestID),
  ),
  define(
    {
      method: "get",
      path: "/remote/status",
      operationId: "remote.status",
      tag: "global",
      summary: "Whether the server can be reached through a relay",
      routed: true,
      ok: RemoteStatus,
    },
    () => ({ enabled: false, connected: false }),
  ),
  define(
    {
      method: "post",
      path: "/session/viewed",
      operationId: "session.viewed",
      tag: "session",
      summary: "Which sessions a client shows; a hint",
      body: SessionViewed,
      routed: true,
      ok: z.boolean(),
    },
    () => true,
  ),
  define(
    {
      method: "get",
      path: "/session/{sessionID}/model-usage",
      operationId: "kilocode.sessionModelUsage",
      tag: "session",
      summary: "Tokens and cost by model, child sessions included",
      params: session,
      routed: true,
      ok: ModelUsage,
      errors: { 404: NotFoundError },
    },
    ({ engine, params }) => usageOf(engine, params.sessionID),
  ),
  define(
    {
      method: "get",
      path: "/experimental/tool/ids",
      operationId: "tool.ids",
      tag: "tool",
      summary: "Names of the tools",
      routed: true,
      ok: z.array(z.string()),
    },
    async ({ instance }) => (await (await instance()).tools()).map(({ id }) => id),
  ),
  define(
    {
      method: "get",
      path: "/experimental/tool",
      operationId: "tool.list",
      tag: "tool",
      summary: "Tools as a model is offered them",
      query: z.object({ provider: z.string().min(1), model: z.string().min(1) }),
      routed: true,
      ok: z.array(ToolListItem),
    },
    async ({ instance, query }) => (await instance()).tools({ providerID: query.provider, modelID: query.model }),
  ),
  define(
    {
      method: "patch",
      path: "/project/{projectID}",
      operationId: "project.update",
      tag: "project",
      summary: "Name, icon and start command of a project",
      params: z.object({ projectID: z.string().min(1).max(200) }),
      body: ProjectUpdate,
      routed: true,
      ok: Project,
      errors: { 404: NotFoundError },
    },
    ({ engine, params, body }) => engine.updateProject(params.projectID, body),
  ),
  define(
    {
      method: "post",
      path: "/project/git/init",
      operationId: "project.initGit",
      tag: "project",
      summary: "Make the directory a git repository if it is none",
      routed: true,
      ok: Project,
    },
    ({ engine, directory }) => engine.initGit(directory),
  ),
  define(
    {
      method: "post",
      path: "/vcs/apply",
      operationId: "vcs.apply",
      tag: "vcs",
      summary: "Apply a unified diff to the worktree, whole or not at all",
      body: VcsPatch,
      routed: true,
      ok: VcsApplied,
      errors: { 400: VcsFailure },
    },
    async ({ instance, body }) => {
      await (await instance()).vcs.apply(body.patch)
      return { applied: true }
    },
  ),
  define(
    {
      method: "get",
      path: "/vcs/diff/raw",
      operationId: "vcs.diff.raw",
      tag: "vcs",
      summary: "All changes as one unified diff",
      routed: true,
      okType: "text/x-diff",
      ok: z.string(),
    },
    async ({ instance }) => new Text("text/x-diff; charset=utf-8", await (await instance()).vcs.raw()),
  ),
]
