import { anyJson, booleanMap, int64, record, stringMap, z } from "./base.ts"
import { PermissionConfig } from "./permission.ts"

/** Configuration (contract: types, Config). Keys that are not named here pass through untouched. */
export const AgentConfig = z
  .looseObject({
    model: z.string().optional(),
    variant: z.string().optional(),
    temperature: z.number().optional(),
    top_p: z.number().optional(),
    prompt: z.string().optional(),
    tools: booleanMap.optional(),
    disable: z.boolean().optional(),
    description: z.string().optional(),
    mode: z.enum(["subagent", "primary", "all"]).optional(),
    displayName: z.string().optional(),
    hidden: z.boolean().optional(),
    options: record.optional(),
    color: z.string().optional(),
    steps: int64.optional(),
    permission: PermissionConfig.optional(),
  })
  .openapi("AgentConfig")

const ProviderModelConfig = z
  .looseObject({
    id: z.string().optional(),
    name: z.string().optional(),
    family: z.string().optional(),
    release_date: z.string().optional(),
    attachment: z.boolean().optional(),
    reasoning: z.boolean().optional(),
    temperature: z.boolean().optional(),
    tool_call: z.boolean().optional(),
    cost: z
      .object({
        input: z.number(),
        output: z.number(),
        cache_read: z.number().optional(),
        cache_write: z.number().optional(),
      })
      .openapi("ProviderModelCostConfig")
      .optional(),
    limit: z
      .object({ context: int64, input: int64.optional(), output: int64 })
      .openapi("ProviderModelLimitConfig")
      .optional(),
    modalities: z
      .object({ input: z.array(z.string()).optional(), output: z.array(z.string()).optional() })
      .openapi("ProviderModelModalitiesConfig")
      .optional(),
    status: z.enum(["alpha", "beta", "deprecated", "active"]).optional(),
    provider: z
      .object({ npm: z.string().optional(), api: z.string().optional() })
      .openapi("ProviderModelApiConfig")
      .optional(),
    options: record.optional(),
    headers: stringMap.optional(),
    variants: z.record(z.string(), record).optional(),
  })
  .openapi("ProviderModelConfig")

export const ProviderConfig = z
  .looseObject({
    api: z.string().optional(),
    name: z.string().optional(),
    env: z.array(z.string()).optional(),
    id: z.string().optional(),
    npm: z.string().optional(),
    whitelist: z.array(z.string()).optional(),
    blacklist: z.array(z.string()).optional(),
    options: z
      .looseObject({ apiKey: z.string().optional(), baseURL: z.string().optional() })
      .openapi("ProviderOptionsConfig")
      .optional(),
    models: z.record(z.string(), ProviderModelConfig).optional(),
  })
  .openapi("ProviderConfig")

const CommandConfig = z
  .object({
    template: z.string().optional(),
    description: z.string().optional(),
    agent: z.string().optional(),
    model: z.string().optional(),
    variant: z.string().optional(),
    subtask: z.boolean().optional(),
  })
  .openapi("CommandConfig")

export const Config = z
  .looseObject({
    $schema: z.string().optional(),
    model: z.string().optional(),
    small_model: z.string().optional(),
    default_agent: z.string().optional(),
    username: z.string().optional(),
    shell: z.string().optional(),
    snapshot: z.boolean().optional(),
    share: z.enum(["manual", "auto", "disabled"]).optional(),
    disabled_providers: z.array(z.string()).optional(),
    enabled_providers: z.array(z.string()).optional(),
    instructions: z.array(z.string()).optional(),
    permission: PermissionConfig.optional(),
    tools: booleanMap.optional(),
    agent: z.record(z.string(), AgentConfig).optional(),
    mode: z.record(z.string(), AgentConfig).optional(),
    provider: z.record(z.string(), ProviderConfig).optional(),
    command: z.record(z.string(), CommandConfig).optional(),
    tool_output: z
      .object({ max_lines: int64.optional(), max_bytes: int64.optional() })
      .openapi("ToolOutputConfig")
      .optional(),
  })
  .openapi("Config")

/** A patch is free JSON: any part of a configuration, with null where a key is to be deleted. */
export const ConfigPatch = record.openapi("ConfigPatch", {
  description: "Any part of a Config; it is merged deeply, and null deletes a key.",
})

export const ConfigWarning = z
  .object({ path: z.string(), message: z.string(), detail: z.string().optional() })
  .openapi("ConfigWarning")

export const OverlayScope = z.enum(["global", "project"]).openapi("ConfigOverlayScope")

const OverlayTarget = z
  .object({
    scope: OverlayScope,
    path: z.string(),
    revision: z.string(),
    exists: z.boolean(),
    writable: z.boolean(),
    raw: record,
  })
  .openapi("ConfigOverlayTarget")

const OverlayField = z
  .object({
    key: z.string(),
    path: z.array(z.string()),
    value: anyJson(z.unknown()).optional(),
    global: anyJson(z.unknown()).optional(),
    local: anyJson(z.unknown()).optional(),
    source: z.enum(["project", "global", "system", "default"]),
    inherited: z.boolean(),
    overridden: z.boolean(),
    editable: z.boolean(),
    reason: z.string().optional(),
  })
  .openapi("ConfigOverlayField")

const OverlaySource = z
  .object({
    order: int64,
    kind: z.string(),
    scope: z.string(),
    label: z.string(),
    source: z.string(),
    path: z.string().optional(),
    exists: z.boolean(),
    editable: z.boolean(),
    reason: z.string().optional(),
  })
  .openapi("ConfigOverlaySource")

export const ConfigOverlay = z
  .object({
    scope: OverlayScope,
    effective: Config,
    global: Config,
    project: Config,
    sources: z.array(OverlaySource),
    targets: z
      .object({ global: OverlayTarget, project: OverlayTarget, active: OverlayTarget })
      .openapi("ConfigOverlayTargets"),
    fields: z.record(z.string(), OverlayField),
    collections: z.record(z.string(), z.array(OverlayField)),
  })
  .openapi("ConfigOverlayResponse")

export const ConfigOverlayPatch = z
  .object({
    scope: OverlayScope,
    set: record.optional(),
    unset: z.array(z.array(z.string().min(1)).min(1)).optional(),
    replace: z
      .array(z.array(z.string().min(1)).min(1))
      .optional()
      .openapi({
        description: "Paths in `set` whose object takes the old one's place instead of being merged into it.",
      }),
    expected: z.object({ path: z.string(), revision: z.string() }).openapi("ConfigOverlayExpected").optional(),
  })
  .openapi("ConfigOverlayPatch")

export const ConfigOverlayConflictError = z
  .object({ code: z.enum(["target-changed", "revision-conflict"]), message: z.string(), target: OverlayTarget })
  .openapi("ConfigOverlayConflictError")
