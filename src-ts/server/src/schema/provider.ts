import { anyJson, int64, record, stringMap, z } from "./base.ts"

/** Providers, models and credentials (contract: types, Provider). Costs are US dollars for a million tokens. */
const CacheCost = z.object({ read: z.number(), write: z.number() }).openapi("CacheCost")

export const ModelCost = z
  .object({
    input: z.number(),
    output: z.number(),
    cache: CacheCost,
    tiers: z
      .array(
        z
          .object({
            input: z.number(),
            output: z.number(),
            cache: CacheCost,
            tier: z.object({ type: z.literal("context"), size: int64 }).openapi("ModelCostTierBound"),
          })
          .openapi("ModelCostTier"),
      )
      .optional(),
    experimentalOver200K: z
      .object({ input: z.number(), output: z.number(), cache: CacheCost })
      .openapi("ModelCostOver200K")
      .optional(),
  })
  .openapi("ModelCost")

const Modalities = z
  .object({ text: z.boolean(), audio: z.boolean(), image: z.boolean(), video: z.boolean(), pdf: z.boolean() })
  .openapi("Modalities")

export const Model = z
  .object({
    id: z.string(),
    providerID: z.string(),
    api: z.object({ id: z.string(), url: z.string(), npm: z.string() }).openapi("ModelApi"),
    name: z.string(),
    family: z.string().optional(),
    capabilities: z
      .object({
        temperature: z.boolean(),
        reasoning: z.boolean(),
        attachment: z.boolean(),
        toolcall: z.boolean(),
        input: Modalities,
        output: Modalities,
        interleaved: anyJson(z.union([z.boolean(), z.object({ field: z.string() })])),
      })
      .openapi("ModelCapabilities"),
    cost: ModelCost,
    limit: z.object({ context: int64, input: int64.optional(), output: int64 }).openapi("ModelLimit"),
    status: z.enum(["alpha", "beta", "deprecated", "active"]),
    options: record,
    headers: stringMap,
    release_date: z.string(),
    variants: z.record(z.string(), record).optional(),
    isFree: z.boolean().optional(),
  })
  .openapi("Model")

export const Provider = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string().optional(),
    source: z.enum(["env", "config", "custom", "api"]),
    env: z.array(z.string()),
    key: z.string().optional(),
    options: record,
    models: z.record(z.string(), Model),
  })
  .openapi("Provider")

export const ProviderList = z
  .object({
    all: z.array(Provider),
    default: stringMap,
    connected: z.array(z.string()),
    failed: z.array(z.string()),
  })
  .openapi("ProviderList", {
    description:
      "`all` is the whole catalogue, `connected` what can be used now, `default` each provider's default model, `failed` those that could not be loaded.",
  })

export const UsableProviders = z.object({ providers: z.array(Provider), default: stringMap }).openapi("UsableProviders")

export const Auth = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("api"), key: z.string().min(1), metadata: stringMap.optional() }).openapi("ApiAuth"),
    z
      .object({
        type: z.literal("oauth"),
        refresh: z.string(),
        access: z.string(),
        expires: int64,
        accountId: z.string().optional(),
        enterpriseUrl: z.string().optional(),
      })
      .openapi("OAuth"),
    z.object({ type: z.literal("wellknown"), key: z.string(), token: z.string() }).openapi("WellKnownAuth"),
  ])
  .openapi("Auth")

const LoginCondition = z
  .object({ key: z.string(), op: z.enum(["eq", "neq"]), value: z.string() })
  .openapi("LoginCondition")

const LoginPrompt = z
  .discriminatedUnion("type", [
    z
      .object({
        type: z.literal("text"),
        key: z.string(),
        message: z.string(),
        placeholder: z.string().optional(),
        when: LoginCondition.optional(),
      })
      .openapi("LoginTextPrompt"),
    z
      .object({
        type: z.literal("select"),
        key: z.string(),
        message: z.string(),
        options: z.array(
          z.object({ label: z.string(), value: z.string(), hint: z.string().optional() }).openapi("LoginOption"),
        ),
        when: LoginCondition.optional(),
      })
      .openapi("LoginSelectPrompt"),
  ])
  .openapi("LoginPrompt")

export const LoginMethod = z
  .object({ type: z.enum(["oauth", "api"]), label: z.string(), prompts: z.array(LoginPrompt).optional() })
  .openapi("ProviderAuthMethod")

export const LoginRequest = z
  .object({ method: int64.min(0), inputs: stringMap.optional() })
  .openapi("ProviderAuthRequest", { description: "`method` is the place in the provider's list of methods." })

export const LoginResult = z.object({ method: int64.min(0), code: z.string().optional() }).openapi("ProviderAuthResult")

export const LoginAuthorization = z
  .object({ url: z.string(), method: z.enum(["auto", "code"]), instructions: z.string() })
  .openapi("ProviderAuthAuthorization")
