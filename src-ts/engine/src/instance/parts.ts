import { join } from "node:path"
import type { AssistService } from "../assist/types.ts"
import { type Config, mergeConfig } from "../config/index.ts"
import { Plugins } from "../plugin/index.ts"
import { createProviders, type Providers } from "../provider/index.ts"
import type { Toolset } from "../session/index.ts"
import type { Snapshot } from "../snapshot/index.ts"
import type { Format, TaskHost } from "../tool/index.ts"
import type { DirectoryInstance, InstanceOptions } from "./instance.ts"
import type { Instructions } from "./instructions.ts"
import { Library } from "./library.ts"

/** The directory that a part is made for. */
type Place = Pick<DirectoryInstance, "directory" | "worktree" | "project">

/** The models of one directory's configuration and the user's credentials. */
export function providersOf(options: InstanceOptions, self: DirectoryInstance): Providers {
  const { auth, config, engine, gateway, paths } = options
  return createProviders({
    config: () => self.config(),
    redirects: async () => (await config.load(self.directory, self.worktree)).redirects,
    projectProviders: async () => (await config.load(self.directory, self.worktree)).projectProviders,
    auth,
    gateway,
    paths,
    env: engine.env,
    version: engine.version,
  })
}

/** Its plugins, which nothing loads before a hook is asked for. */
export function pluginsOf(
  { engine, paths, config }: InstanceOptions,
  { directory, worktree, project }: Place,
): Plugins {
  return new Plugins({
    paths,
    env: engine.env,
    directory,
    worktree,
    project,
    sources: async () =>
      (await config.load(directory, worktree)).sources.map(({ layer, kind }) => ({
        path: layer.path,
        project: kind === "project",
        config: layer.config,
      })),
    connect: engine.plugins,
  })
}

/** Agents, commands and skills of files and configuration. */
export function libraryOf({ engine, paths, config, gateway }: InstanceOptions, self: DirectoryInstance): Library {
  const { directory, worktree } = self
  return new Library({
    env: engine.env,
    paths,
    directory,
    worktree,
    config: () => self.config(),
    globalConfig: () => config.get(),
    ownConfig: async () => (await config.load(directory, worktree)).own,
    organizationModes: () => gateway.modes(),
    projectConfig: async () => {
      const { sources } = await config.load(directory, worktree)
      const own = sources.filter(({ kind }) => kind === "project")
      return own.reduce<Config>((all, { layer }) => mergeConfig(all, layer.config), {})
    },
  })
}

/** The built-in tools. */
export async function toolsetOf(
  { engine, paths }: InstanceOptions,
  self: DirectoryInstance,
  tasks: () => TaskHost,
  format: Format,
): Promise<Toolset> {
  const [{ createToolset }, config, agents, skills] = await Promise.all([
    import("./toolset.ts"),
    self.config(),
    self.agents(),
    self.library.skills(),
  ])
  const limits = config.tool_output
  const index = engine.codeIndex?.({ directory: self.directory, worktree: self.worktree })
  return createToolset({
    env: engine.env,
    ...(config.shell ? { shell: config.shell } : {}),
    outputDir: join(paths.data, "tool-output"),
    version: engine.version,
    ...(index ? { index } : {}),
    format,
    skills,
    tasks: { agents, host: tasks() },
    ...(limits
      ? {
          limits: {
            ...(limits.max_lines === undefined ? {} : { maxLines: limits.max_lines }),
            ...(limits.max_bytes === undefined ? {} : { maxBytes: limits.max_bytes }),
          },
        }
      : {}),
  })
}

/** What the system prompt is made of. */
export async function instructionsOf(
  { engine, paths, config, onError }: InstanceOptions,
  { directory, worktree, project }: Place,
): Promise<Instructions> {
  const { Instructions } = await import("./instructions.ts")
  return new Instructions({
    directory,
    worktree,
    ...(project.vcs ? { vcs: project.vcs } : {}),
    paths,
    env: engine.env,
    config: () => config.load(directory, worktree),
    onError,
  })
}

/** Its checkpoints, where the configuration wants them. */
export async function snapshotOf(
  { engine, paths, onError }: InstanceOptions,
  self: DirectoryInstance,
): Promise<Snapshot> {
  const { createSnapshot } = await import("../snapshot/index.ts")
  const config = await self.config()
  return createSnapshot({
    paths,
    projectID: self.project.id,
    worktree: self.worktree,
    directory: self.directory,
    ...(self.project.vcs ? { vcs: self.project.vcs } : {}),
    enabled: config.snapshot !== false,
    env: engine.env,
    onError,
  })
}

/** What the small model does on the side; its code is loaded with the first question. */
export function assistOf({ engine }: InstanceOptions, self: DirectoryInstance): AssistService {
  const load = async () =>
    (await import("../assist/index.ts")).createAssist({
      providers: self.providers,
      worktree: self.worktree,
      env: engine.env,
      commitPrompt: async () => (await self.config()).commit_message?.prompt,
    })
  return {
    enhancePrompt: async (...args) => (await load()).enhancePrompt(...args),
    branchName: async (...args) => (await load()).branchName(...args),
    commitMessage: async (...args) => (await load()).commitMessage(...args),
  }
}
