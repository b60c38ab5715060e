import { join } from "node:path"
import type { Formatters } from "../formatter/index.ts"
import { createLsp, type Lsp } from "../lsp/index.ts"
import { createApprovals, createMcp, type Mcp } from "../mcp/index.ts"
import type { InstanceOptions } from "./instance.ts"

/** The MCP servers of one directory; none is started or loaded before somebody asks. */
export function mcpOf(
  options: InstanceOptions,
  place: { directory: string; worktree: string; project: { id: string } },
): Mcp {
  const { engine, paths, bus, config, store } = options
  return createMcp({
    directory: place.directory,
    env: engine.env,
    version: engine.version,
    paths,
    bus,
    scope: { directory: place.directory, project: place.project.id },
    outputDir: join(paths.data, "tool-output"),
    config: () => config.load(place.directory, place.worktree),
    approvals: createApprovals(() => store.db, place.project.id),
  })
}

/** Its language servers, each started with the first file that it is for. */
export function lspOf(
  options: InstanceOptions,
  place: { directory: string; worktree: string; project: { id: string } },
): Lsp {
  const { engine, bus, config } = options
  return createLsp({
    directory: place.directory,
    worktree: place.worktree,
    env: engine.env,
    version: engine.version,
    bus,
    scope: { directory: place.directory, project: place.project.id },
    config: () => config.load(place.directory, place.worktree),
  })
}

/** Its formatters; looked for with the first file that is changed. */
export async function formattersOf(
  { engine, config }: InstanceOptions,
  { directory, worktree }: { directory: string; worktree: string },
): Promise<Formatters> {
  const { createFormatters } = await import("../formatter/index.ts")
  return createFormatters({ directory, worktree, env: engine.env, config: () => config.load(directory, worktree) })
}
