import type { LanguageModelV4Prompt } from "@ai-sdk/provider"
import { describe, expect, test } from "vitest"
import { applyCaching, costOf } from "./index.ts"
import { modelOf } from "./map.ts"

const provider = { id: "p", name: "P", env: [], npm: "@ai-sdk/anthropic" }
const tokens = (input: number, output = 0, reasoning = 0, read = 0, write = 0) => ({
  input,
  output,
  reasoning,
  cache: { read, write },
})

describe("cost", () => {
  const model = modelOf(provider, "m", { cost: { in: 3, out: 15, cacheRead: 0.3, cacheWrite: 3.75 } })
  test("input, output, reasoning and cache have their own prices", () => {
    expect(costOf(model, tokens(1_000_000))).toBeCloseTo(3)
    expect(costOf(model, tokens(0, 1_000_000, 1_000_000))).toBeCloseTo(30)
    expect(costOf(model, tokens(0, 0, 0, 1_000_000, 1_000_000))).toBeCloseTo(4.05)
    expect(costOf(model, tokens(0))).toBe(0)
  })
  test("without a price for the cache it costs like input", () => {
    expect(costOf(modelOf(provider, "m", { cost: { in: 2, out: 4 } }), tokens(0, 0, 0, 500_000, 500_000))).toBeCloseTo(
      2,
    )
  })
  test("a prompt over 200k pays the higher price, the cached part counts to its length", () => {
    const long = modelOf(provider, "m", { cost: { input: 1, output: 2, context_over_200k: { input: 10, output: 20 } } })
    expect(costOf(long, tokens(200_000))).toBeCloseTo(0.2)
    expect(costOf(long, tokens(200_001))).toBeCloseTo(2.00001)
    expect(costOf(long, tokens(1, 0, 0, 200_000))).toBeCloseTo(2.00001)
  })
  test("of several tiers the highest that is reached counts", () => {
    const tiers = [100, 1000].map((size) => ({ input: size, output: 0, tier: { type: "context", size } }))
    const tiered = modelOf(provider, "m", { cost: { input: 1, output: 0, tiers } })
    expect(costOf(tiered, tokens(100))).toBeCloseTo(0.0001)
    expect(costOf(tiered, tokens(101))).toBeCloseTo(0.0101)
    expect(costOf(tiered, tokens(2000))).toBeCloseTo(2)
  })
})

describe("prompt caching", () => {
  const prompt: LanguageModelV4Prompt = [
    { role: "system", content: "s" },
    { role: "user", content: [{ type: "text", text: "1" }] },
    { role: "assistant", content: [{ type: "text", text: "2" }] },
    { role: "user", content: [{ type: "text", text: "3" }], providerOptions: { anthropic: { keep: true } } },
  ]
  test("the system prompt and the two newest messages are marked for Anthropic, and nothing is changed in place", () => {
    const before = JSON.stringify(prompt)
    const marked = applyCaching(prompt, modelOf(provider, "claude-x", {}))
    const mark = { cacheControl: { type: "ephemeral" } }
    expect(marked.map((message) => message.providerOptions?.anthropic)).toEqual([
      mark,
      undefined,
      mark,
      { keep: true, ...mark },
    ])
    expect(JSON.stringify(prompt)).toBe(before)
  })
  test("other models get the prompt as it is", () => {
    expect(applyCaching(prompt, modelOf({ ...provider, npm: "@ai-sdk/openai" }, "gpt", {}))).toBe(prompt)
  })
})
