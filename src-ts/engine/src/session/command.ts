import { realpath, stat } from "node:fs/promises"
import { basename, isAbsolute, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { type Agent, findAgent } from "../agent/index.ts"
import { type Command, fillTemplate, mentions } from "../command/index.ts"
import { PromptError } from "../error.ts"
import { contains } from "../file/index.ts"
import { ascending } from "../id/index.ts"
import type { ModelRef, PartInput, PromptInput } from "../message/types.ts"
import { markSource, matches, type PermissionRuleset } from "../permission/index.ts"
import { messageOf } from "./failure.ts"
import type { CommandInput } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** A command's own commands gather facts for a prompt; whatever takes longer belongs into the turn. */
const RUN_MS = 60_000
const MAX_MENTIONS = 20

/**
 * Turns a slash command into the prompt that it stands for. Its !\`commands\` run now, by the permission rules of the agent and the
 * session; those of a command that came with the repository ask even where the rules allow. Throws PromptError for an
 * unknown command and for one whose commands were refused.
 */
export async function commandPrompt(
  workspace: Workspace,
  sessionID: string,
  input: CommandInput,
  signal: AbortSignal,
): Promise<PromptInput> {
  const [commands, agents] = await Promise.all([workspace.commands(), workspace.agents()])
  const name = input.command.replace(/^\//, "")
  const command = commands.find((each) => each.name === name)
  if (!command) {
    const names = commands.map((each) => each.name)
    throw new PromptError(`There is no command /${name}. Available: ${names.join(", ")}.`)
  }
  const wanted = command.agent ?? input.agent
  const chosen = wanted === undefined ? undefined : findAgent(agents, wanted)
  if (wanted !== undefined && !chosen) throw new PromptError(`Agent not found: "${wanted}". /${name} asks for it.`)
  const current = chosen ?? agentOf(agents, workspace, sessionID)
  const run = current && runner(workspace, sessionID, command, current, signal)
  // What an MCP server says is a text: nothing in it is run or read from disk.
  const text =
    command.source === "mcp"
      ? await workspace.serverPrompt(command.name, input.arguments, signal).catch((error: unknown) => {
          throw new PromptError(`/${name} can't be used: ${error instanceof Error ? error.message : String(error)}`)
        })
      : await fillTemplate(command.template, input.arguments, async (line) => (run ? run(line) : ""))
  const model = modelOf(command.model ?? input.model)
  const variant = input.variant ?? command.variant
  const isTask = command.subtask ?? (chosen?.mode === "subagent" && command.agent !== undefined)
  const base = {
    ...(input.messageID ? { messageID: input.messageID } : {}),
    ...(input.snapshotInitialization ? { snapshotInitialization: input.snapshotInitialization } : {}),
  }
  if (isTask) {
    const own = input.agent === undefined ? {} : { agent: input.agent }
    const task: PartInput = {
      type: "subtask",
      prompt: text,
      description: (command.description ?? name).slice(0, 100),
      agent: (command.agent === undefined ? undefined : chosen?.name) ?? "general",
      command: name,
      ...(model ? { model } : {}),
      ...(variant ? { variant } : {}),
    }
    return { ...base, ...own, parts: [task] }
  }
  return {
    ...base,
    ...(chosen ? { agent: chosen.name } : {}),
    ...(model ? { model } : {}),
    ...(variant ? { variant } : {}),
    parts: await hooked(workspace, sessionID, name, input.arguments, [
      { type: "text", text },
      ...(command.source === "mcp" ? [] : await mentioned(workspace, command, text, agents)),
      ...(input.parts ?? []),
    ]),
  }
}

/** The parts as plugins change them. */
async function hooked(workspace: Workspace, sessionID: string, command: string, args: string, parts: PartInput[]) {
  const plugins = await workspace.plugins()
  if (!plugins.has("command.execute.before")) return parts
  return (await plugins.trigger("command.execute.before", { command, sessionID, arguments: args }, { parts })).parts
}

function agentOf(agents: Agent[], workspace: Workspace, sessionID: string): Agent | undefined {
  const name = workspace.store.get(sessionID).agent
  return (name === undefined ? undefined : findAgent(agents, name)) ?? agents.find((agent) => !agent.hidden)
}

function modelOf(text: string | undefined): ModelRef | undefined {
  if (text === undefined) return undefined
  const slash = text.indexOf("/")
  if (slash < 1 || slash === text.length - 1) {
    throw new PromptError(`"${text}" is no model. Write it as provider/model.`)
  }
  return { providerID: text.slice(0, slash), modelID: text.slice(slash + 1) }
}

function runner(workspace: Workspace, sessionID: string, command: Command, agent: Agent, signal: AbortSignal) {
  return async (line: string): Promise<string> => {
    const abort = AbortSignal.any([signal, AbortSignal.timeout(RUN_MS)])
    const session = workspace.store.get(sessionID)
    const rules = [...agent.permission, ...markSource(session.permission ?? [], "session")]
    const bash = (await workspace.toolset()).tools.get("bash")
    if (!bash) throw new PromptError(`/${command.name} needs the bash tool, which is not there.`)
    try {
      const result = await bash.execute(
        { command: line, timeout: RUN_MS, description: `for /${command.name}` },
        {
          sessionID,
          messageID: ascending("msg"),
          callID: ascending("prt"),
          agent,
          directory: workspace.directory,
          worktree: workspace.worktree,
          abort,
          update: () => undefined,
          ask: async (request) => {
            const limits = command.trusted === false ? wary(rules) : rules
            await workspace.permissions.ask({ ...request, sessionID, rules: limits, abort: signal })
          },
          question: async () => [],
          charge: () => undefined,
          todos: { get: () => [], set: () => undefined },
          edited: () => undefined,
        },
      )
      return result.output.trim()
    } catch (error) {
      if (signal.aborted) throw error
      throw new PromptError(`/${command.name} needs the output of \`${line}\`, which was not run: ${messageOf(error)}`)
    }
  }
}

/** Rules for commands that a repository brought along: nothing runs without a question, whatever is allowed to the agent. */
function wary(rules: PermissionRuleset): PermissionRuleset {
  return rules.map((rule) =>
    rule.action === "allow" && (matches(rule.permission, "bash") || matches(rule.permission, "external_directory"))
      ? { ...rule, action: "ask" as const }
      : rule,
  )
}

/** Files and agents that the text names with "@". What a repository's own template names stays inside the project. */
async function mentioned(workspace: Workspace, command: Command, text: string, agents: Agent[]): Promise<PartInput[]> {
  const root = workspace.worktree === "/" ? workspace.directory : workspace.worktree
  const home = workspace.home
  const own = new Set(mentions(command.template))
  const parts: PartInput[] = []
  for (const name of mentions(text).slice(0, MAX_MENTIONS)) {
    const path = name.startsWith("~/") ? join(home, name.slice(2)) : name
    const places = isAbsolute(path) ? [path] : [resolve(workspace.directory, path), resolve(root, path)]
    const place = await firstThere(places)
    if (place) {
      if (command.trusted === false && own.has(name) && !contains(await realpath(root), await realpath(place.path)))
        continue
      parts.push({
        type: "file",
        url: pathToFileURL(place.path).href,
        filename: basename(place.path),
        mime: place.folder ? "application/x-directory" : "text/plain",
      })
      continue
    }
    const agent = agents.find((each) => each.name === name && each.mode !== "primary" && !each.hidden)
    if (agent) parts.push({ type: "agent", name })
  }
  return parts
}

async function firstThere(places: string[]): Promise<{ path: string; folder: boolean } | undefined> {
  for (const path of places) {
    const info = await stat(path).catch(() => undefined)
    if (info?.isFile() || info?.isDirectory()) return { path, folder: info.isDirectory() }
  }
  return undefined
}
