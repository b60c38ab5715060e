import type { Agent, AgentDraft, AgentFile, SavedAgent } from "./agent/types.ts"
import type { AssistService } from "./assist/types.ts"
import type { Auth } from "./auth/types.ts"
import type { Bus, EventScope } from "./bus/index.ts"
import type { Command, CommandFile } from "./command/types.ts"
import type { Config, ConfigOverlay, ConfigWarning, OverlayPatch, OverlayScope } from "./config/types.ts"
import type { ChangedFile, FileContent, FileNode, TextMatch } from "./file/types.ts"
import type { FormatterService } from "./formatter/types.ts"
import type { Gateway } from "./gateway/index.ts"
import type { LoginService } from "./login/types.ts"
import type { LspService } from "./lsp/types.ts"
import type { McpService } from "./mcp/types.ts"
import type { FileDiff, MessageWithParts, ModelRef, Part, PromptInput } from "./message/types.ts"
import type { PermissionReply, PermissionRequest, PermissionRuleset } from "./permission/types.ts"
import type { PluginInfo } from "./plugin/types.ts"
import type { Paths, Project, VcsFileStatus, VcsInfo } from "./project/types.ts"
import type { ProbeInput, ProbeResult, Provider, ProviderList } from "./provider/types.ts"
import type { PtyService } from "./pty/types.ts"
import type { QuestionRequest } from "./question/types.ts"
import type {
  CommandInput,
  ContextShares,
  GlobalSession,
  GlobalSessionListInput,
  LegacyReport,
  OutboxEntry,
  OutboxInput,
  RevertPreview,
  Session,
  SessionChangeInput,
  SessionCreateInput,
  SessionExport,
  SessionFindInput,
  SessionFindResult,
  SessionListInput,
  SessionStatus,
  SessionUpdateInput,
  SettledChange,
  ShellInput,
  Spent,
  SummarizeInput,
  Todo,
} from "./session/types.ts"
import type { Skill } from "./skill/types.ts"
import type { CodeIndex } from "./tool/types.ts"
import type { WorkspaceService } from "./workspace/types.ts"
import type { WorktreeService } from "./worktree/types.ts"

/** What the process was started with. `env` is read once here; nothing below reads process.env. */
export interface EngineOptions {
  version: string
  env: Record<string, string | undefined>
  /** Directory of requests that name none. */
  cwd: string
  /** A client of the own server for plugins; called when the first plugin of a directory is loaded. */
  plugins?: (directory: string) => Promise<{ client: unknown; url: URL } | undefined>
  /** An index of a directory's code by meaning; with one, the model is offered semantic_search while it is ready. */
  codeIndex?(place: { directory: string; worktree: string }): CodeIndex | undefined
}

/** The agent runtime of one process: process-wide state plus one instance per directory. */
export interface Engine {
  readonly version: string
  readonly paths: Paths
  readonly bus: Bus
  readonly auth: AuthStore
  readonly globalConfig: GlobalConfig
  readonly gateway: Gateway
  readonly logins: LoginService
  readonly ptys: PtyService
  /** Other places that can answer requests. Undefined in a server that is itself such a place (KILO_WORKSPACE_ID). */
  readonly workspaces: WorkspaceService | undefined
  readonly sessions: SessionStore
  /** The instance of a directory, made on first use; concurrent first calls share one. The directory need not exist. */
  instance(directory: string): Promise<Instance>
  /** Instance that a session belongs to. Throws NotFoundError for an unknown session. */
  instanceOf(sessionID: string): Promise<Instance>
  /**
   * Gives a request the sessions of its session's directory. When the directory is disposed before anything of the request was
   * stored, it is tried again in the next instance, so that no prompt is lost. Not for work that an instance waits for when it ends.
   */
  inSession<T>(sessionID: string, work: (sessions: SessionService) => Promise<T>): Promise<T>
  projects(): Project[]
  /** The sessions' database: its file, and the bytes that it takes with its log. */
  storage(): { file: string; size: number }
  /** What models have cost since a moment, in all directories or in one. */
  spent(input: { since: number; directory?: string }): Promise<Spent>
  /** Takes over sessions that earlier versions kept as files: once, beside other work. Resolves when that is done. */
  legacy(): Promise<LegacyReport>
  /** Name, icon and start command; publishes project.updated. Throws NotFoundError. */
  updateProject(projectID: string, input: Pick<Partial<Project>, "name" | "icon" | "commands">): Project
  /** Makes the directory a git repository if it is none; its instance is made anew. */
  initGit(directory: string): Promise<Project>
  /** Ends one directory's turns and forgets its state; publishes server.instance.disposed. */
  dispose(directory: string): Promise<void>
  /** Forgets the state of all directories, then global.disposed. Where a turn runs it goes on: what was configured is read anew, nothing is ended. */
  disposeAll(): Promise<void>
  /** Stops turns, kills children, closes the database. The engine is unusable afterwards. */
  close(): Promise<void>
}

export interface AuthStore {
  all(): Record<string, Auth>
  get(providerID: string): Auth | undefined
  set(providerID: string, auth: Auth): Promise<void>
  remove(providerID: string): Promise<void>
}

export interface GlobalConfig {
  get(): Promise<Config>
  /** Deep merge into the global file, keeping its comments; null deletes a key. Returns the new global configuration. */
  update(patch: Record<string, unknown>): Promise<Config>
}

/** Sessions and messages as stored, across all directories. Reads are synchronous and include text streamed so far. */
export interface SessionStore {
  /** Throws NotFoundError ("Session not found: ...") for an unknown id. */
  get(sessionID: string): Session
  children(sessionID: string): Session[]
  todos(sessionID: string): Todo[]
  /**
   * Messages in ascending order. With `limit` the newest ones, or those before, after or around a place: a message's id
   * or an opaque cursor, `next` for older ones and `previous` for newer ones. Throws BadRequestError for a bad cursor
   * and NotFoundError for an unknown message.
   */
  messages(
    sessionID: string,
    page?: { limit?: number; before?: string; after?: string; around?: string },
  ): { items: MessageWithParts[]; next?: string; previous?: string }
  message(sessionID: string, messageID: string): MessageWithParts
  /** Sessions of all projects, newest activity first. */
  listAll(input: GlobalSessionListInput): GlobalSession[]
}

/** Everything about one directory. Its parts are made lazily, on first use. */
export interface Instance {
  readonly directory: string
  readonly worktree: string
  readonly project: Project
  readonly scope: EventScope
  readonly sessions: SessionService
  readonly permissions: PermissionService
  readonly questions: QuestionService
  readonly files: FileService
  readonly vcs: VcsService
  readonly providers: ProviderService
  readonly assist: AssistService
  readonly worktrees: WorktreeService
  readonly mcp: McpService
  readonly lsp: LspService
  /** The engine's logins and those of this directory's plugins. */
  readonly logins: Omit<LoginService, "methods"> & { methods(): Promise<ReturnType<LoginService["methods"]>> }
  readonly formatters: FormatterService
  config(): Promise<Config>
  configWarnings(): Promise<ConfigWarning[]>
  /** Writes the project's file, returns the merged result, publishes global.config.updated and reloads this instance. */
  updateConfig(patch: Record<string, unknown>): Promise<Config>
  /** Layered view of the settings; by default that of the project's file. */
  configOverlay(scope?: OverlayScope): Promise<ConfigOverlay>
  /** Changes one settings file, then as after `updateConfig`. Throws OverlayConflictError when it is not as expected. */
  updateConfigOverlay(patch: OverlayPatch): Promise<ConfigOverlay>
  /** Tools as a model is offered them, or all when none is named. */
  tools(model?: ModelRef): Promise<{ id: string; description: string; parameters: unknown }[]>
  agents(): Promise<Agent[]>
  commands(): Promise<Command[]>
  readonly library: LibraryService
  readonly plugins: PluginService
}

/** Modules that extend the agent. Those that came with a project run only once the user has approved them. */
export interface PluginService {
  list(): Promise<PluginInfo[]>
  trust(path: string): Promise<void>
  forget(path: string): Promise<boolean>
  /** Looks with the next use whether plugins have come, gone or changed. */
  refresh(): void
}

/** What users add to the agent by writing files. */
export interface LibraryService {
  skills(): Promise<Skill[]>
  commandFiles(): Promise<CommandFile[]>
  /** Writes an agent's Markdown file. Throws BadRequestError for a bad name. */
  saveAgent(id: string, draft: AgentDraft): Promise<SavedAgent>
  /** The files that describe agents, strongest last, with their text. */
  agentFiles(): Promise<AgentFile[]>
  /** Write the Markdown file of an agent, a command or a skill, over an older one; resolve with its path. Throw BadRequestError for a bad name. */
  saveAgentText(name: string, scope: "global" | "project", content: string): Promise<string>
  saveCommand(name: string, scope: "global" | "project", content: string): Promise<string>
  saveSkill(name: string, scope: "global" | "project", content: string): Promise<string>
  /** These three throw BadRequestError when there is nothing to remove. */
  removeAgent(name: string, scope?: "global" | "project"): Promise<void>
  removeSkill(location: string): Promise<void>
  removeCommand(location: string): Promise<void>
}

/** Every call throws NotFoundError for an unknown session. */
export interface OutboxService {
  list(sessionID: string): OutboxEntry[]
  /** Adds at the end; sent at once where nothing runs or waits. The same `messageID` again changes nothing. Throws BadRequestError. */
  add(sessionID: string, input: OutboxInput): OutboxEntry
  /** Throws NotFoundError when the entry does not wait any more. */
  change(sessionID: string, id: string, input: OutboxInput): OutboxEntry
  /** Entries that `ids` leaves out keep their order behind the others. */
  order(sessionID: string, ids: string[]): OutboxEntry[]
  /** False when it does not wait any more; so does `send`, which a running turn takes in with its next step. */
  remove(sessionID: string, id: string): boolean
  send(sessionID: string, id: string): Promise<boolean>
}

export interface SessionService {
  list(input: SessionListInput): Session[]
  /** The same as JSON: a thousand sessions need not be read to be written again. */
  listJson(input: SessionListInput): string
  create(input: SessionCreateInput): Promise<Session>
  update(sessionID: string, input: SessionUpdateInput): Session
  /** Removes a session with its children; stops their turns first. */
  remove(sessionID: string): Promise<void>
  /** Only sessions that are not idle. */
  statuses(): Record<string, SessionStatus>
  /**
   * Stores the user message and starts (or queues) a turn; resolves once the message is stored.
   * The same `messageID` again is recognised and changes nothing. Bad model or agent: session.error, no throw.
   */
  promptAsync(sessionID: string, input: PromptInput): Promise<void>
  /** The same, but resolves with the last assistant message of the turn. Throws PromptError for a bad model or agent. */
  prompt(sessionID: string, input: PromptInput, signal?: AbortSignal): Promise<MessageWithParts>
  /** The same in two steps: once the message is stored it resolves with a function that waits for the turn's end. */
  begin(sessionID: string, input: PromptInput, signal?: AbortSignal): Promise<() => Promise<MessageWithParts>>
  /** Runs a slash command; resolves with the last message of its turn. Throws PromptError for an unknown one. */
  command(sessionID: string, input: CommandInput, signal?: AbortSignal): Promise<MessageWithParts>
  /** The same, but resolves once its prompt is stored; what is wrong with it becomes session.error. */
  commandAsync(sessionID: string, input: CommandInput): Promise<void>
  /** Prompts that wait until the session has nothing else to do. */
  readonly outbox: OutboxService
  /** Runs a command of the user's in the shell and shows it as a bash call. Throws SessionBusyError while a turn runs. */
  shell(sessionID: string, input: ShellInput, signal?: AbortSignal): Promise<MessageWithParts>
  /** Stops the session's turn, and its children's with scope "tree". Unknown ids are fine. */
  abort(sessionID: string, scope?: "session" | "tree"): Promise<void>
  /** Changes of the session, or of one prompt's turn; with `full` the whole text before and after. */
  diff(sessionID: string, messageID?: string, more?: { file?: string; full?: boolean }): Promise<FileDiff[]>
  /**
   * Restores the files that steps from this message (or part) on changed, and hides the messages until the next prompt
   * removes them. An unknown message changes nothing. Throws SessionBusyError while a turn runs.
   */
  revert(sessionID: string, point: { messageID: string; partID?: string }): Promise<Session>
  /** Copies a session of any directory, up to a message (exclusive), into a new one of this directory. */
  fork(sessionID: string, messageID?: string): Session
  /** Looks for words in the messages of the directory's sessions. Throws BadRequestError for an empty query. */
  find(input: SessionFindInput): Promise<SessionFindResult>
  /** Publishes a session where a share server is set up; keeps it up to date after each turn. Throws ShareError. */
  share(sessionID: string): Promise<Session>
  unshare(sessionID: string): Promise<Session>
  /** The session with its sub-agents' sessions, to be written as JSON. Permissions and shares do not travel. */
  export(sessionID: string): Promise<SessionExport>
  /** Stores such a value in this directory under new ids. Throws BadRequestError with what is wrong with it. */
  import(value: unknown): Promise<Session>
  /** What fills the context of the session's next request, as an estimate; nothing is sent. Throws NotFoundError. */
  context(
    sessionID: string,
    chosen: { agent?: string; model?: { providerID: string; modelID: string } },
  ): Promise<ContextShares>
  /** What `revert` would do, without doing it. Throws NotFoundError. */
  previewRevert(sessionID: string, point: { messageID: string; partID?: string }): Promise<RevertPreview>
  /** Settles a change, or all, so that it leaves the list of changes; returns the list. Throws ConflictError and NotFoundError. */
  keepChange(sessionID: string, input: SessionChangeInput): Promise<FileDiff[]>
  /**
   * Takes a change back in the file; returns the list of what is left. Throws ConflictError when the file is not as the
   * session left it. Of all files such ones stay, and in the list.
   */
  undoChange(sessionID: string, input: SessionChangeInput): Promise<FileDiff[]>
  /** What was kept or undone and can be taken back, newest first. */
  settledChanges(sessionID: string): Promise<SettledChange[]>
  /** Takes the newest of them back; returns the list of changes. Throws ConflictError when its files were changed since. */
  takeBackChange(sessionID: string): Promise<FileDiff[]>
  /** Removes a message, or with `onlyQueued` a prompt that waits. False when that can't be. A missing one is fine. */
  removeMessage(sessionID: string, messageID: string, onlyQueued?: boolean): boolean
  /** Replaces a part. Throws NotFoundError. */
  updatePart(part: Part): Part
  removePart(sessionID: string, messageID: string, partID: string): void
  /** Takes the revert back. Throws SessionBusyError while a turn runs. */
  unrevert(sessionID: string): Promise<Session>
  /**
   * Condenses the session into a summary that stands for it from then on; resolves when it is there or has failed (the
   * summary's message says why). Waits for a running turn. Throws PromptError for a model that can't be used.
   */
  summarize(sessionID: string, input: SummarizeInput): Promise<void>
}

export interface PermissionService {
  list(): PermissionRequest[]
  /** Throws PermissionNotFoundError. */
  reply(requestID: string, reply: PermissionReply): Promise<void>
  /** Remembers patterns of an open request for good; the request stays open. Throws PermissionNotFoundError. */
  saveRules(requestID: string, rules: { allow: readonly string[]; deny: readonly string[] }): Promise<void>
  /**
   * Allows, or no longer allows, whatever would be asked: in one session and its sub-agents while this process lives, or
   * without a session in the whole project for good. What a rule denies stays denied. With `requestID` that request is
   * allowed as well. Throws PermissionNotFoundError.
   */
  allowEverything(input: { enable: boolean; sessionID?: string; requestID?: string }): Promise<void>
  /** What this project's user has allowed or denied for good, the newest last. */
  saved(): PermissionRuleset
  /** Takes such a decision back; it is asked again from the next call on. */
  forget(permission: string, pattern: string): void
}

/** Questions to the user that wait for an answer. */
export interface QuestionService {
  list(): QuestionRequest[]
  /**
   * `answers` has one list for each question, in their order; missing ones count as left out.
   * Throws QuestionNotFoundError.
   */
  reply(requestID: string, answers: string[][]): Promise<void>
  /** Closes the question unanswered. Throws QuestionNotFoundError. */
  reject(requestID: string): Promise<void>
}

export interface FileService {
  /** One level, directories first, directory paths with a trailing slash. Throws PathOutsideError, FileNotFoundError. */
  list(path: string): Promise<FileNode[]>
  read(path: string): Promise<FileContent>
  status(): Promise<ChangedFile[]>
  findFiles(input: { query: string; type?: "file" | "directory"; dirs?: boolean; limit?: number }): Promise<string[]>
  findText(pattern: string, signal?: AbortSignal): Promise<TextMatch[]>
}

export interface VcsService {
  info(): Promise<VcsInfo>
  status(): Promise<VcsFileStatus[]>
  /** The worktree against HEAD as one unified diff, new files included; empty outside git. */
  raw(): Promise<string>
  /** Applies a unified diff to the worktree, whole or not at all. Throws VcsApplyError. */
  apply(patch: string): Promise<void>
  /** All changes, or that of one file. */
  diff(
    mode: "git" | "branch" | "last-commit",
    context?: number,
    file?: string,
  ): Promise<(VcsFileStatus & { patch?: string })[]>
}

export interface ProviderService {
  /** Looks whether an OpenAI-compatible server answers and what models it has; nothing is stored. */
  probe(input: ProbeInput, signal: AbortSignal): Promise<ProbeResult>
  list(): Promise<ProviderList>
  /** Only usable providers, with the default model of each. */
  usable(): Promise<{ providers: Provider[]; default: Record<string, string> }>
}
