/** Wire shapes of the Kilo account (contract: types, Kilo account). */
export interface KiloOrganization {
  id: string
  name: string
  role: string
}

export interface KiloProfile {
  profile: {
    email: string
    name?: string
    organizations?: KiloOrganization[]
    selectedOrganizationId?: string
    hasPersonalAccount?: boolean
  }
  balance: { balance: number } | null
  kiloPass: null
  currentOrgId: string | null
}

export interface KiloNotification {
  id: string
  title: string
  message: string
  action?: { actionText: string; actionURL: string }
  showIn?: string[]
  suggestModelId?: string
}

/** A mode that an organization has defined for its members. */
export interface KiloMode {
  id: string
  organization_id: string
  name: string
  slug: string
  created_by: string
  created_at: string
  updated_at: string
  config: {
    roleDefinition?: string
    whenToUse?: string
    description?: string
    customInstructions?: string
    groups?: (string | [string, { fileRegex?: string | null; description?: string | null }])[]
  }
}

export interface KiloAuthStatus {
  authenticated: boolean
  type?: "api" | "oauth"
  organizationId?: string
}
