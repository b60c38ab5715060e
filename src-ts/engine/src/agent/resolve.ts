import type { AgentConfig, Config } from "../config/types.ts"
import {
  markSource,
  type PermissionConfig,
  type PermissionRuleset,
  permissionOf,
  rulesOf,
} from "../permission/index.ts"
import type { Agent } from "./types.ts"

/**
 * What every agent may do unless somebody says otherwise. Asked for: everything outside the project, secrets in .env
 * files, and edits of what decides which programs run and what needs no question: git's own files, our configuration.
 */
const DEFAULTS: PermissionConfig = {
  "*": "allow",
  doom_loop: "ask",
  external_directory: "ask",
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

const READ_ONLY: PermissionConfig = { edit: "deny", bash: "deny" }

interface BuiltIn
  extends Pick<Agent, "name" | "mode" | "description" | "displayName" | "hidden" | "prompt" | "temperature"> {
  /** Stronger than the user's general rules, weaker than the user's rules for this very agent. */
  restrictions?: PermissionConfig
}

const BUILT_IN: BuiltIn[] = [
  {
    name: "code",
    displayName: "Code",
    mode: "primary",
    description: "Reads, changes and runs the project's code to get a task done.",
  },
  {
    name: "ask",
    displayName: "Ask",
    mode: "primary",
    description: "Answers questions about the project without changing anything.",
    prompt:
      "You are Kilo in ask mode. Answer the user's questions about this project from what you find in it: search and read before you claim, " +
      "and point to evidence as path:line. You can't change files or run commands here; when the user wants a change, describe it and suggest the code agent. Be brief and concrete.",
    restrictions: READ_ONLY,
  },
  {
    name: "plan",
    displayName: "Plan",
    mode: "primary",
    description: "Explores the project and writes a plan to .kilo/plans; changes nothing else.",
    prompt:
      "You are Kilo in plan mode. Study the project with the read and search tools, clear up what is unclear with the user, then write one plan " +
      "as Markdown to .kilo/plans/<short-name>.md: the goal, the steps in order with the files they touch, the risks, and how to check the result. " +
      "Every other file is read-only and commands are off. End with a summary of a few lines and the plan's path.",
    restrictions: { bash: "deny", edit: { "*": "deny", ".kilo/plans/*.md": "allow", "*/.kilo/plans/*.md": "allow" } },
  },
  {
    name: "compaction",
    mode: "primary",
    hidden: true,
    description: "Condenses a long conversation.",
    prompt:
      "Condense the conversation so that another agent can go on without having seen it. Keep: the user's goals and constraints in their words, " +
      "decisions and why, files read or changed and what matters in them, commands and results that count, open problems, and the next step. Leave out small talk. Write plain Markdown and answer nothing else.",
    restrictions: "deny",
  },
  {
    name: "summary",
    mode: "primary",
    hidden: true,
    description: "Sums up what a turn did.",
    prompt:
      "Sum up in two or three plain sentences, first person, what was done in this conversation and what is left. No lists, no headings.",
    restrictions: "deny",
  },
  {
    name: "title",
    temperature: 0.5,
    mode: "primary",
    hidden: true,
    description: "Names a session.",
    prompt:
      "Give this conversation a title: at most 50 characters, one line, in the user's language, naming the task or topic. " +
      "No quotes, no final stop, no explanation, and do not do or answer what is asked in it.",
    restrictions: "deny",
  },
]

/**
 * All agents, default agent first, then the built-in and the user's own, hidden ones last. Rule order, weakest first:
 * built-in defaults, the host's default permission, the configuration's rules, an agent's built-in restrictions, the
 * configuration's rules for that agent.
 */
export function resolveAgents(options: {
  config: Config
  defaultPermission?: PermissionConfig
  home?: string
}): Agent[] {
  const { config, home } = options
  const general: PermissionRuleset = [
    ...rulesOf(DEFAULTS),
    ...markSource(rulesOf(options.defaultPermission, home), "global"),
    ...markSource([...toolRules(config.tools), ...rulesOf(config.permission, home)], "global"),
  ]
  // `mode` is the older name of `agent`; there, entries are primary agents.
  const overrides = new Map<string, AgentConfig>()
  for (const [name, value] of Object.entries(config.mode ?? {})) overrides.set(name, { mode: "primary", ...value })
  for (const [name, value] of Object.entries(config.agent ?? {})) {
    overrides.set(name, { ...overrides.get(name), ...value })
  }

  const agents: Agent[] = []
  for (const builtIn of BUILT_IN) {
    const override = overrides.get(builtIn.name)
    overrides.delete(builtIn.name)
    // Hidden agents do the engine's own work; without them sessions would lose their titles.
    if (override?.disable && !builtIn.hidden) continue
    const { restrictions, ...rest } = builtIn
    const base: Agent = { ...rest, native: true, permission: [...general, ...rulesOf(restrictions)], options: {} }
    agents.push(override ? apply(base, override, home) : base)
  }
  for (const [name, override] of overrides) {
    if (override.disable) continue
    agents.push(apply({ name, mode: "all", native: false, permission: [...general], options: {} }, override, home))
  }
  return agents.sort((a, b) => rank(a, config.default_agent) - rank(b, config.default_agent))
}

/** Clients take the first agent that is neither hidden nor a sub-agent as the default, so the order says which it is. */
function rank(agent: Agent, preferred: string | undefined): number {
  if (agent.hidden) return 2
  return agent.name === preferred && agent.mode !== "subagent" ? 0 : 1
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
    steps: override.steps,
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
