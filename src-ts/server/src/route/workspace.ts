import { Workspace, WorkspaceConnectionStatus, z } from "../schema/index.ts"
import { define, type Route } from "./define.ts"

/** Other places that answer requests; what goes there is decided before the routes (`core/workspace.ts`). */
export const workspaceRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/experimental/workspace",
      operationId: "experimental.workspace.list",
      tag: "workspace",
      summary: "Workspaces of the user: directories here, and other servers",
      routed: true,
      ok: z.array(Workspace),
    },
    ({ engine }) => engine.workspaces?.list() ?? [],
  ),
  define(
    {
      method: "get",
      path: "/experimental/workspace/status",
      operationId: "experimental.workspace.status",
      tag: "workspace",
      summary: "Which of the workspaces can be reached now; asks each of them",
      routed: true,
      ok: z.array(WorkspaceConnectionStatus),
    },
    ({ engine, signal }) => engine.workspaces?.status(signal) ?? [],
  ),
]
