import { anyJson, idOf, int64, record, z } from "./base.ts"
import { FilePartInput, ModelKey, PromptInput } from "./message.ts"
import { PermissionConfig, PermissionRuleset } from "./permission.ts"

/** Agents, commands and skills (contract: types, sections of these names). */
export const Agent = z
  .object({
    name: z.string(),
    displayName: z.string().optional(),
    source: z.string().optional(),
    description: z.string().optional(),
    mode: z.enum(["subagent", "primary", "all"]),
    deprecated: z.boolean().optional(),
    native: z.boolean().optional(),
    hidden: z.boolean().optional(),
    topP: z.number().optional(),
    temperature: z.number().optional(),
    color: z.string().optional(),
    permission: PermissionRuleset,
    model: ModelKey.optional(),
    variant: z.string().optional(),
    prompt: z.string().optional(),
    options: record,
    steps: int64.optional(),
  })
  .openapi("Agent")

export const Command = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    agent: z.string().optional(),
    model: z.string().optional(),
    variant: z.string().optional(),
    source: z.enum(["command", "mcp", "skill"]).optional(),
    trusted: z.boolean().optional(),
    template: z.string(),
    subtask: z.boolean().optional(),
    hints: z.array(z.string()),
  })
  .openapi("Command")

export const Skill = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    location: z.string(),
    content: z.string(),
    trusted: z.boolean().optional(),
  })
  .openapi("Skill")

export const CommandFile = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    agent: z.string().optional(),
    model: z.string().optional(),
    variant: z.string().optional(),
    source: z.string().optional(),
    builtin: z.boolean(),
    location: z.string(),
    editable: z.boolean(),
    content: z.string().optional(),
    subtask: z.boolean().optional(),
    hints: z.array(z.string()),
  })
  .openapi("CommandFile")

const Scope = z.enum(["global", "project"]).openapi("AgentScope")

export const AgentBuilderInput = z
  .object({
    id: z.string().optional(),
    scope: Scope.optional(),
    description: z.string().optional(),
    mode: z.enum(["primary", "subagent", "all"]).optional(),
    model: z.string().optional(),
    color: z.string().optional(),
    steps: anyJson(z.union([z.number(), z.enum(["Infinity", "-Infinity", "NaN"])])).optional(),
    temperature: z.number().optional(),
    tools: z.array(z.string()).optional(),
    permission: PermissionConfig.optional(),
    prompt: z.string(),
  })
  .openapi("AgentBuilderInput")

export const SavedAgent = z
  .object({ id: z.string(), scope: Scope, path: z.string(), markdown: z.string() })
  .openapi("SavedAgent")

export const AgentRemoveInput = z.object({ name: z.string(), scope: Scope.optional() }).openapi("AgentRemoveInput")

export const LocationInput = z.object({ location: z.string() }).openapi("LocationInput")

export const CommandInput = z
  .object({
    messageID: idOf("msg").optional(),
    agent: z.string().optional(),
    model: z.string().optional().openapi({ description: "provider/model" }),
    variant: z.string().optional(),
    command: z.string(),
    arguments: z.string(),
    snapshotInitialization: z.literal("wait").optional(),
    parts: z.array(FilePartInput).optional(),
  })
  .openapi("CommandInput")

export const OutboxInput = z
  .object({
    prompt: PromptInput,
    command: z
      .string()
      .optional()
      .openapi({ description: "Name of a slash command to run instead of sending the text" }),
    arguments: z.string().optional(),
  })
  .openapi("OutboxInput")

export const OutboxEntry = z
  .object({
    id: z.string(),
    sessionID: z.string(),
    time: z.object({ created: int64 }).openapi("OutboxTime"),
    prompt: PromptInput,
    command: z.string().optional(),
    arguments: z.string().optional(),
  })
  .openapi("OutboxEntry")

export const OutboxOrder = z.object({ ids: z.array(idOf("out")) }).openapi("OutboxOrder")

export const ShellInput = z
  .object({
    messageID: idOf("msg").optional(),
    agent: z.string(),
    model: ModelKey.optional(),
    command: z.string().min(1),
  })
  .openapi("ShellInput")

export const SessionInitInput = z
  .object({ messageID: idOf("msg"), providerID: z.string(), modelID: z.string() })
  .openapi("SessionInitInput")
