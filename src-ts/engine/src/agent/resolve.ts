import type { AgentConfig, Config } from "../config/types.ts"
import {
  limitTo,
  markSource,
  type PermissionConfig,
  type PermissionRuleset,
  permissionOf,
  rulesOf,
} from "../permission/index.ts"
import { ALIASES, BUILT_IN } from "./builtin.ts"
import type { Agent } from "./types.ts"

/**
 * What every agent may do unless somebody says otherwise. Asked for: everything outside the project, servers of the own
 * machine and network, secrets in .env files, and edits of what decides which programs run and what needs no question:
 * git's own files, our configuration.
 */
const DEFAULTS: PermissionConfig = {
  "*": "allow",
  doom_loop: "ask",
  external_directory: "ask",
  plan_exit: "deny",
  private_network: "ask",
  edit: {
    "*": "allow",
    ".git/*": "ask",
    "*/.git/*": "ask",
    "kilo.json*": "ask",
    "*/kilo.json*": "ask",
    "opencode.json*": "ask",
    "*/opencode.json*": "ask",
  },
  read: { "*": "allow", "*.env": "ask", "*.env.*": "ask", "*.env.example": "allow" },
}

/**
 * All agents, default agent first, then the built-in and the user's own, hidden ones last. An entry for an alias ("build",
 * "architect") changes the built-in agent that it stands for. Rule order, weakest first:
 * built-in defaults, the host's default permission, the configuration's rules, an agent's built-in restrictions, the
 * configuration's rules for that agent. With `own`, which is the configuration without the project's, agents may do nothing unasked
 * that they may not do by that one.
 */
export function resolveAgents(options: ResolveOptions & { own?: Config }): Agent[] {
  const agents = resolve(options)
  if (options.own === undefined) return agents
  const own = { ...options, config: options.own }
  const limits = new Map(resolve(own).map(({ name, permission }) => [name, permission]))
  const fallback = generalRules(own)
  for (const agent of agents) limitTo(agent.permission, limits.get(agent.name) ?? fallback)
  return agents
}

interface ResolveOptions {
  config: Config
  defaultPermission?: PermissionConfig
  home?: string
}

/** What holds for all agents. Fresh objects each time, because limits are tied to them. */
function generalRules({ config, defaultPermission, home }: ResolveOptions): PermissionRuleset {
  return [
    ...rulesOf(DEFAULTS),
    ...markSource(rulesOf(defaultPermission, home), "global"),
    ...markSource([...toolRules(config.tools), ...rulesOf(config.permission, home)], "global"),
  ]
}

function resolve(options: ResolveOptions): Agent[] {
  const { config, home } = options
  // `mode` is the older name of `agent`; there, entries are primary agents.
  const overrides = new Map<string, AgentConfig>()
  const add = (name: string, value: AgentConfig) => {
    const real = ALIASES[name] ?? name
    overrides.set(real, { ...overrides.get(real), ...value })
  }
  for (const [name, value] of Object.entries(config.mode ?? {})) add(name, { mode: "primary", ...value })
  for (const [name, value] of Object.entries(config.agent ?? {})) add(name, value)

  const agents: Agent[] = []
  for (const builtIn of BUILT_IN) {
    const override = overrides.get(builtIn.name)
    overrides.delete(builtIn.name)
    // Hidden agents do the engine's own work; without them sessions would lose their titles.
    if (override?.disable && !builtIn.hidden) continue
    const { restrictions, ...rest } = builtIn
    const base: Agent = {
      ...rest,
      native: true,
      permission: [...generalRules(options), ...rulesOf(restrictions)],
      options: {},
    }
    agents.push(override ? apply(base, override, home) : base)
  }
  for (const [name, override] of overrides) {
    if (override.disable) continue
    agents.push(
      apply({ name, mode: "all", native: false, permission: generalRules(options), options: {} }, override, home),
    )
  }
  return agents.sort((a, b) => rank(a, config.default_agent) - rank(b, config.default_agent))
}

/** The agent of a name, or the built-in one that it is an alias of. */
export function findAgent(agents: Agent[], name: string): Agent | undefined {
  return agents.find((agent) => agent.name === name) ?? agents.find((agent) => agent.name === ALIASES[name])
}

/** Clients take the first agent that is neither hidden nor a sub-agent as the default, so the order says which it is. */
function rank(agent: Agent, preferred: string | undefined): number {
  if (agent.hidden) return 2
  return agent.name === (preferred && (ALIASES[preferred] ?? preferred)) && agent.mode !== "subagent" ? 0 : 1
}

function apply(base: Agent, override: AgentConfig, home: string | undefined): Agent {
  const model = typeof override.model === "string" ? modelRef(override.model) : undefined
  const picked: Partial<Agent> = {
    displayName: override.displayName,
    description: override.description,
    mode: override.mode,
    hidden: override.hidden,
    temperature: override.temperature,
    topP: override.top_p,
    color: override.color,
    variant: override.variant,
    prompt: override.prompt,
    steps: override.steps ?? (typeof override.maxSteps === "number" ? override.maxSteps : undefined),
    source: typeof override.source === "string" ? override.source : undefined,
    model,
  }
  const set = Object.fromEntries(Object.entries(picked).filter(([, value]) => value !== undefined && value !== null))
  const rules = markSource([...toolRules(override.tools), ...rulesOf(override.permission, home)], "global")
  return {
    ...base,
    ...set,
    permission: [...base.permission, ...rules],
    options: { ...base.options, ...override.options },
  }
}

/** Tool switches are an older way to write rules. */
function toolRules(tools: Record<string, boolean> | undefined): PermissionRuleset {
  return Object.entries(tools ?? {}).map(([tool, on]) => ({
    permission: permissionOf(tool),
    pattern: "*",
    action: on ? "allow" : "deny",
  }))
}

function modelRef(text: string): { providerID: string; modelID: string } | undefined {
  const slash = text.indexOf("/")
  return slash > 0 && slash < text.length - 1
    ? { providerID: text.slice(0, slash), modelID: text.slice(slash + 1) }
    : undefined
}
