import { int64, z } from "./base.ts"

/** Workspaces (contract: types, Workspace). */
export const Workspace = z
  .object({
    id: z.string(),
    type: z.string(),
    name: z.string(),
    branch: z.string().nullable(),
    directory: z.string().nullable(),
    extra: z.string().nullable().openapi({ description: "Always null here." }),
    projectID: z.string(),
    timeUsed: int64,
  })
  .openapi("Workspace")

export const WorkspaceConnectionStatus = z
  .object({ workspaceID: z.string(), status: z.enum(["connected", "connecting", "disconnected", "error"]) })
  .openapi("WorkspaceEventConnectionStatus")
