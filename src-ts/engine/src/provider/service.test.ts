import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { createAuth } from "../auth/index.ts"
import { resolvePaths } from "../config/index.ts"
import type { Config } from "../config/types.ts"
import { PromptError } from "../error.ts"
import { ollamaBase } from "./discover.ts"
import { createProviders } from "./index.ts"

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "kilo-provider-"))
})
afterEach(() => rm(home, { recursive: true, force: true }))

/** Local model servers of the machine that runs the tests must not show up. */
const ALONE: Config = { disabled_providers: ["ollama", "lmstudio"] }

function make(config: Config = {}, extra: Record<string, string> = {}) {
  const env = { HOME: home, ...extra }
  const paths = resolvePaths(env)
  const auth = createAuth({ paths, env })
  const merged: Config = { ...ALONE, ...config }
  return { auth, providers: createProviders({ config: async () => merged, auth, paths, env, version: "1.2.3" }) }
}

const FAKE: Config = {
  provider: {
    fake: {
      npm: "@ai-sdk/openai-compatible",
      options: { baseURL: "http://127.0.0.1:9/v1", apiKey: "secret-key" },
      models: {
        m1: {
          name: "Model One",
          reasoning: true,
          attachment: true,
          cost: { input: 1, output: 2, cache_read: 0.1, cache_write: 1.25 },
          limit: { context: 200000, output: 8000 },
        },
      },
    },
  },
}

describe("catalogue", () => {
  test("every provider and model has the wire's shape", async () => {
    const list = await make().providers.list()
    expect(list.all.length).toBeGreaterThan(200)
    expect(list.failed).toEqual([])
    let models = 0
    for (const provider of list.all) {
      for (const [id, model] of Object.entries(provider.models)) {
        models++
        if (model.id !== id || model.providerID !== provider.id || model.name === "")
          expect.fail(`${provider.id}/${id}`)
        if (!(model.limit.context >= 0) || !(model.cost.input >= 0)) expect.fail(`${provider.id}/${id}`)
        if (model.api.npm === "" && provider.id !== "offline") expect.fail(`${provider.id}/${id}`)
      }
      if (Object.keys(provider.models).length > 0) expect(list.default[provider.id]).toBeDefined()
    }
    expect(models).toBeGreaterThan(7000)
  })

  test("an Anthropic model carries its limits, prices, modalities and thinking variants", async () => {
    const { providers } = make({}, { ANTHROPIC_API_KEY: "k" })
    const { model } = await providers.resolve({ providerID: "anthropic", modelID: "claude-opus-4-5" })
    expect(model).toMatchObject({
      api: { id: "claude-opus-4-5", npm: "@ai-sdk/anthropic" },
      capabilities: { reasoning: true, toolcall: true, input: { image: true, pdf: true, video: false } },
      cost: { input: 5, output: 25, cache: { read: 0.5, write: 6.25 } },
      limit: { context: 200000, output: 64000 },
      status: "active",
      variants: {
        low: { thinking: { type: "enabled", budgetTokens: 4096 } },
        high: { thinking: { budgetTokens: 31999 } },
      },
    })
    const newer = await providers.resolve({ providerID: "anthropic", modelID: "claude-opus-5-5" })
    expect(newer.model.variants?.low).toEqual({ thinking: { type: "adaptive" }, effort: "low" })
  })

  test("other packages get their own kind of variants", async () => {
    const { providers } = make({}, { GEMINI_API_KEY: "k", OPENAI_API_KEY: "k" })
    const flash = await providers.resolve({ providerID: "google", modelID: "gemini-2.5-flash" })
    expect(flash.model.variants?.medium).toEqual({ thinkingConfig: { includeThoughts: true, thinkingBudget: 12288 } })
    const pro = await providers.resolve({ providerID: "google", modelID: "gemini-3.1-pro-preview" })
    expect(pro.model.variants?.low).toEqual({ thinkingConfig: { includeThoughts: true, thinkingLevel: "low" } })
    const gpt = await providers.resolve({ providerID: "openai", modelID: "gpt-5.4" })
    expect(gpt.model.variants?.high).toMatchObject({ reasoningEffort: "high" })
  })

  test("a custom model has the shape that clients know", async () => {
    const { providers } = make(FAKE)
    const list = await providers.list()
    expect(list.connected).toContain("fake")
    const fake = list.all.find((provider) => provider.id === "fake")
    expect(fake?.models.m1).toEqual({
      id: "m1",
      providerID: "fake",
      api: { id: "m1", url: "", npm: "@ai-sdk/openai-compatible" },
      name: "Model One",
      family: "",
      capabilities: {
        temperature: true,
        reasoning: true,
        attachment: true,
        toolcall: true,
        input: { text: true, audio: false, image: false, video: false, pdf: false },
        output: { text: true, audio: false, image: false, video: false, pdf: false },
        interleaved: false,
      },
      cost: { input: 1, output: 2, cache: { read: 0.1, write: 1.25 } },
      limit: { context: 200000, output: 8000 },
      status: "active",
      options: {},
      headers: {},
      release_date: "",
      variants: {
        low: { reasoningEffort: "low" },
        medium: { reasoningEffort: "medium" },
        high: { reasoningEffort: "high" },
      },
    })
    expect(JSON.stringify(list)).not.toContain("secret-key")
  })

  test("configuration is laid over a catalogue model; variants can be added and switched off", async () => {
    const { providers } = make(
      {
        provider: {
          anthropic: {
            models: {
              "claude-opus-4-5": {
                name: "Mine",
                options: { a: 1 },
                variants: { low: { disabled: true }, mad: { thinking: { type: "enabled", budgetTokens: 50000 } } },
              },
            },
            blacklist: ["claude-haiku-4-5"],
          },
        },
      },
      { ANTHROPIC_API_KEY: "k" },
    )
    const resolved = await providers.resolve({ providerID: "anthropic", modelID: "claude-opus-4-5" })
    expect(resolved.model.name).toBe("Mine")
    expect(resolved.model.cost.input).toBe(5)
    expect(Object.keys(resolved.model.variants ?? {})).toEqual(["medium", "high", "mad"])
    expect(resolved.callOptions({ variant: "mad", sessionID: "ses_1" })).toMatchObject({
      providerOptions: { anthropic: { a: 1, thinking: { budgetTokens: 50000 } } },
      headers: { "x-session-id": "ses_1" },
      maxOutputTokens: 32000,
    })
    await expect(providers.resolve({ providerID: "anthropic", modelID: "claude-haiku-4-5" })).rejects.toThrow(
      "Model not found",
    )
  })

  test("KILO_MODELS_PATH replaces it, in the form of the public catalogue too; a broken file falls back", async () => {
    const file = join(home, "models.json")
    await writeFile(
      file,
      JSON.stringify({
        acme: {
          id: "acme",
          name: "Acme",
          env: ["ACME_KEY"],
          npm: "@ai-sdk/openai-compatible",
          api: "https://acme.test/v1",
          models: {
            m: {
              name: "M",
              tool_call: true,
              reasoning: false,
              cost: { input: 1, output: 2, cache_read: 3, context_over_200k: { input: 10, output: 20 } },
              limit: { context: 10, output: 5 },
              modalities: { input: ["text", "image"], output: ["text"] },
            },
          },
        },
      }),
    )
    const list = await make({}, { KILO_MODELS_PATH: file, ACME_KEY: "k" }).providers.list()
    expect(list.all.map((provider) => provider.id).sort()).toEqual(["acme", "offline"])
    expect(list.connected).toEqual(["acme", "offline"])
    expect(list.all[0]?.models.m).toMatchObject({
      api: { url: "https://acme.test/v1" },
      capabilities: { input: { image: true }, toolcall: true },
      cost: { cache: { read: 3 }, experimentalOver200K: { input: 10 } },
    })
    await writeFile(file, "{")
    const broken = await make({}, { KILO_MODELS_PATH: file }).providers.list()
    expect(broken.all.length).toBeGreaterThan(200)
    expect(broken.failed).toEqual(["catalogue"])
  })
})

describe("connecting", () => {
  test("without anything the offline guide is all there is, and the default", async () => {
    const { providers } = make()
    expect((await providers.list()).connected).toEqual(["offline"])
    expect(await providers.defaultModel()).toEqual({ providerID: "offline", modelID: "guide" })
    expect(await providers.smallModel({ providerID: "offline", modelID: "guide" })).toBeUndefined()
    const usable = await providers.usable()
    expect(usable.providers[0]?.models.guide?.name).toBe("Offline guide, no AI")
    expect((await providers.resolve({ providerID: "offline", modelID: "guide" })).language.modelId).toBe("guide")
  })

  test("by environment, stored credential, configuration and own server", async () => {
    const { providers, auth } = make(
      {
        provider: {
          mistral: { options: { apiKey: "k" } },
          mine: { options: { baseURL: "http://10.0.0.1/v1" }, models: { a: {} } },
        },
      },
      { ANTHROPIC_API_KEY: "k", GEMINI_API_KEY: "k", KILO_AUTH_CONTENT: `{"groq":{"type":"api","key":"k"}}` },
    )
    const list = await providers.list()
    expect(list.connected).toEqual(["mistral", "mine", "anthropic", "google", "groq", "offline"])
    expect(Object.fromEntries(list.all.map((provider) => [provider.id, provider.source]))).toMatchObject({
      anthropic: "env",
      groq: "api",
      mistral: "config",
      mine: "config",
    })
    await auth.set("xai", { type: "api", key: "k" })
    expect((await providers.list()).connected).toContain("xai")
  })

  test("some need more than a key", async () => {
    const connected = async (env: Record<string, string>) => (await make({}, env).providers.list()).connected
    expect(await connected({ AZURE_API_KEY: "k" })).toEqual(["offline"])
    expect(await connected({ AZURE_API_KEY: "k", AZURE_RESOURCE_NAME: "r" })).toEqual(["azure", "offline"])
    expect(await connected({ AWS_REGION: "eu-west-1" })).toEqual(["offline"])
    expect(await connected({ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" })).toEqual([
      "amazon-bedrock",
      "offline",
    ])
    expect(await connected({ DATABRICKS_TOKEN: "k" })).toEqual(["offline"])
    expect(await connected({ GITLAB_TOKEN: "k" })).toEqual(["offline"])
    expect(await connected({ CEREBRAS_API_KEY: "k" })).toEqual(["cerebras", "offline"])
  })

  test("providers can be switched off, or only some be allowed", async () => {
    const env = { ANTHROPIC_API_KEY: "k", OPENAI_API_KEY: "k" }
    const off = await make({ disabled_providers: ["openai", "ollama", "lmstudio"] }, env).providers.list()
    expect(off.connected).toEqual(["anthropic", "offline"])
    expect(off.all.some((provider) => provider.id === "openai")).toBe(false)
    const only = await make({ enabled_providers: ["openai"] }, env).providers.list()
    expect(only.all.map((provider) => provider.id).sort()).toEqual(["offline", "openai"])
  })

  test("a local Ollama is found, its embedding models are left out", async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? "")
      response.end(JSON.stringify({ models: [{ name: "qwen3:8b" }, { name: "nomic-embed-text" }] }))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    try {
      const address = server.address()
      const port = typeof address === "object" && address ? address.port : 0
      const { providers } = make({ disabled_providers: ["lmstudio"] }, { OLLAMA_HOST: `127.0.0.1:${port}` })
      expect((await providers.list()).connected).toEqual(["ollama", "offline"])
      expect(await providers.defaultModel()).toEqual({ providerID: "ollama", modelID: "qwen3:8b" })
      expect(asked).toEqual(["/api/tags"])
      const { providers: list } = await providers.usable()
      expect(Object.keys(list[0]?.models ?? {})).toEqual(["qwen3:8b"])
    } finally {
      server.close()
    }
  })

  test.each([
    [undefined, "http://127.0.0.1:11434"],
    ["localhost", "http://localhost:11434"],
    ["0.0.0.0:9999", "http://127.0.0.1:9999"],
    ["http://127.0.0.1:80", "http://127.0.0.1"],
    ["https://example.com", "http://127.0.0.1:11434"],
    [":::", "http://127.0.0.1:11434"],
  ])("OLLAMA_HOST %s means %s", (host, base) => {
    expect(ollamaBase(host)).toBe(base)
  })
})

describe("choosing", () => {
  test("the configured model counts, even when it isn't there", async () => {
    expect(await make({ model: "a/b/c" }, { OPENAI_API_KEY: "k" }).providers.defaultModel()).toEqual({
      providerID: "a",
      modelID: "b/c",
    })
  })

  test("an own provider comes before those of the environment, a real one always before the guide", async () => {
    expect(await make(FAKE, { ANTHROPIC_API_KEY: "k" }).providers.defaultModel()).toEqual({
      providerID: "fake",
      modelID: "m1",
    })
  })

  test("the default of a provider is recent, has tools and no special edition", async () => {
    const { default: defaults } = await make().providers.list()
    expect(defaults.anthropic).toMatch(/^claude-(opus|sonnet)-[\d-]+$/)
    expect(defaults.openai).toMatch(/^gpt-[\d.]+(-sol)?$/)
    expect(defaults.mistral).toMatch(/^mistral-/)
    expect(defaults["amazon-bedrock"]).toMatch(/^global\./)
    expect(defaults.google).toMatch(/^gemini-[\d.]+-(pro|flash)$/)
  })

  test("the small model is a cheaper sibling, or what is configured", async () => {
    const env = { ANTHROPIC_API_KEY: "k" }
    const ref = { providerID: "anthropic", modelID: "claude-opus-4-5" }
    const small = await make({}, env).providers.smallModel(ref)
    expect(small?.modelID).toContain("haiku")
    const gateway = make({}, { OPENROUTER_API_KEY: "k" }).providers
    const routed = await gateway.smallModel({ providerID: "openrouter", modelID: "anthropic/claude-opus-4.5" })
    expect(routed?.modelID).toMatch(/^anthropic\//)
    const own = make({ ...FAKE, small_model: "fake/m1" }, env)
    expect(await own.providers.smallModel(ref)).toEqual({ providerID: "fake", modelID: "m1" })
    expect(await own.providers.smallModel({ providerID: "fake", modelID: "m1" })).toEqual({
      providerID: "fake",
      modelID: "m1",
    })
    expect(await make(FAKE).providers.smallModel({ providerID: "fake", modelID: "m1" })).toBeUndefined()
  })
})

describe("errors that help", () => {
  const failure = async (ref: { providerID: string; modelID: string }, config: Config = FAKE): Promise<Error> => {
    const result = await make(config)
      .providers.resolve(ref)
      .catch((error: unknown) => error)
    if (!(result instanceof PromptError)) throw new Error("expected a PromptError")
    return result
  }

  test("an unknown model names similar ones", async () => {
    expect((await failure({ providerID: "fake", modelID: "m2" })).message).toBe(
      "Model not found: fake/m2. Did you mean: fake/m1?",
    )
    expect((await failure({ providerID: "anthropic", modelID: "claude-opus-45" })).message).toContain(
      "anthropic/claude-opus-4-5",
    )
    expect((await failure({ providerID: "fake", modelID: "constructor" })).message).toContain("has no such model")
  })

  test("an unknown provider names similar ones", async () => {
    expect((await failure({ providerID: "antropic", modelID: "x" })).message).toContain("Did you mean: anthropic")
    expect((await failure({ providerID: "zzzzzzzzzzzz", modelID: "x" })).message).toContain(
      "Connected providers: fake, offline",
    )
  })

  test("a provider without a key names the variable and the other ways", async () => {
    const { message } = await failure({ providerID: "anthropic", modelID: "claude-opus-4-5" })
    expect(message).toMatch(/Anthropic is not connected.*ANTHROPIC_API_KEY.*kilo auth login anthropic.*kilo\.json/)
  })
})
