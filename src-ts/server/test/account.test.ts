import { readFile, stat } from "node:fs/promises"
import {
  type FakeService,
  type RunningKilo,
  type ServiceAnswer,
  type ServiceRequest,
  startFakeModel,
  startFakeService,
  startKilo,
  tempHome,
  tempProject,
  until,
} from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"

const MODELS = {
  data: [
    {
      id: "vendor/paid",
      name: "Paid",
      context_length: 100_000,
      pricing: { prompt: "0.000001", completion: "0.000002" },
      supported_parameters: ["tools", "reasoning"],
      architecture: { input_modalities: ["text", "image"], output_modalities: ["text"] },
      top_provider: { max_completion_tokens: 9000 },
    },
    { id: "vendor/free", name: "Free", context_length: 50_000, pricing: { prompt: "0", completion: "0" } },
    { id: "vendor/no-tools", name: "No tools", context_length: 1000, supported_parameters: ["temperature"] },
  ],
}

/** The Kilo service with a model behind it; `poll` answers the questions whether a login is done. */
async function kiloService(poll: () => ServiceAnswer = () => ({ status: 202, body: {} })) {
  const model = await startFakeModel()
  const forward = async (request: ServiceRequest): Promise<ServiceAnswer> => {
    const response = await fetch(`${model.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: request.headers.authorization ?? "" },
      body: request.body,
    })
    return { body: await response.text(), headers: { "content-type": response.headers.get("content-type") ?? "" } }
  }
  const service = await startFakeService((request) => {
    const { method, path, headers } = request
    const member = headers.authorization === "Bearer t0ken"
    if (method === "POST" && path === "/api/device-auth/codes") {
      return { body: { code: "ABCD-1234", verificationUrl: "https://kilo.example/device", expiresIn: 60 } }
    }
    if (path === "/api/device-auth/codes/ABCD-1234") return poll()
    if (path === "/api/openrouter/models") return { body: MODELS }
    if (path === "/api/openrouter/chat/completions") return forward(request)
    if (!member) return { status: 401, body: {} }
    if (path === "/api/profile") {
      return {
        body: { user: { email: "a@b.c", name: "Ann" }, organizations: [{ id: "org1", name: "Org", role: "owner" }] },
      }
    }
    if (path === "/api/profile/balance") return { body: { balance: 12.5 } }
    if (path === "/api/organizations/org1/models") return { body: { data: [MODELS.data[0]] } }
    if (path === "/api/organizations/org1/modes") {
      return {
        body: {
          modes: [{ slug: "auditor", name: "Auditor", config: { roleDefinition: "You audit.", groups: ["read"] } }],
        },
      }
    }
    if (path === "/api/config" && headers["x-org-id"] === "org1") return { body: { config: { share: "disabled" } } }
    if (path === "/api/users/notifications")
      return { body: { notifications: [{ id: "n1", title: "T", message: "M" }, {}] } }
    return undefined
  })
  return {
    ...service,
    model,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      await model[Symbol.asyncDispose]()
    },
  }
}

function start(service: FakeService, env: Record<string, string> = {}) {
  return startKilo({
    config: { disabled_providers: ["ollama", "lmstudio"] },
    env: {
      KILO_API_URL: service.url,
      KILO_DISABLE_MODELS_FETCH: "",
      KILO_MODELS_URL: service.url,
      KILO_LOGIN_PAUSE_MS: "20",
      ...env,
    },
  })
}

interface Listed {
  all: { id: string; models: Record<string, { cost: { input: number }; limit: { output: number } }> }[]
  connected: string[]
}

const modelsOf = async (kilo: RunningKilo) => {
  const list = await kilo.api<Listed>("/provider")
  return Object.keys(list.all.find(({ id }) => id === "kilo")?.models ?? {})
}

describe("the Kilo account", () => {
  test("a login in the browser ends with a stored credential, the account's models and its organizations", async () => {
    let asked = 0
    await using service = await kiloService(() => {
      asked += 1
      return asked < 3
        ? { status: 202, body: {} }
        : { body: { status: "approved", token: "t0ken", userEmail: "a@b.c" } }
    })
    await using home = await tempHome()
    await using kilo = await startKilo({
      home,
      config: { disabled_providers: ["ollama", "lmstudio"] },
      env: {
        KILO_API_URL: service.url,
        KILO_DISABLE_MODELS_FETCH: "",
        KILO_MODELS_URL: service.url,
        KILO_LOGIN_PAUSE_MS: "20",
      },
    })
    expect(await kilo.api("/kilo/auth-status")).toEqual({ authenticated: false })
    expect((await kilo.fetch("/kilo/profile")).status).toBe(401)
    expect((await kilo.api<Record<string, unknown>>("/provider/auth")).kilo).toMatchObject([
      { type: "oauth" },
      { type: "api" },
    ])
    const begun = await kilo.api("/provider/kilo/oauth/authorize", { json: { method: 0 } })
    expect(begun).toMatchObject({ method: "auto", url: "https://kilo.example/device" })
    expect(begun).toMatchObject({ instructions: expect.stringContaining("code: ABCD-1234") })
    expect(await kilo.api("/provider/kilo/oauth/callback", { json: { method: 0 } })).toBe(true)
    expect(asked).toBe(3)
    const file = home.path(".local/share/kilo/auth.json")
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ kilo: { type: "oauth", access: "t0ken" } })

    expect(await kilo.api("/kilo/profile")).toMatchObject({
      profile: { email: "a@b.c", name: "Ann", organizations: [{ id: "org1" }] },
      balance: { balance: 12.5 },
      currentOrgId: null,
    })
    await until(async () => (await modelsOf(kilo)).length === 2)
    expect(await modelsOf(kilo)).toEqual(["vendor/paid", "vendor/free"])
    expect(await kilo.api("/kilo/notifications")).toEqual([{ id: "n1", title: "T", message: "M" }])

    expect(await kilo.api("/kilo/organization", { json: { organizationId: "org1" } })).toBe(true)
    expect(await kilo.api("/kilo/auth-status")).toEqual({ authenticated: true, type: "oauth", organizationId: "org1" })
    await until(async () => (await modelsOf(kilo)).length === 1)
    const asOrg = service.requests.filter(({ path }) => path === "/api/organizations/org1/models")
    expect(asOrg[0]?.headers["x-kilocode-organizationid"]).toBe("org1")
    expect((await kilo.api<{ share?: string }>("/config")).share).toBe("disabled")
    const agents = await kilo.api<{ name: string; prompt?: string; permission: unknown[] }[]>("/agent")
    expect(agents.find(({ name }) => name === "auditor")).toMatchObject({ prompt: "You audit." })
    expect(await kilo.api("/kilo/modes")).toMatchObject({ modes: [{ slug: "auditor", config: { groups: ["read"] } }] })
  })

  test.each([
    [403, "declined"],
    [410, "expired"],
    [500, "answered 500"],
  ])("a login that ends with %i says why and stores nothing", async (status, words) => {
    await using service = await kiloService(() => ({ status, body: {} }))
    await using kilo = await start(service)
    await kilo.api("/provider/kilo/oauth/authorize", { json: { method: 0 } })
    const answer = await kilo.fetch("/provider/kilo/oauth/callback", { json: { method: 0 } })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      name: "ProviderAuthOauthCallbackFailed",
      data: { providerID: "kilo", message: expect.stringContaining(words) },
    })
    expect(await kilo.api("/kilo/auth-status")).toEqual({ authenticated: false })
  })

  test("without a login the free models answer, and are never the default", async () => {
    await using service = await kiloService()
    await using project = await tempProject({ git: true })
    await using kilo = await start(service)
    const { directory } = project
    await until(async () => (await modelsOf(kilo)).includes("vendor/free"))
    expect(await modelsOf(kilo)).toEqual(["vendor/free"])
    expect((await kilo.api<Listed>("/provider")).connected).toEqual(["offline", "kilo"])
    const session = await kilo.api<{ id: string }>("/session", { json: {}, directory })
    const answer = await kilo.api<{ parts: { type: string; text?: string }[] }>(`/session/${session.id}/message`, {
      json: {
        model: { providerID: "kilo", modelID: "vendor/free" },
        parts: [{ type: "text", text: "[[text:Hello from the gateway]]" }],
      },
    })
    expect(answer.parts.find(({ type }) => type === "text")?.text).toBe("Hello from the gateway")
    const request = service.requests.find(({ path }) => path === "/api/openrouter/chat/completions")
    expect(request?.headers.authorization).toBe("Bearer anonymous")
  })

  test("a service that is away keeps nobody from starting", async () => {
    const service = await startFakeService(() => undefined)
    await service[Symbol.asyncDispose]()
    await using kilo = await start(service, { KILO_API_KEY: "k" })
    expect(await kilo.api("/kilo/notifications")).toEqual([])
    const profile = await kilo.fetch("/kilo/profile")
    expect(profile.status).toBe(500)
    expect(await profile.json()).toMatchObject({ data: { message: expect.stringContaining(service.url) } })
    expect((await modelsOf(kilo)).length).toBeGreaterThan(100)
  })
})

describe("GitHub Copilot", () => {
  test("the device login waits as GitHub asks and stores the token", async () => {
    const answers = [
      { error: "authorization_pending" },
      { error: "slow_down", interval: 0.01 },
      { access_token: "gho_x" },
    ]
    await using service = await startFakeService(({ path }) => {
      if (path === "/login/device/code") {
        return {
          body: {
            device_code: "d",
            user_code: "WXYZ",
            verification_uri: "https://github.com/login/device",
            interval: 0.01,
            expires_in: 60,
          },
        }
      }
      return path === "/login/oauth/access_token" ? { body: answers.shift() ?? {} } : undefined
    })
    await using kilo = await startKilo({ env: { KILO_GITHUB_URL: service.url } })
    const begun = await kilo.api("/provider/github-copilot/oauth/authorize", {
      json: { method: 0, inputs: { deploymentType: "github.com" } },
    })
    expect(begun).toMatchObject({
      url: "https://github.com/login/device",
      instructions: expect.stringContaining("code: WXYZ"),
    })
    expect(await kilo.api("/provider/github-copilot/oauth/callback", { json: { method: 0 } })).toBe(true)
    expect((await kilo.api<Listed>("/provider")).connected).toContain("github-copilot")
  })

  test("a wrong enterprise address and an unknown login are named", async () => {
    await using kilo = await startKilo()
    const wrong = await kilo.fetch("/provider/github-copilot/oauth/authorize", {
      json: { method: 0, inputs: { deploymentType: "enterprise", enterpriseUrl: "nope" } },
    })
    expect(wrong.status).toBe(400)
    expect(await wrong.json()).toMatchObject({ name: "ProviderAuthValidationFailed", data: { field: "enterpriseUrl" } })
    const missing = await kilo.fetch("/provider/openai/oauth/authorize", { json: { method: 0 } })
    expect(await missing.json()).toMatchObject({ name: "ProviderAuthOauthMissing" })
    const none = await kilo.fetch("/provider/kilo/oauth/callback", { json: { method: 0 } })
    expect(await none.json()).toMatchObject({ name: "ProviderAuthOauthMissing" })
  })
})

describe("what is known about models", () => {
  const catalogue = (name: string) => {
    const filler = Array.from({ length: 30 }, (_, index) => [
      `p${index}`,
      {
        id: `p${index}`,
        name: `P${index}`,
        env: [`P${index}_KEY`],
        npm: "@ai-sdk/openai-compatible",
        api: "https://p.example/v1",
        models: { m: { name } },
      },
    ])
    return Object.fromEntries(filler)
  }

  test("a newer catalogue is fetched beside the answer, kept for later starts, and asked for again only with its tag", async () => {
    await using service = await startFakeService(({ path, headers }) => {
      if (path !== "/api.json") return undefined
      if (headers["if-none-match"] === '"v1"') return { status: 304 }
      return { body: catalogue("Newest"), headers: { etag: '"v1"' } }
    })
    await using home = await tempHome()
    const env = { KILO_MODELS_URL: service.url, KILO_API_URL: service.url, KILO_DISABLE_MODELS_FETCH: "", P3_KEY: "k" }
    {
      await using kilo = await startKilo({ home, env })
      await until(async () => (await kilo.api<Listed>("/provider")).connected.includes("p3"))
      expect(service.requests.filter(({ path }) => path === "/api.json")).toHaveLength(1)
    }
    await using later = await startKilo({ home, env: { ...env, KILO_DISABLE_MODELS_FETCH: "1" } })
    expect((await later.api<Listed>("/provider")).connected).toContain("p3")
    expect((await later.api<Listed>("/provider")).all.length).toBeGreaterThan(200)
  })

  test.each([
    ["garbage", { body: "<html>" }],
    ["an empty catalogue", { body: {} }],
    ["an error", { status: 500, body: {} }],
  ])("%s in place of the catalogue changes nothing", async (_, answer) => {
    await using service = await startFakeService(() => answer)
    await using kilo = await startKilo({
      env: { KILO_MODELS_URL: service.url, KILO_API_URL: service.url, KILO_DISABLE_MODELS_FETCH: "" },
    })
    expect((await kilo.api<Listed>("/provider")).all.length).toBeGreaterThan(200)
    await until(() => service.requests.some(({ path }) => path === "/api.json"))
    expect((await kilo.api<Listed>("/provider")).all.length).toBeGreaterThan(200)
  })

  test("an own endpoint without named models is asked for its models", async () => {
    await using service = await startFakeService(({ path, headers }) =>
      path === "/v1/models" && headers.authorization === "Bearer mine"
        ? { body: { data: [{ id: "llama", max_model_len: 8000 }, { id: "text-embedding" }] } }
        : undefined,
    )
    const own = { options: { baseURL: `${service.url}/v1`, apiKey: "mine" } }
    await using kilo = await startKilo({ config: { provider: { lab: own } } })
    const list = await kilo.api<Listed>("/provider")
    expect(list.all.find(({ id }) => id === "lab")?.models).toMatchObject({ llama: { limit: { output: 2000 } } })
  })

  test("a repository's endpoint is not asked for anything by opening the repository", async () => {
    await using service = await startFakeService(() => ({ body: { data: [{ id: "x" }] } }))
    const config = { provider: { lab: { options: { baseURL: `${service.url}/v1`, apiKey: "its-own" } } } }
    await using project = await tempProject({ files: { "kilo.json": JSON.stringify(config) }, git: true })
    await using kilo = await startKilo()
    await kilo.api("/provider", { directory: project.directory })
    expect(service.requests).toEqual([])
  })
})
