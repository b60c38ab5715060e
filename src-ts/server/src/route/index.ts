import { assistRoutes } from "./assist.ts"
import { commandRoutes } from "./command.ts"
import { configRoutes } from "./config.ts"
import { decisionRoutes } from "./decision.ts"
import type { Route } from "./define.ts"
import { globalRoutes } from "./global.ts"
import { historyRoutes } from "./history.ts"
import { kiloRoutes } from "./kilo.ts"
import { libraryRoutes } from "./library.ts"
import { lspRoutes } from "./lsp.ts"
import { mcpRoutes } from "./mcp.ts"
import { optionalRoutes } from "./optional.ts"
import { outboxRoutes } from "./outbox.ts"
import { projectRoutes } from "./project.ts"
import { providerRoutes } from "./provider.ts"
import { ptyRoutes } from "./pty.ts"
import { searchRoutes } from "./search.ts"
import { sessionRoutes } from "./session.ts"
import { settingsRoutes } from "./settings.ts"
import { statusRoutes } from "./status.ts"
import { tuiRoutes } from "./tui.ts"
import { workspaceRoutes } from "./workspace.ts"
import { worktreeRoutes } from "./worktree.ts"

export * from "./define.ts"

/** Every operation of the HTTP API. Add one to the file of its subject; the OpenAPI document follows. */
export const routes: Route[] = [
  ...globalRoutes,
  ...projectRoutes,
  ...libraryRoutes,
  ...configRoutes,
  ...providerRoutes,
  ...kiloRoutes,
  ...ptyRoutes,
  ...searchRoutes,
  ...assistRoutes,
  ...worktreeRoutes,
  ...settingsRoutes,
  ...statusRoutes,
  ...tuiRoutes,
  ...sessionRoutes,
  ...commandRoutes,
  ...outboxRoutes,
  ...historyRoutes,
  ...decisionRoutes,
  ...mcpRoutes,
  ...lspRoutes,
  ...optionalRoutes,
  ...workspaceRoutes,
]
