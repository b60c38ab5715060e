import {
  Config,
  ConfigOverlay,
  ConfigOverlayConflictError,
  ConfigOverlayPatch,
  ConfigPatch,
  ConfigWarning,
  OverlayScope,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

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
]
