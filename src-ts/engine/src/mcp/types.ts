import type { McpConfig } from "../config/types.ts"
import type { FilePart } from "../message/types.ts"
import type { Tool } from "../tool/types.ts"

export type { McpConfig, McpOAuthConfig } from "../config/types.ts"

/** How a configured MCP server is doing (contract: types, MCPStatus). */
export type McpStatus =
  | { status: "connected" }
  | { status: "disabled" }
  | { status: "failed"; error: string }
  | { status: "needs_auth" }
  | { status: "needs_client_registration"; error: string }

/** Something that a server offers to read (contract: types, McpResource). `client` is the server's name. */
export interface McpResource {
  name: string
  uri: string
  description?: string
  mimeType?: string
  client: string
}

/** A prompt that a server offers; a slash command is made of it. */
export interface McpPrompt {
  /** `server:prompt`, safe as a command's name. */
  name: string
  server: string
  prompt: string
  description?: string
  arguments: { name: string; description?: string; required: boolean }[]
}

/** A server as a settings page shows it. Nothing of its configuration: that may hold secrets. */
export interface McpOffer {
  name: string
  status: McpStatus
  /** Whether it was added by a client for as long as the instance lives. */
  added: boolean
  /** Whether the user may log in to it. */
  login: boolean
  tools: { name: string; description?: string }[]
  prompts: { name: string; description?: string }[]
  resources: { name: string; uri: string; description?: string }[]
}

/** A tool of a server. Its arguments are checked by the server; `inputSchema` is what the model is given. */
export interface McpTool extends Tool {
  server: string
  inputSchema: Record<string, unknown>
}

/** Text and files of a prompt or resource. */
export interface McpContent {
  text: string
  attachments: Omit<FilePart, "id" | "sessionID" | "messageID">[]
}

/** The MCP servers of one directory. A server that is broken, slow or silent never makes a call here wait for long. */
export interface McpService {
  /** Every configured server. Starts those that are enabled; waits a few seconds at most for their first answer. */
  status(): Promise<Record<string, McpStatus>>
  /** Adds a server for as long as this instance lives and connects it; resolves when that worked or failed. */
  add(name: string, config: McpConfig): Promise<Record<string, McpStatus>>
  /** Connects, again if need be. For a server that the project's files define this is the user's approval. Throws McpServerNotFoundError. */
  connect(name: string): Promise<boolean>
  /** Stops a server until somebody connects it. Throws McpServerNotFoundError. */
  disconnect(name: string): Promise<boolean>
  /**
   * Begins a login: the address to open in a browser, empty when no login is needed. The login completes by itself when the
   * browser comes back here, or with `finishAuth`. Throws McpServerNotFoundError, McpOAuthError.
   */
  startAuth(name: string): Promise<{ authorizationUrl: string; oauthState: string }>
  finishAuth(name: string, code: string): Promise<McpStatus>
  /** The whole login: opens the browser on this machine (or says `mcp.browser.open.failed`) and waits up to five minutes. */
  authenticate(name: string): Promise<McpStatus>
  /** Forgets the server's tokens and registration. */
  removeAuth(name: string): Promise<void>
  prompts(): Promise<McpPrompt[]>
  /** A prompt's text with its arguments filled in. `name` as in `prompts()`. Throws NotFoundError. */
  prompt(name: string, args: Record<string, string>, signal?: AbortSignal): Promise<McpContent>
  resources(): Promise<McpResource[]>
  /** Every server with its state and what it offers; servers that are not connected offer nothing. */
  offers(): Promise<McpOffer[]>
  /** Throws McpServerNotFoundError, or Error with what the server said. */
  readResource(client: string, uri: string, signal?: AbortSignal): Promise<McpContent>
}
