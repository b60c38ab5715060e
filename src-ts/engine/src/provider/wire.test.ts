import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { createAuth } from "../auth/index.ts"
import { resolvePaths } from "../config/index.ts"
import type { Config, ProviderConfig } from "../config/types.ts"
import { createProviders, ProviderTimeoutError } from "./index.ts"

interface Seen {
  path: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

let server: Server
let base: string
let seen: Seen[]
/** What the server does with a request; a test may replace it. */
let respond: (seen: Seen, write: (chunk: string) => void, end: () => void) => void

beforeEach(async () => {
  seen = []
  respond = (request, write, end) => {
    if (request.path.includes("responses"))
      for (const event of responsesEvents) write(`data: ${JSON.stringify(event)}\n\n`)
    else {
      for (const chunk of chatChunks) write(`data: ${JSON.stringify(chunk)}\n\n`)
      write("data: [DONE]\n\n")
    }
    end()
  }
  server = createServer((request, response) => {
    let text = ""
    request.on("data", (chunk) => {
      text += String(chunk)
    })
    request.on("end", () => {
      const entry = { path: request.url ?? "", headers: request.headers, body: text ? JSON.parse(text) : {} }
      seen.push(entry)
      if (entry.path.includes("converse")) {
        response.writeHead(400, { "content-type": "application/json" })
        response.end(JSON.stringify({ message: "no streams here" }))
        return
      }
      respond(
        entry,
        (chunk) => {
          if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" })
          response.write(chunk)
        },
        () => response.end(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const chatChunks = [
  {
    id: "1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: { role: "assistant", content: "Hel" }, finish_reason: null }],
  },
  {
    id: "1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: { content: "lo" }, finish_reason: null }],
  },
  {
    id: "1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
    usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
  },
]
const responsesEvents = [
  {
    type: "response.created",
    response: { id: "r", object: "response", created_at: 1, model: "m", status: "in_progress", output: [] },
  },
  {
    type: "response.output_item.added",
    output_index: 0,
    item: { type: "message", id: "i", role: "assistant", status: "in_progress", content: [] },
  },
  { type: "response.output_text.delta", item_id: "i", output_index: 0, content_index: 0, delta: "Hello", logprobs: [] },
  {
    type: "response.output_item.done",
    output_index: 0,
    item: {
      type: "message",
      id: "i",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hello", annotations: [], logprobs: [] }],
    },
  },
  {
    type: "response.completed",
    response: {
      id: "r",
      object: "response",
      created_at: 1,
      model: "m",
      status: "completed",
      output: [],
      usage: {
        input_tokens: 7,
        output_tokens: 2,
        total_tokens: 9,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    },
  },
]

const CALL: LanguageModelV4CallOptions = {
  prompt: [
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "Hi" }] },
  ],
  tools: [
    {
      type: "function",
      name: "read",
      description: "Reads",
      inputSchema: { type: "object", properties: { filePath: { type: "string" } } },
    },
  ],
}

async function resolve(id: string, modelID: string, own: ProviderConfig, env: Record<string, string> = {}) {
  const config: Config = { provider: { [id]: own }, disabled_providers: ["ollama", "lmstudio"] }
  const all = { HOME: "/nonexistent", ...env }
  const paths = resolvePaths(all)
  const auth = createAuth({ paths, env: all })
  const providers = createProviders({ config: async () => config, auth, paths, env: all, version: "1.2.3" })
  return providers.resolve({ providerID: id, modelID })
}

async function run(
  id: string,
  modelID: string,
  own: ProviderConfig,
  env: Record<string, string> = {},
  variant?: string,
) {
  const resolved = await resolve(id, modelID, own, env)
  const options = resolved.callOptions({ sessionID: "ses_1", ...(variant ? { variant } : {}) })
  const { stream } = await resolved.language.doStream({ ...CALL, ...options })
  const parts: LanguageModelV4StreamPart[] = []
  for await (const part of stream) parts.push(part)
  const text = parts.flatMap((part) => (part.type === "text-delta" ? [part.delta] : [])).join("")
  const [request] = seen
  if (!request) throw new Error("no request came")
  expect(request.headers["user-agent"]).toMatch(/^kilo\/1\.2\.3 /)
  expect(request.headers["x-session-affinity"]).toBe("ses_1")
  return { text, finish: parts.findLast((part) => part.type === "finish"), request }
}

const key = (path = "") => ({ options: { apiKey: "test-key", baseURL: `${base}${path}` } })

describe("requests of the bundled packages", () => {
  test("groq", async () => {
    const { text, finish, request } = await run("groq", "openai/gpt-oss-120b", key("/v1"), {}, "high")
    expect(text).toBe("Hello")
    expect(finish).toMatchObject({ finishReason: { unified: "stop" } })
    expect(request.path).toBe("/v1/chat/completions")
    expect(request.headers.authorization).toBe("Bearer test-key")
    expect(request.body).toMatchObject({
      model: "openai/gpt-oss-120b",
      stream: true,
      reasoning_effort: "high",
      tools: [{ type: "function", function: { name: "read" } }],
    })
  })

  test("mistral", async () => {
    const { text, request } = await run("mistral", "mistral-large-latest", key("/v1"))
    expect(text).toBe("Hello")
    expect(request.path).toBe("/v1/chat/completions")
    expect(request.headers.authorization).toBe("Bearer test-key")
    expect(request.body).toMatchObject({ model: "mistral-large-latest", stream: true, tools: [{ type: "function" }] })
  })

  test("xai, with its Responses API", async () => {
    const { text, request } = await run("xai", "grok-4.6", key("/v1"))
    expect(text).toBe("Hello")
    expect(request.path).toBe("/v1/responses")
    expect(request.headers.authorization).toBe("Bearer test-key")
    expect(request.body).toMatchObject({ model: "grok-4.6", stream: true, tools: [{ type: "function", name: "read" }] })
  })

  test("openrouter", async () => {
    const { text, request } = await run("openrouter", "anthropic/claude-opus-4.5", key("/api/v1"), {}, "low")
    expect(text).toBe("Hello")
    expect(request.path).toBe("/api/v1/chat/completions")
    expect(request.headers.authorization).toBe("Bearer test-key")
    expect(request.body).toMatchObject({
      model: "anthropic/claude-opus-4.5",
      stream: true,
      reasoning: { effort: "low" },
      usage: { include: true },
    })
  })

  test("azure: OpenAI's models by Responses, others by chat, Claude by Messages", async () => {
    const gpt = await run("azure", "gpt-5.4", key("/openai/v1"))
    expect(gpt.text).toBe("Hello")
    expect(gpt.request.path).toMatch(/^\/openai\/v1\/responses/)
    expect(gpt.request.headers["api-key"]).toBe("test-key")
    expect(gpt.request.body).toMatchObject({ model: "gpt-5.4", stream: true, store: false })
    seen = []
    const other = await run("azure", "deepseek-v3.2", key("/openai/v1"))
    expect(other.text).toBe("Hello")
    expect(other.request.path).toMatch(/^\/openai\/v1\/chat\/completions/)
    const claude = await resolve("azure", "claude-sonnet-4-6", {}, { AZURE_RESOURCE_NAME: "res", AZURE_API_KEY: "k" })
    expect(claude.model.api.npm).toBe("@ai-sdk/anthropic")
    expect(claude.language.provider).toContain("anthropic")
  })

  test("amazon-bedrock by bearer token and by signature", async () => {
    const model = "us.anthropic.claude-opus-4-6-v1"
    const path = `/model/${encodeURIComponent(model)}/converse-stream`
    const own = { options: { baseURL: base } }
    await expect(run("amazon-bedrock", model, own, { AWS_BEARER_TOKEN_BEDROCK: "token" })).rejects.toThrow(
      "no streams here",
    )
    expect(seen[0]?.path).toBe(path)
    expect(seen[0]?.headers.authorization).toBe("Bearer token")
    expect(seen[0]?.body).toMatchObject({
      messages: [{ role: "user" }],
      toolConfig: {},
      system: [{ text: "Be brief." }],
    })
    seen = []
    const keys = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "s", AWS_REGION: "eu-west-1" }
    await expect(run("amazon-bedrock", model, own, keys)).rejects.toThrow("no streams here")
    expect(seen[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/eu-west-1\/bedrock\//)
  })

  test("any other provider as OpenAI-compatible, with the configuration's headers and options", async () => {
    const own: ProviderConfig = {
      options: { apiKey: "test-key", baseURL: `${base}/v1/`, headers: { "x-team": "blue" } },
      models: {
        m: { options: { top_logprobs: 1 }, headers: { "x-model": "m" }, limit: { context: 1000, output: 100 } },
      },
    }
    const { text, finish, request } = await run("my-own.provider", "m", own)
    expect(text).toBe("Hello")
    expect(finish).toMatchObject({ usage: { inputTokens: { total: 7 }, outputTokens: { total: 2 } } })
    expect(request.path).toBe("/v1/chat/completions")
    expect(request.headers).toMatchObject({ authorization: "Bearer test-key", "x-team": "blue", "x-model": "m" })
    expect(request.body).toMatchObject({
      model: "m",
      max_tokens: 100,
      top_logprobs: 1,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test("a server without a key gets no authorization header", async () => {
    const { request } = await run("mine", "m", { options: { baseURL: `${base}/v1` }, models: { m: {} } })
    expect(request.headers.authorization).toBeUndefined()
  })
})

describe("silent providers", () => {
  const own = (options: Record<string, unknown>): ProviderConfig => ({
    name: "Mine",
    options: { apiKey: "k", baseURL: `${base}/v1`, ...options },
    models: { m: {} },
  })

  test("one that never answers is given up with an error that names it", async () => {
    respond = () => undefined
    const error = await run("mine", "m", own({ headerTimeout: 50 })).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ProviderTimeoutError)
    expect(String(error)).toContain("Mine did not answer within 0.1 s")
  })

  test("one that stops in the middle fails the stream, after what it said", async () => {
    respond = (_, write) => {
      for (const chunk of chatChunks.slice(0, 2)) write(`data: ${JSON.stringify(chunk)}\n\n`)
    }
    const { language } = await resolve("mine", "m", own({ chunkTimeout: 50 }))
    const { stream } = await language.doStream(CALL)
    let text = ""
    const read = async () => {
      for await (const part of stream) {
        if (part.type === "text-delta") text += part.delta
        if (part.type === "error") throw part.error
      }
    }
    await expect(read()).rejects.toThrow("Mine sent nothing for 0.1 s")
    expect(text).toBe("Hello")
  })

  test("one that stops before the first word is named too", async () => {
    respond = (_, write) => write(": wait\n\n")
    const { language } = await resolve("mine", "m", own({ chunkTimeout: 50 }))
    const read = async () => {
      for await (const part of (await language.doStream(CALL)).stream) if (part.type === "error") throw part.error
    }
    await expect(read()).rejects.toThrow("Mine sent nothing for 0.1 s")
  })

  test("an abort ends the request at once", async () => {
    const control = new AbortController()
    const gone = Promise.withResolvers<void>()
    server.on("request", (_, response) => response.on("close", gone.resolve))
    respond = () => control.abort()
    const { language } = await resolve("mine", "m", own({}))
    await expect(language.doStream({ ...CALL, abortSignal: control.signal })).rejects.toThrow(/abort/i)
    await gone.promise
  })
})
