import {
  Auth,
  LoginAuthorization,
  LoginError,
  LoginMethod,
  LoginRequest,
  LoginResult,
  ProviderList,
  UsableProviders,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

const providerID = z.object({ providerID: z.string().min(1).max(200) })

export const providerRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/config/providers",
      operationId: "config.providers",
      tag: "config",
      summary: "Providers that can be used now, with the default model of each",
      routed: true,
      ok: UsableProviders,
    },
    async ({ instance }) => (await instance()).providers.usable(),
  ),
  define(
    {
      method: "get",
      path: "/provider",
      operationId: "provider.list",
      tag: "provider",
      summary: "All providers with their models",
      routed: true,
      ok: ProviderList,
    },
    async ({ instance }) => (await instance()).providers.list(),
  ),
  define(
    {
      method: "get",
      path: "/provider/auth",
      operationId: "provider.auth",
      tag: "provider",
      summary: "Ways to connect a provider, by its id; every other provider takes a key",
      routed: true,
      ok: z.record(z.string(), z.array(LoginMethod)),
    },
    async ({ instance }) => (await instance()).logins.methods(),
  ),
  define(
    {
      method: "post",
      path: "/provider/{providerID}/oauth/authorize",
      operationId: "provider.oauth.authorize",
      tag: "provider",
      summary: "Start a login; says what the person has to do",
      params: providerID,
      body: LoginRequest,
      routed: true,
      ok: LoginAuthorization,
      errors: { 400: LoginError },
    },
    async ({ instance, params, body }) =>
      (await instance()).logins.authorize(params.providerID, body.method, body.inputs),
  ),
  define(
    {
      method: "post",
      path: "/provider/{providerID}/oauth/callback",
      operationId: "provider.oauth.callback",
      tag: "provider",
      summary: "Wait until the login is done, at most five minutes, and store the credential",
      params: providerID,
      body: LoginResult,
      routed: true,
      ok: z.boolean(),
      errors: { 400: LoginError },
    },
    async ({ instance, params, body, signal }) => {
      await (await instance()).logins.callback(params.providerID, body.code, signal)
      return true
    },
  ),
  define(
    {
      method: "put",
      path: "/auth/{providerID}",
      operationId: "auth.set",
      tag: "auth",
      summary: "Store a credential",
      params: providerID,
      body: Auth,
      ok: z.boolean(),
    },
    async ({ engine, params, body }) => {
      await engine.auth.set(params.providerID, body)
      return true
    },
  ),
  define(
    {
      method: "delete",
      path: "/auth/{providerID}",
      operationId: "auth.remove",
      tag: "auth",
      summary: "Forget a credential",
      params: providerID,
      ok: z.boolean(),
    },
    async ({ engine, params }) => {
      await engine.auth.remove(params.providerID)
      return true
    },
  ),
]
