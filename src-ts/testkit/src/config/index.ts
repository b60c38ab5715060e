const MODEL = {
  tool_call: true,
  attachment: true,
  temperature: true,
  cost: { input: 1, output: 2, cache_read: 0.1, cache_write: 1.25 },
  limit: { context: 200_000, output: 8000 },
}

const MODELS = {
  m1: { ...MODEL, name: "Model One", reasoning: true },
  m2: { ...MODEL, name: "Model Two", reasoning: false },
}

export interface FakeProvider {
  name: string
  npm: string
  options: Record<string, unknown>
  models: Record<string, Record<string, unknown>>
}

export interface FakeConfig extends Record<string, unknown> {
  model: string
  provider: Record<string, FakeProvider>
}

/** Provider ids of `fakeConfig`, one for each wire that the fake model speaks. */
export const FAKE_PROVIDERS = ["fake", "fake-responses", "fake-anthropic", "fake-google"] as const

/**
 * A configuration whose providers all lead to the fake model at `url`: `fake` (OpenAI-compatible, the default),
 * `fake-responses`, `fake-anthropic`, `fake-google`, each with the models m1 (reasoning) and m2 (small).
 * `extra` is merged over the top level.
 */
export function fakeConfig(url: string, extra: Record<string, unknown> = {}): FakeConfig {
  const provider = (name: string, npm: string, path: string) => ({
    name,
    npm,
    options: { baseURL: `${url}${path}`, apiKey: "k" },
    models: MODELS,
  })
  return {
    model: "fake/m1",
    small_model: "fake/m2",
    provider: {
      fake: provider("Fake", "@ai-sdk/openai-compatible", "/v1"),
      "fake-responses": provider("Fake Responses", "@ai-sdk/openai", "/v1"),
      "fake-anthropic": provider("Fake Anthropic", "@ai-sdk/anthropic", "/v1"),
      "fake-google": provider("Fake Google", "@ai-sdk/google", "/v1beta"),
    },
    ...extra,
  }
}
