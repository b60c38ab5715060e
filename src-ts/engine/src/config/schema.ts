import { z } from "zod"

/**
 * What the keys of a configuration file must look like. Objects are loose: keys that nobody here knows pass through untouched.
 * Only keys that the engine or a client reads are checked.
 */
const action = z.enum(["allow", "deny", "ask"])
export const permissionSchema = z.union([action, z.record(z.string(), z.union([action, z.record(z.string(), action)]))])

const strings = z.array(z.string())
const bag = z.record(z.string(), z.unknown())
const flags = z.record(z.string(), z.boolean())
const status = z.enum(["alpha", "beta", "deprecated", "active"])
const cost = z.looseObject({
  input: z.number(),
  output: z.number(),
  cache_read: z.number().optional(),
  cache_write: z.number().optional(),
})
const positive = z.number().int().positive()
const timeout = z.union([z.number().int().nonnegative(), z.literal(false)])

const agent = z.looseObject({
  model: z.string().optional(),
  variant: z.string().optional(),
  temperature: z.number().optional(),
  top_p: z.number().optional(),
  prompt: z.string().optional(),
  tools: flags.optional(),
  disable: z.boolean().optional(),
  description: z.string().optional(),
  mode: z.enum(["subagent", "primary", "all"]).optional(),
  displayName: z.string().optional(),
  hidden: z.boolean().optional(),
  options: bag.optional(),
  color: z.string().optional(),
  steps: positive.optional(),
  maxSteps: positive.optional(),
  permission: permissionSchema.optional(),
})

const model = z.looseObject({
  id: z.string().optional(),
  name: z.string().optional(),
  family: z.string().optional(),
  release_date: z.string().optional(),
  attachment: z.boolean().optional(),
  reasoning: z.boolean().optional(),
  temperature: z.boolean().optional(),
  tool_call: z.boolean().optional(),
  interleaved: z.union([z.boolean(), z.string(), z.looseObject({ field: z.string() })]).optional(),
  cost: cost.extend({ context_over_200k: cost.optional() }).optional(),
  limit: z.looseObject({ context: z.number(), input: z.number().optional(), output: z.number() }).optional(),
  modalities: z.looseObject({ input: strings.optional(), output: strings.optional() }).optional(),
  status: status.optional(),
  provider: z.looseObject({ npm: z.string().optional(), api: z.string().optional() }).optional(),
  options: bag.optional(),
  headers: z.record(z.string(), z.string()).optional(),
  variants: z.record(z.string(), bag).optional(),
})

const provider = z.looseObject({
  api: z.string().optional(),
  name: z.string().optional(),
  env: strings.optional(),
  id: z.string().optional(),
  npm: z.string().optional(),
  whitelist: strings.optional(),
  blacklist: strings.optional(),
  options: z
    .looseObject({
      apiKey: z.string().optional(),
      baseURL: z.string().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      timeout: timeout.optional(),
      headerTimeout: timeout.optional(),
      chunkTimeout: z.number().int().nonnegative().optional(),
    })
    .optional(),
  models: z.record(z.string(), model).optional(),
})

const command = z.looseObject({
  template: z.string().optional(),
  description: z.string().optional(),
  agent: z.string().optional(),
  model: z.string().optional(),
  variant: z.string().optional(),
  subtask: z.boolean().optional(),
})

const stringMap = z.record(z.string(), z.string())

const mcpServer = z.looseObject({
  type: z.enum(["local", "remote"]).optional(),
  command: strings.optional(),
  environment: stringMap.optional(),
  env: stringMap.optional(),
  url: z.string().optional(),
  headers: stringMap.optional(),
  oauth: z
    .union([
      z.literal(false),
      z.looseObject({
        clientId: z.string().optional(),
        clientSecret: z.string().optional(),
        scope: z.string().optional(),
        callbackPort: z.number().int().min(1).max(65_535).optional(),
        redirectUri: z.string().optional(),
      }),
    ])
    .optional(),
  enabled: z.boolean().optional(),
  timeout: positive.optional(),
})

const count = z.number().int().nonnegative()
const folding = z.enum(["expanded", "collapsed"])

const formatter = z.looseObject({
  disabled: z.boolean().optional(),
  command: strings.optional(),
  environment: z.record(z.string(), z.string()).optional(),
  extensions: strings.optional(),
})

const languageServer = z.looseObject({
  disabled: z.boolean().optional(),
  command: strings.optional(),
  extensions: strings.optional(),
  env: z.record(z.string(), z.string()).optional(),
  initialization: bag.optional(),
})

/** One schema for each top-level key (contract: types, Config). */
export const keySchemas: Record<string, z.ZodType> = {
  $schema: z.string(),
  shell: z.string(),
  model: z.string(),
  small_model: z.string(),
  subagent_model: z.string(),
  default_agent: z.string(),
  username: z.string(),
  snapshot: z.boolean(),
  share: z.enum(["manual", "auto", "disabled"]),
  autoshare: z.boolean(),
  autoupdate: z.union([z.boolean(), z.literal("notify")]),
  logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]),
  disabled_providers: strings,
  enabled_providers: strings,
  instructions: strings,
  plugin: z.array(z.union([z.string(), z.tuple([z.string(), bag])])),
  permission: permissionSchema,
  tools: flags,
  agent: z.record(z.string(), agent),
  mode: z.record(z.string(), agent),
  provider: z.record(z.string(), provider),
  command: z.record(z.string(), command),
  skills: z.looseObject({ paths: strings.optional(), urls: strings.optional() }),
  mcp: z.record(z.string(), mcpServer),
  formatter: z.union([z.boolean(), z.record(z.string(), formatter)]),
  lsp: z.union([z.boolean(), z.record(z.string(), languageServer)]),
  server: z.looseObject({
    port: z.number().int().min(0).max(65_535).optional(),
    hostname: z.string().optional(),
    mdns: z.boolean().optional(),
    mdnsDomain: z.string().optional(),
    cors: strings.optional(),
  }),
  watcher: z.looseObject({ ignore: strings.optional(), enabled: z.boolean().optional() }),
  tool_output: z.looseObject({ max_lines: positive.optional(), max_bytes: positive.optional() }),
  compaction: z.looseObject({
    auto: z.boolean().optional(),
    prune: z.boolean().optional(),
    threshold_percent: z.number().gt(0).max(100).optional(),
    tail_turns: count.optional(),
    preserve_recent_tokens: count.optional(),
    reserved: count.optional(),
  }),
  retention: z.looseObject({ enabled: z.boolean().optional(), maxAgeDays: positive.optional() }),
  references: z.record(z.string(), z.union([z.string(), bag])),
  reference: z.record(z.string(), z.union([z.string(), bag])),
  attachment: z.looseObject({
    image: z
      .looseObject({
        auto_resize: z.boolean().optional(),
        max_width: positive.optional(),
        max_height: positive.optional(),
        max_base64_bytes: positive.optional(),
      })
      .optional(),
  }),
  indexing: z.looseObject({ enabled: z.boolean().optional() }),
  sandbox: z.looseObject({
    enabled: z.boolean().optional(),
    network: z.enum(["allow", "deny"]).optional(),
    writable_paths: strings.optional(),
    allowed_hosts: strings.optional(),
  }),
  enterprise: z.looseObject({ url: z.string().optional() }),
  commit_message: z.looseObject({ prompt: z.string().optional() }),
  subagent_variant: z.string(),
  subagent_variant_overrides: z.record(z.string(), z.string()),
  subagent_depth: count,
  web_search: z.boolean(),
  privacy_mode: z.boolean(),
  remote_control: z.boolean(),
  hide_prompt_training_models: z.boolean(),
  shared_agent_board: z.boolean(),
  auto_collapse_reasoning: z.boolean(),
  reasoning_display: z.enum(["expanded", "preview", "headline"]),
  terminal_command_display: folding,
  code_edit_display: folding,
  mcp_tool_display: folding,
  console: bag,
  layout: z.enum(["auto", "stretch"]),
  experimental: bag,
}

/**
 * The JSON Schema of a configuration file, for editors (`kilo config schema`). Written from the schemas above, so that an editor
 * complains about what the server would warn about, and about nothing else.
 */
export function configJsonSchema(): Record<string, unknown> {
  const keys = Object.entries(keySchemas).map(([key, schema]): [string, z.ZodType] => [key, schema.optional()])
  return {
    title: "Kilo configuration",
    description: "kilo.json, kilo.jsonc: comments and trailing commas are fine.",
    ...z.toJSONSchema(z.looseObject(Object.fromEntries(keys)), { target: "draft-2020-12" }),
  }
}
