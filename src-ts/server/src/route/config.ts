import {
  Auth,
  anyJson,
  Config,
  ConfigOverlay,
  ConfigOverlayConflictError,
  ConfigOverlayPatch,
  ConfigPatch,
  ConfigWarning,
  KiloNotification,
  KiloProfile,
  OverlayScope,
  ProviderList,
  UnauthorizedError,
  UsableProviders,
  z,
} from "../schema/index.ts"
import { define, Reply, type Route } from "./define.ts"

const providerID = z.object({ providerID: z.string().min(1).max(200) })

export const configRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/config",
      operationId: "config.get",
      tag: "config",
      summary: "Configuration in force for the directory",
      routed: true,
      ok: Config,
    },
    async ({ instance }) => (await instance()).config(),
  ),
  define(
    {
      method: "patch",
      path: "/config",
      operationId: "config.update",
      tag: "config",
      summary: "Change the project's configuration file; answers the configuration in force afterwards",
      body: ConfigPatch,
      routed: true,
      ok: Config,
    },
    async ({ instance, body }) => (await instance()).updateConfig(body),
  ),
  define(
    {
      method: "get",
      path: "/config/warnings",
      operationId: "config.warnings",
      tag: "config",
      summary: "Problems in configuration files",
      routed: true,
      ok: z.array(ConfigWarning),
    },
    async ({ instance }) => (await instance()).configWarnings(),
  ),
  define(
    {
      method: "get",
      path: "/config/overlay",
      operationId: "config.overlay",
      tag: "config",
      summary: "What each source says about each setting",
      query: z.object({ scope: OverlayScope.optional() }),
      routed: true,
      ok: ConfigOverlay,
    },
    async ({ instance, query }) => (await instance()).configOverlay(query.scope),
  ),
  define(
    {
      method: "patch",
      path: "/config/overlay",
      operationId: "config.overlayUpdate",
      tag: "config",
      summary: "Set and unset keys of the global or the project's file",
      description: "With `expected` nothing is written when the file is another one or has changed since it was read.",
      body: ConfigOverlayPatch,
      routed: true,
      ok: ConfigOverlay,
      errors: { 409: ConfigOverlayConflictError },
    },
    async ({ instance, body }) => (await instance()).updateConfigOverlay(body),
  ),
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
  define(
    {
      method: "get",
      path: "/mcp",
      operationId: "mcp.status",
      tag: "mcp",
      summary: "State of each MCP server",
      routed: true,
      ok: z.record(z.string(), anyJson(z.unknown())),
    },
    () => ({}),
  ),
  define(
    {
      method: "get",
      path: "/kilo/notifications",
      operationId: "kilo.notifications",
      tag: "kilo",
      summary: "Notices of the Kilo account service",
      routed: true,
      ok: z.array(KiloNotification),
    },
    () => [],
  ),
  define(
    {
      method: "get",
      path: "/kilo/profile",
      operationId: "kilo.profile",
      tag: "kilo",
      summary: "Kilo account that is logged in",
      routed: true,
      ok: KiloProfile,
      errors: { 401: UnauthorizedError },
    },
    () => new Reply(401, { _tag: "Unauthorized" }),
  ),
]
