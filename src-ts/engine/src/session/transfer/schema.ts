import { z } from "zod"

/**
 * The file that `export` writes and `import` reads. Written by hand rather than derived from the wire schemas: a file
 * may come from anybody, so everything is bounded and what is not named here is dropped.
 */
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9A-Za-z_-]{1,120}$`))
const time = z.number().int().min(0).max(8_640_000_000_000_000)
const count = z.number().min(0).max(1e15)
const short = z.string().max(10_000)
const record = z.record(z.string(), z.unknown())

const tokens = z.object({
  total: count.optional(),
  input: count,
  output: count,
  reasoning: count,
  cache: z.object({ read: count, write: count }),
})
const modelRef = z.object({ providerID: short, modelID: short, variant: short.optional() })
const diff = z.object({
  file: short.optional(),
  patch: z.string().optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  additions: count,
  deletions: count,
  status: z.enum(["added", "deleted", "modified"]).optional(),
})

const error = z.object({ name: short, data: record })

const message = z.discriminatedUnion("role", [
  z.object({
    id: id("msg"),
    role: z.literal("user"),
    time: z.object({ created: time }),
    summary: z
      .object({ title: short.optional(), body: z.string().optional(), diffs: z.array(diff).max(10_000) })
      .optional(),
    agent: short,
    model: modelRef,
    system: z.string().optional(),
    tools: z.record(z.string(), z.boolean()).optional(),
  }),
  z.object({
    id: id("msg"),
    role: z.literal("assistant"),
    time: z.object({ created: time, completed: time.optional() }),
    error: error.optional(),
    parentID: id("msg"),
    modelID: short,
    providerID: short,
    mode: short,
    agent: short,
    path: z.object({ cwd: short, root: short }),
    summary: z.boolean().optional(),
    cost: z.number(),
    tokens,
    structured: z.unknown().optional(),
    variant: short.optional(),
    finish: short.optional(),
  }),
])

const base = { id: id("prt") }
const span = z.object({ start: time, end: time.optional() })
const whole = z.object({ start: time, end: time, compacted: time.optional() })
const sourceText = z.object({ value: z.string(), start: z.number(), end: z.number() })
const file = {
  ...base,
  type: z.literal("file"),
  mime: short,
  filename: short.optional(),
  url: z.string(),
  source: z
    .discriminatedUnion("type", [
      z.object({ type: z.literal("file"), text: sourceText, path: short }),
      z.object({ type: z.literal("resource"), text: sourceText, clientName: short, uri: short }),
    ])
    .optional()
    .catch(undefined),
}
const toolState = z.discriminatedUnion("status", [
  z.object({ status: z.literal("pending"), input: record, raw: z.string() }),
  z.object({
    status: z.literal("running"),
    input: record,
    title: short.optional(),
    metadata: record.optional(),
    time: z.object({ start: time }),
  }),
  z.object({
    status: z.literal("completed"),
    input: record,
    output: z.string(),
    title: z.string(),
    metadata: record,
    time: whole,
    attachments: z.array(z.object(file)).max(1000).optional(),
  }),
  z.object({ status: z.literal("error"), input: record, error: z.string(), metadata: record.optional(), time: whole }),
])

const part = z.discriminatedUnion("type", [
  z.object({
    ...base,
    type: z.literal("text"),
    text: z.string(),
    synthetic: z.boolean().optional(),
    ignored: z.boolean().optional(),
    time: span.optional(),
    metadata: record.optional(),
  }),
  z.object({ ...base, type: z.literal("reasoning"), text: z.string(), metadata: record.optional(), time: span }),
  z.object(file),
  z.object({
    ...base,
    type: z.literal("tool"),
    callID: short,
    tool: short,
    state: toolState,
    metadata: record.optional(),
  }),
  z.object({ ...base, type: z.literal("step-start"), snapshot: short.optional() }),
  z.object({
    ...base,
    type: z.literal("step-finish"),
    reason: short,
    snapshot: short.optional(),
    metrics: z
      .object({ prompt: count.optional(), generation: count.optional(), source: z.enum(["provider", "computed"]) })
      .optional(),
    time: z.object({ start: time, end: time, elapsed: count }).optional(),
    cost: z.number(),
    tokens,
  }),
  z.object({ ...base, type: z.literal("snapshot"), snapshot: short }),
  z.object({ ...base, type: z.literal("patch"), hash: short, files: z.array(short).max(100_000) }),
  z.object({
    ...base,
    type: z.literal("agent"),
    name: short,
    source: z.object({ value: z.string(), start: z.number(), end: z.number() }).optional(),
  }),
  z.object({
    ...base,
    type: z.literal("retry"),
    attempt: count,
    error,
    time: z.object({ created: time }),
  }),
  z.object({
    ...base,
    type: z.literal("compaction"),
    auto: z.boolean(),
    overflow: z.boolean().optional(),
    tail_start_id: id("msg").optional(),
  }),
  z.object({
    ...base,
    type: z.literal("subtask"),
    prompt: z.string(),
    description: z.string(),
    agent: short,
    model: z.object({ providerID: short, modelID: short }).optional(),
    variant: short.optional(),
    command: z.string().optional(),
  }),
])

const session = z.object({
  info: z.object({
    id: id("ses"),
    parentID: id("ses").optional(),
    title: short,
    agent: short.optional(),
    model: z.object({ id: short, providerID: short, variant: short.optional() }).optional(),
    cost: z.number().optional(),
    tokens: tokens.optional(),
    metadata: record.optional(),
    time: z.object({ created: time, updated: time }),
  }),
  messages: z.array(z.object({ info: message, parts: z.array(part).max(100_000) })).max(200_000),
  todos: z
    .array(z.object({ content: short, status: short, priority: short }))
    .max(10_000)
    .optional(),
})

export const EXPORT_FORMAT = "kilo.session"
export const EXPORT_VERSION = 1

/** A file of ours, or the bare session and messages that other programs of the field write. */
export const sessionFile = session.extend({
  format: z.literal(EXPORT_FORMAT).optional(),
  version: z.number().optional(),
  children: z.array(session).max(10_000).optional(),
})
export type SessionFile = z.infer<typeof sessionFile>
export type SessionRecord = z.infer<typeof session>

export { message as messageSchema, part as partSchema, session as sessionSchema }
