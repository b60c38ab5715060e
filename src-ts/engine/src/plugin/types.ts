/** Shapes that plugin modules are written against (names and arguments as in the packages @kilocode/plugin and @opencode-ai/plugin). */

/** What a plugin's function is given. */
export interface PluginInput {
  client: unknown
  project: unknown
  directory: string
  worktree: string
  serverUrl: URL | undefined
  $: unknown
  experimental_workspace: { register(type: string, adapter: unknown): void }
}

export type Hook = (input: unknown, output: unknown) => unknown

/** A plugin's answer: hooks by name. `tool` and `auth` are values, all others functions. */
export type Hooks = Record<string, unknown>

/** Hooks that the engine calls with something to look at and something to change. */
export type HookName =
  | "chat.message"
  | "chat.params"
  | "chat.headers"
  | "command.execute.before"
  | "experimental.chat.messages.transform"
  | "experimental.chat.system.transform"
  | "experimental.session.compacting"
  | "permission.ask"
  | "shell.env"
  | "tool.definition"
  | "tool.execute.before"
  | "tool.execute.after"

/** A plugin or a file of tools that was found, and what became of it. */
export interface PluginInfo {
  /** As written in the configuration, or the file's path. */
  name: string
  path?: string
  scope: "global" | "project"
  kind: "plugin" | "tool"
  state: "loaded" | "untrusted" | "broken"
  /** Why it is not loaded, and what to do. */
  reason?: string
}
