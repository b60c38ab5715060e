import { createAnthropic } from "@ai-sdk/anthropic"
import { createGoogle } from "@ai-sdk/google"
import { createOpenAI } from "@ai-sdk/openai"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { describe, expect, test } from "vitest"
import { type FakeModel, startFakeModel, type Turn } from "./index.ts"

const WIRES: [string, (fake: FakeModel) => LanguageModelV4][] = [
  [
    "OpenAI chat",
    (fake) =>
      createOpenAICompatible({ name: "fake", baseURL: `${fake.url}/v1`, apiKey: "k", includeUsage: true })("m1"),
  ],
  ["OpenAI Responses", (fake) => createOpenAI({ baseURL: `${fake.url}/v1`, apiKey: "k" }).responses("m1")],
  ["Anthropic Messages", (fake) => createAnthropic({ baseURL: `${fake.url}/v1`, apiKey: "k" })("m1")],
  ["Gemini", (fake) => createGoogle({ baseURL: `${fake.url}/v1beta`, apiKey: "k" })("m1")],
]

const TOOLS: LanguageModelV4CallOptions["tools"] = [
  { type: "function", name: "read", inputSchema: { type: "object", properties: { filePath: { type: "string" } } } },
]

function options(text: string, extra: Partial<LanguageModelV4CallOptions> = {}): LanguageModelV4CallOptions {
  return { prompt: [{ role: "user", content: [{ type: "text", text }] }], tools: TOOLS, ...extra }
}

async function run(model: LanguageModelV4, text: string, extra: Partial<LanguageModelV4CallOptions> = {}) {
  const { stream } = await model.doStream(options(text, extra))
  const parts: LanguageModelV4StreamPart[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

const pick = <T extends LanguageModelV4StreamPart["type"]>(parts: LanguageModelV4StreamPart[], type: T) =>
  parts.filter((part): part is Extract<LanguageModelV4StreamPart, { type: T }> => part.type === type)

describe.each(WIRES)("the %s wire", (name, make) => {
  test("streams text, reasoning, parallel tool calls, usage with cache and the finish reason", async () => {
    await using fake = await startFakeModel()
    const turn: Turn = [
      { reasoning: "Let me look." },
      { text: "I will read two files." },
      { tool: "read", args: { filePath: "a.txt" }, id: "call_a" },
      { tool: "read", args: { filePath: "b.txt" }, id: "call_b" },
    ]
    fake.reply(turn)
    const parts = await run(make(fake), "go")
    const text = (type: "text-delta" | "reasoning-delta") =>
      pick(parts, type)
        .map((part) => part.delta)
        .join("")
    expect(text("text-delta")).toBe("I will read two files.")
    expect(text("reasoning-delta")).toBe("Let me look.")
    expect(pick(parts, "tool-call").map((part) => [part.toolName, JSON.parse(part.input)])).toEqual([
      ["read", { filePath: "a.txt" }],
      ["read", { filePath: "b.txt" }],
    ])
    expect(pick(parts, "error")).toEqual([])
    const [finish] = pick(parts, "finish")
    expect(finish?.finishReason.unified).toBe("tool-calls")
    expect(finish?.usage.inputTokens).toMatchObject({ total: 100, cacheRead: 30 })
    expect(finish?.usage.outputTokens.total).toBe(20)
    if (name !== "Anthropic Messages") expect(finish?.usage.outputTokens.reasoning).toBe(5)
  })

  test("answers without streaming", async () => {
    await using fake = await startFakeModel()
    fake.reply([{ reasoning: "Hm." }, { text: "Hello there" }, { tool: "read", args: { filePath: "a.txt" } }])
    const result = await make(fake).doGenerate(options("go"))
    expect(result.content.find((part) => part.type === "text")).toMatchObject({ text: "Hello there" })
    expect(result.content.find((part) => part.type === "reasoning")).toMatchObject({ text: "Hm." })
    const call = result.content.find((part) => part.type === "tool-call")
    expect(call && "input" in call ? JSON.parse(String(call.input)) : undefined).toEqual({ filePath: "a.txt" })
    expect(result.finishReason.unified).toBe("tool-calls")
    expect(result.usage.inputTokens).toMatchObject({ total: 100, cacheRead: 30 })
  })

  test.each([
    ["length", "length"],
    ["content-filter", "content-filter"],
    ["stop", "stop"],
  ] as const)("reports the finish reason %s", async (finish, unified) => {
    await using fake = await startFakeModel()
    fake.reply([{ text: "Some" }, { finish }])
    const parts = await run(make(fake), "go")
    expect(pick(parts, "finish")[0]?.finishReason.unified).toBe(unified)
  })

  test.each([
    [401, "Invalid API key", undefined],
    [429, "Rate limit reached", "3"],
    [500, "Internal error", undefined],
    [503, "Overloaded", undefined],
  ] as const)("fails with status %s before the stream", async (status, message, after) => {
    await using fake = await startFakeModel()
    const error = await run(make(fake), `[[status:${status}${after ? ` after=${after}` : ""}]]`).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({ statusCode: status, message })
    if (after) expect(error).toMatchObject({ responseHeaders: { "retry-after": after } })
  })

  test("names a context that is too long", async () => {
    await using fake = await startFakeModel()
    const failure = { status: 400, code: "context_length_exceeded", message: "The prompt is too long" }
    fake.reply([{ error: failure }])
    const error = await run(make(fake), "go").catch((e: unknown) => e)
    expect(error).toMatchObject({ statusCode: 400, message: "The prompt is too long" })
  })

  test("fails in mid-stream after the text so far", async () => {
    await using fake = await startFakeModel()
    const parts = await run(make(fake), "[[text:Half an answer]][[error:The machine broke]]").catch((e: unknown) => e)
    const seen = Array.isArray(parts) ? JSON.stringify(parts, errors) : String(parts)
    expect(seen).toContain("Half ")
    expect(seen).toMatch(/"type":"error"|The machine broke/)
  })

  test("counts the rounds of tool results and reads them back", async () => {
    await using fake = await startFakeModel()
    const prompt = '[[tool:read {"filePath":"a.txt"}]][[then]][[text:Read it]]'
    const model = make(fake)
    const [call] = pick(await run(model, prompt), "tool-call")
    const parts = await run(model, prompt, {
      prompt: [
        { role: "system", content: "Be brief." },
        { role: "user", content: [{ type: "text", text: prompt }] },
        {
          role: "assistant",
          content: [
            { type: "tool-call", toolCallId: call?.toolCallId ?? "", toolName: "read", input: { filePath: "a.txt" } },
          ],
        },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: call?.toolCallId ?? "",
              toolName: "read",
              output: { type: "text", value: "the content" },
            },
          ],
        },
      ],
    })
    expect(
      pick(parts, "text-delta")
        .map((part) => part.delta)
        .join(""),
    ).toBe("Read it")
    expect(fake.requests[1]).toMatchObject({
      model: "m1",
      round: 1,
      tools: ["read"],
      results: ["the content"],
      system: "Be brief.",
      stream: true,
    })
  })

  test("notices that the client has gone while it hangs", async () => {
    await using fake = await startFakeModel()
    const abort = new AbortController()
    const running = run(make(fake), "[[text:Some words]][[hang]]", { abortSignal: abort.signal }).catch(() => "stopped")
    const request = await fake.waitForRequest()
    abort.abort()
    await running
    expect(await request.closed).toBe("aborted")
  })
})

function errors(_: string, value: unknown) {
  return value instanceof Error ? value.message : value
}
