import { join } from "node:path"
import type { Agent, AgentDraft, SavedAgent } from "../agent/index.ts"
import type { Command, CommandFile } from "../command/types.ts"
import { type Config, type ConfigWarning, configFolders, defaultPermission, projectRoots } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import { BadRequestError } from "../error.ts"
import type { Paths } from "../project/types.ts"
import type { Skill } from "../skill/types.ts"
import { lazyAsync } from "./lazy.ts"

export interface LibraryOptions {
  paths: Paths
  env: EngineOptions["env"]
  directory: string
  worktree: string
  config(): Promise<Config>
  globalConfig(): Promise<Config>
  /** Modes of the organization that the user works for; rejects when they can't be read. */
  organizationModes(): Promise<unknown[]>
  /** What the project's own configuration files say. */
  projectConfig(): Promise<Config>
}

/** What users add to the agent by writing files: agents, skills and commands of one directory. Read once, until `reset`. */
export class Library {
  readonly #options: LibraryOptions

  constructor(options: LibraryOptions) {
    this.#options = options
  }

  readonly #agentFiles = lazyAsync(async () => {
    const { loadAgentFiles } = await import("../agent/index.ts")
    const { paths, config, globalConfig } = this.#options
    return loadAgentFiles({
      folders: configFolders(this.#options),
      modes: {
        roots: projectRoots(this.#options),
        files: [
          join(paths.home, ".kilocode", "cli", "global", "settings", "custom_modes.yaml"),
          join(paths.config, "custom_modes.yaml"),
        ],
        organization: () => this.#options.organizationModes(),
      },
      global: await globalConfig(),
      config: await config(),
    })
  })
  readonly #agents = lazyAsync(async () => {
    const { resolveAgents } = await import("../agent/index.ts")
    const { env, paths } = this.#options
    const permission = await defaultPermission(env)
    const [config, { agent }] = await Promise.all([this.#options.config(), this.#agentFiles()])
    return resolveAgents({
      config: { ...config, agent },
      home: paths.home,
      ...(permission === undefined ? {} : { defaultPermission: permission }),
    })
  })
  readonly #skills = lazyAsync(async () => {
    const { loadSkills } = await import("../skill/index.ts")
    const { config, globalConfig } = this.#options
    return loadSkills({
      folders: configFolders(this.#options),
      place: this.#options,
      config: await config(),
      global: await globalConfig(),
    })
  })
  readonly #commands = lazyAsync(async () => {
    const { loadCommands } = await import("../command/index.ts")
    const { config, globalConfig } = this.#options
    return loadCommands({
      folders: configFolders(this.#options),
      place: this.#options,
      config: await config(),
      global: await globalConfig(),
      project: await this.#options.projectConfig(),
      skills: (await this.#skills()).skills,
    })
  })

  agents(): Promise<Agent[]> {
    return this.#agents()
  }

  async skills(): Promise<Skill[]> {
    return (await this.#skills()).skills
  }

  async commands(): Promise<Command[]> {
    return (await this.#commands()).commands
  }

  async commandFiles(): Promise<CommandFile[]> {
    return (await this.#commands()).files
  }

  /** What is wrong with the files. */
  async warnings(): Promise<ConfigWarning[]> {
    const all = await Promise.all([this.#agentFiles(), this.#skills(), this.#commands()])
    return all.flatMap(({ warnings }) => warnings)
  }

  async saveAgent(id: string, draft: AgentDraft): Promise<SavedAgent> {
    const saved = await (await this.#writer()).save(id, draft)
    this.reset()
    return saved
  }

  /** Removes the files of an agent. Throws BadRequestError when there are none. */
  async removeAgent(name: string, scope?: "global" | "project"): Promise<void> {
    const { files } = await this.#agentFiles()
    const removed = await (await this.#writer()).remove(name, files, scope)
    this.reset()
    if (removed > 0) return
    const where = scope === undefined ? "" : ` in the ${scope} folders`
    throw new BadRequestError(
      `There is no file of an agent "${name}"${where}. Built-in agents and those of the configuration can be switched off with agent.${name}.disable.`,
    )
  }

  async removeSkill(location: string): Promise<void> {
    const { removeSkill } = await import("../skill/index.ts")
    await removeSkill(await this.skills(), location)
    this.reset()
  }

  /** Removes the file of a command. Throws BadRequestError when it is not one. */
  async removeCommand(location: string): Promise<void> {
    const { rm } = await import("node:fs/promises")
    const file = (await this.commandFiles()).find((one) => one.location === location && one.editable)
    if (!file) throw new BadRequestError(`There is no command file ${location}.`)
    await rm(location, { force: true })
    this.reset()
  }

  reset() {
    this.#agentFiles.reset()
    this.#agents.reset()
    this.#skills.reset()
    this.#commands.reset()
  }

  async #writer() {
    const { AgentWriter } = await import("../agent/index.ts")
    const { paths } = this.#options
    const root = projectRoots(this.#options)[0] ?? this.#options.directory
    return new AgentWriter({ global: paths.config, project: join(root, ".kilo") })
  }
}
