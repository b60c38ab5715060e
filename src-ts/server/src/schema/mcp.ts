import { anyJson, int64, stringMap, z } from "./base.ts"

/** MCP servers (contract: types, MCPStatus and Mcp*Config). */
export const McpStatus = z
  .discriminatedUnion("status", [
    z.object({ status: z.literal("connected") }).openapi("MCPStatusConnected"),
    z.object({ status: z.literal("disabled") }).openapi("MCPStatusDisabled"),
    z.object({ status: z.literal("failed"), error: z.string() }).openapi("MCPStatusFailed"),
    z.object({ status: z.literal("needs_auth") }).openapi("MCPStatusNeedsAuth"),
    z
      .object({ status: z.literal("needs_client_registration"), error: z.string() })
      .openapi("MCPStatusNeedsClientRegistration"),
  ])
  .openapi("MCPStatus")

export const McpStatuses = z.record(z.string(), McpStatus)

export const McpOAuthConfig = z
  .object({
    clientId: z.string().optional(),
    clientSecret: z.string().optional(),
    scope: z.string().optional(),
    callbackPort: int64.optional(),
    redirectUri: z.string().optional(),
  })
  .openapi("McpOAuthConfig")

const McpLocalConfig = z
  .object({
    type: z.literal("local"),
    command: z.array(z.string()),
    environment: stringMap.optional(),
    env: stringMap.optional(),
    enabled: z.boolean().optional(),
    timeout: int64.optional().openapi({ description: "Milliseconds" }),
  })
  .openapi("McpLocalConfig")

const McpRemoteConfig = z
  .object({
    type: z.literal("remote"),
    url: z.string(),
    enabled: z.boolean().optional(),
    headers: stringMap.optional(),
    oauth: anyJson(z.union([McpOAuthConfig, z.literal(false)]))
      .optional()
      .openapi({ description: "McpOAuthConfig, or false when the server needs no login" }),
    timeout: int64.optional().openapi({ description: "Milliseconds" }),
  })
  .openapi("McpRemoteConfig")

export const McpAddInput = z
  .object({
    name: z.string().min(1),
    config: z.discriminatedUnion("type", [McpLocalConfig, McpRemoteConfig]).openapi("McpServerConfig"),
  })
  .openapi("McpAddInput")

export const McpAuthStart = z
  .object({ authorizationUrl: z.string(), oauthState: z.string() })
  .openapi("McpAuthStart", { description: "An empty address: no login is needed." })

export const McpAuthCode = z.object({ code: z.string().min(1) }).openapi("McpAuthCode")

export const McpAuthRemoved = z.object({ success: z.boolean() }).openapi("McpAuthRemoved")
