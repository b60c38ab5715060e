import { anyJson, int64, queryInt, stringMap, z } from "./base.ts"
import { McpStatus } from "./mcp.ts"
import { PermissionRuleset } from "./permission.ts"

/** What settings and status pages need beside the configuration. Nothing here ever holds a credential. */
export const ServerStatus = z
  .object({
    pid: int64,
    version: z.string(),
    runtime: z.string(),
    platform: z.string(),
    /** Milliseconds since the start. */
    uptime: int64.openapi({ description: "Milliseconds" }),
    memory: int64.openapi({ description: "Bytes in memory" }),
    heap: int64.openapi({ description: "Bytes in use by JavaScript" }),
    data: z.string(),
    config: z.string(),
    log: z.string().openapi({ description: "File of the log" }),
    database: z.string(),
    databaseSize: int64.openapi({ description: "Bytes" }),
    directories: stringMap.openapi({ description: "Folders in use, by what they are for" }),
  })
  .openapi("ServerStatus")

export const ProviderProbeInput = z
  .object({ baseURL: z.string().min(1).max(2000), key: z.string().max(10_000).optional() })
  .openapi("ProviderProbeInput")

export const ProviderProbe = z
  .object({
    ok: z.boolean(),
    models: z.array(
      z.object({ id: z.string(), name: z.string(), context: int64.optional() }).openapi("ProviderProbeModel"),
    ),
    duration: int64.openapi({ description: "Milliseconds" }),
    message: z.string().optional(),
  })
  .openapi("ProviderProbe")

const Tokens = z
  .object({
    input: int64,
    output: int64,
    reasoning: int64,
    cache: z.object({ read: int64, write: int64 }).openapi("UsageCache"),
  })
  .openapi("UsageTokens")
const sum = { steps: int64, cost: z.number(), tokens: Tokens }

export const UsageQuery = z.object({
  days: queryInt.optional().openapi({ description: "How far back; 30 when missing" }),
  scope: z.enum(["directory", "all"]).optional(),
})

export const Usage = z
  .object({
    since: int64,
    totals: z.object(sum).openapi("UsageSum"),
    days: z.array(z.object({ day: z.string(), ...sum }).openapi("UsageDay")),
    models: z.array(z.object({ providerID: z.string(), modelID: z.string(), ...sum }).openapi("UsageModel")),
    sessions: z.array(
      z.object({ sessionID: z.string(), title: z.string(), directory: z.string(), ...sum }).openapi("UsageSession"),
    ),
    complete: z.boolean(),
  })
  .openapi("Usage", { description: "`days` are those of the server's clock; `sessions` has the fifty dearest." })

const named = { name: z.string(), description: z.string().optional() }

export const McpOffer = z
  .object({
    name: z.string(),
    status: McpStatus,
    added: z.boolean(),
    login: z.boolean(),
    tools: z.array(z.object(named).openapi("McpOfferedTool")),
    prompts: z.array(z.object(named).openapi("McpOfferedPrompt")),
    resources: z.array(z.object({ ...named, uri: z.string() }).openapi("McpOfferedResource")),
  })
  .openapi("McpOffer")

export const SavedRules = PermissionRuleset
export const SavedRuleKey = z.object({ permission: z.string().min(1), pattern: z.string() }).openapi("SavedRuleKey")

const scope = z.enum(["global", "project"])

export const AgentFile = z
  .object({
    name: z.string(),
    scope,
    path: z.string(),
    content: z.string(),
    settings: anyJson(z.record(z.string(), z.unknown()))
      .optional()
      .openapi({ description: "What stands before the prompt; missing when it can't be read" }),
  })
  .openapi("AgentFile")

export const TextFileInput = z.object({ scope, content: z.string().max(1_000_000) }).openapi("TextFileInput")
export const SavedFile = z.object({ path: z.string() }).openapi("SavedFile")
