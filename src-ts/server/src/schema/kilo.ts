import { anyJson, record, z } from "./base.ts"

/** The Kilo account (contract: types, Kilo account). */
export const KiloNotification = z
  .object({
    id: z.string(),
    title: z.string(),
    message: z.string(),
    action: z.object({ actionText: z.string(), actionURL: z.string() }).openapi("KiloNotificationAction").optional(),
    showIn: z.array(z.string()).optional(),
    suggestModelId: z.string().optional(),
  })
  .openapi("KiloNotification")

export const KiloProfile = z
  .object({
    profile: record,
    balance: anyJson(z.unknown()),
    kiloPass: anyJson(z.unknown()),
    currentOrgId: z.string().nullable(),
  })
  .openapi("KiloProfile")

export const KiloAuthStatus = z
  .object({
    authenticated: z.boolean(),
    type: z.enum(["api", "oauth"]).optional(),
    organizationId: z.string().optional(),
  })
  .openapi("KiloAuthStatus")

export const KiloOrganizationRequest = z
  .object({ organizationId: z.string().min(1).nullable() })
  .openapi("KiloOrganizationRequest")

const KiloMode = z
  .object({
    id: z.string(),
    organization_id: z.string(),
    name: z.string(),
    slug: z.string(),
    created_by: z.string(),
    created_at: z.string(),
    updated_at: z.string(),
    config: record,
  })
  .openapi("KiloMode")

export const KiloModes = z.object({ modes: z.array(KiloMode) }).openapi("KiloModes")
