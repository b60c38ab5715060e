import type { LanguageModelV4FunctionTool } from "@ai-sdk/provider"
import type { Agent } from "../agent/types.ts"
import type { Bus, EventScope } from "../bus/index.ts"
import type { Command } from "../command/types.ts"
import type { SessionService } from "../engine.ts"
import type { Findings } from "../lsp/types.ts"
import type { McpContent } from "../mcp/types.ts"
import type { Permissions } from "../permission/index.ts"
import type { PluginHost } from "../plugin/index.ts"
import type { Model, Providers } from "../provider/index.ts"
import type { Questions } from "../question/index.ts"
import type { Snapshot } from "../snapshot/index.ts"
import type { TaskHost } from "../tool/index.ts"
import type { Tool } from "../tool/types.ts"
import type { Edits } from "./edits.ts"
import type { SlowGuard } from "./guard.ts"
import type { CompactionSettings } from "./room.ts"
import type { ShareServer } from "./share.ts"
import type { Store } from "./store.ts"

/** Tools by id, and each as the model is offered it. */
export interface Toolset {
  tools: Map<string, Tool>
  functions: Map<string, LanguageModelV4FunctionTool>
}

/** What sessions of one directory work with. Made by the instance; slow parts only when they are first needed. */
export interface Workspace {
  readonly store: Store
  readonly bus: Bus
  readonly scope: EventScope
  readonly directory: string
  readonly worktree: string
  readonly projectID: string
  readonly version: string
  /** KILO_SESSION_RETRY_LIMIT as given. */
  readonly retryLimit: string | undefined
  readonly providers: Providers
  readonly permissions: Permissions
  /** Who wrote which file. */
  readonly edits: Edits
  readonly guard: SlowGuard
  readonly questions: Questions
  /** The user's home directory. */
  readonly home: string
  agents(): Promise<Agent[]>
  commands(): Promise<Command[]>
  /** `default_agent` of the configuration. */
  defaultAgent(): Promise<string | undefined>
  toolset(): Promise<Toolset>
  /** The sessions themselves: sub-agents are sessions too. */
  readonly sessions: SessionService
  /** Plugins that are loaded; loads them with the first call. */
  plugins(): Promise<PluginHost>
  /** Whether clients can show questions. */
  readonly asks: boolean
  readonly tasks: { host: TaskHost; outputDir: string }
  /** What language servers find in files that a tool has just changed; a bounded wait, at once where there is none. */
  diagnose(files: string[], signal: AbortSignal): Promise<Findings>
  /** What a prompt of an MCP server says with these arguments, as typed after its slash command. */
  serverPrompt(command: string, args: string, signal: AbortSignal): Promise<string>
  /** What a resource of an MCP server says. */
  resource(client: string, uri: string): Promise<McpContent>
  /** `compaction` of the configuration, with what the environment switches off. */
  compaction(): Promise<CompactionSettings>
  snapshot(): Promise<Snapshot>
  /** Writes `"snapshot": false` into the project's configuration. Running turns go on. */
  switchCheckpointsOff(): Promise<void>
  /** Where sessions are published; undefined when that is off. */
  shareServer(): Promise<ShareServer | undefined>
  /** Credentials that must never leave. */
  secrets(): string[]
  /** A session has come to rest: a good moment for what should not disturb. */
  idle(): void
  system(agent: Agent, model: Model): Promise<string[]>
  /** Instructions of the folders around a file that the system messages do not contain. */
  nested(file: string): Promise<{ path: string; text: string }[]>
  /** Told what went wrong where no turn can tell the user. */
  onError(error: unknown): void
}
