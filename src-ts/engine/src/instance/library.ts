import { join } from "node:path"
import type { Agent, AgentDraft, AgentFile, SavedAgent } from "../agent/index.ts"
import type { Command, CommandFile } from "../command/types.ts"
import {
  type Config,
  type ConfigWarning,
  configFolders,
  defaultPermission,
  projectRoots,
  switchedOn,
  TRUST,
} from "../config/index.ts"
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
  /** The configuration without the project's, where the project's says what agents may do. */
  ownConfig(): Promise<Config | undefined>
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
    const { paths, config, globalConfig, ownConfig } = this.#options
    const own = await ownConfig()
    return loadAgentFiles({
      ...(own === undefined ? {} : { own }),
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
    const [config, mine, { agent, own }] = await Promise.all([
      this.#options.config(),
      this.#options.ownConfig(),
      this.#agentFiles(),
    ])
    const limit = own && !switchedOn(env[TRUST]) ? { ...(mine ?? config), agent: own } : undefined
    return resolveAgents({
      ...(limit ? { own: limit } : {}),
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
    return [...all.flatMap(({ warnings }) => warnings), ...(await this.#limited())]
  }

  /** What the project wants to allow and the user does not. */
  async #limited(): Promise<ConfigWarning[]> {
    const { loosened } = await import("../permission/index.ts")
    const names = new Set(
      (await this.agents()).flatMap(({ permission }) =>
        loosened(permission).map((rule) => `${rule.permission} "${rule.pattern}"`),
      ),
    )
    if (names.size === 0) return []
    const message = `The project's rules allow ${[...names].slice(0, 5).join(", ")}, which your own do not: there your rules count. If you trust the project, put these into your global config, or set ${TRUST}=1 in the environment.`
    return [{ path: this.#options.directory, message }]
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

  /** The files that describe agents, strongest last, with their text. */
  async agentFiles(): Promise<AgentFile[]> {
    const { readFile } = await import("node:fs/promises")
    const { parseMarkdown } = await import("../markdown/index.ts")
    const { files } = await this.#agentFiles()
    return Promise.all(
      files.map(async (file) => {
        const content = await readFile(file.path, "utf8").catch(() => "")
        const { settings, problem } = await parseMarkdown(content)
        return { ...file, content, ...(problem === undefined ? { settings } : {}) }
      }),
    )
  }

  /** Writes the Markdown file of an agent as it stands. Throws BadRequestError for a bad name. */
  async saveAgentText(name: string, scope: "global" | "project", content: string): Promise<string> {
    return this.#saveFile(scope, ["agent"], name, ".md", content)
  }

  /** Writes the Markdown file of a command. Throws BadRequestError for a bad name. */
  async saveCommand(name: string, scope: "global" | "project", content: string): Promise<string> {
    return this.#saveFile(scope, ["command"], name, ".md", content)
  }

  /** Writes a skill's SKILL.md into a folder of its name. Throws BadRequestError for a bad name. */
  async saveSkill(name: string, scope: "global" | "project", content: string): Promise<string> {
    return this.#saveFile(scope, ["skills"], `${name}/SKILL`, ".md", content)
  }

  async #saveFile(
    scope: "global" | "project",
    folders: string[],
    name: string,
    ending: string,
    content: string,
  ): Promise<string> {
    const [{ badName }, { writeAtomic }] = await Promise.all([import("../agent/index.ts"), import("../disk/index.ts")])
    const problem = badName(name)
    if (problem) throw new BadRequestError(`"${name}" can't be used as a name: ${problem}.`)
    const path = join(this.#folder(scope), ...folders, ...`${name}${ending}`.split("/"))
    const mode = scope === "global" ? { mode: 0o600, dirMode: 0o700 } : { mode: 0o644, dirMode: 0o755 }
    await writeAtomic(path, content.endsWith("\n") ? content : `${content}\n`, mode)
    this.reset()
    return path
  }

  #folder(scope: "global" | "project"): string {
    const root = projectRoots(this.#options)[0] ?? this.#options.directory
    return scope === "global" ? this.#options.paths.config : join(root, ".kilo")
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
    return new AgentWriter({ global: this.#folder("global"), project: this.#folder("project") })
  }
}
