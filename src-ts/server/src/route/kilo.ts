import { GatewayError } from "@kilo-split/engine"
import {
  KiloAuthStatus,
  KiloModes,
  KiloNotification,
  KiloOrganizationRequest,
  KiloProfile,
  UnauthorizedError,
  z,
} from "../schema/index.ts"
import { define, Reply, type Route } from "./define.ts"

/** The Kilo account: what needs one answers 401 without (contract: core section 11). */
export const kiloRoutes: Route[] = [
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
    // Clients need an answer to start; notices are no reason to keep them from it.
    ({ engine, signal }) =>
      engine.gateway.notifications(signal).catch((error: unknown) => {
        if (error instanceof GatewayError) return []
        throw error
      }),
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
    async ({ engine, signal }) => {
      try {
        return (await engine.gateway.profile(signal)) ?? new Reply(401, { _tag: "Unauthorized" })
      } catch (error) {
        if (error instanceof GatewayError && (error.status === 401 || error.status === 403)) {
          return new Reply(401, { _tag: "Unauthorized" })
        }
        throw error
      }
    },
  ),
  define(
    {
      method: "get",
      path: "/kilo/auth-status",
      operationId: "kilo.authStatus",
      tag: "kilo",
      summary: "Whether a Kilo account is logged in; asks nobody",
      routed: true,
      ok: KiloAuthStatus,
    },
    ({ engine }) => engine.gateway.status(),
  ),
  define(
    {
      method: "post",
      path: "/kilo/organization",
      operationId: "kilo.organization.set",
      tag: "kilo",
      summary: "Work for another organization of the account; null is the personal account",
      body: KiloOrganizationRequest,
      routed: true,
      ok: z.boolean(),
    },
    async ({ engine, body }) => {
      await engine.gateway.setOrganization(body.organizationId)
      return true
    },
  ),
  define(
    {
      method: "get",
      path: "/kilo/modes",
      operationId: "kilo.modes",
      tag: "kilo",
      summary: "Modes that the active organization has defined",
      routed: true,
      ok: KiloModes,
    },
    async ({ engine }) => ({ modes: await engine.gateway.modes() }),
  ),
]
