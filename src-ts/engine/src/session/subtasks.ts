import { findAgent } from "../agent/index.ts"
import { PromptError } from "../error.ts"
import { ascending, ulid } from "../id/index.ts"
import type { AssistantMessage, Part, SubtaskPart } from "../message/types.ts"
import type { ToolContext, ToolResult } from "../tool/types.ts"
import { answerTo } from "./answer.ts"
import { Call } from "./call.ts"
import { LoopGuard } from "./loops.ts"
import type { TurnInput } from "./turn.ts"

/** A tool that the user calls instead of the model. */
export interface DirectCall {
  tool: string
  input: Record<string, unknown>
  run(context: ToolContext): Promise<ToolResult>
}

/** The tasks that a prompt brought along, as calls of the task tool. */
export async function subTaskCalls(input: TurnInput): Promise<DirectCall[]> {
  const { workspace, sessionID, user } = input
  const parts = workspace.store
    .message(sessionID, user.id)
    .parts.filter((part: Part): part is SubtaskPart => part.type === "subtask")
  if (parts.length === 0) return []
  // The tools, with the schema library, would otherwise be part of every start of the server.
  const [agents, { runTask }] = await Promise.all([workspace.agents(), import("../tool/index.ts")])
  return parts.map((part) => {
    const agent = findAgent(agents, part.agent)
    if (!agent) throw new PromptError(`Agent not found: "${part.agent}".`)
    const { description, prompt, command } = part
    return {
      tool: "task",
      input: { description, prompt, subagent_type: agent.name, ...(command ? { command } : {}) },
      run: (context) =>
        runTask(
          workspace.tasks,
          {
            agent,
            description,
            prompt,
            ...(part.model ? { model: { ...part.model, ...(part.variant ? { variant: part.variant } : {}) } } : {}),
          },
          context,
        ),
    }
  })
}

/**
 * Runs calls that come from the user as one assistant message, all at the same time and without asking anybody, with a checkpoint
 * around them. The model is not called; `show` adds what the user should read besides the tool parts, which the model
 * has in their outputs already.
 */
export async function runDirect(
  input: TurnInput,
  calls: DirectCall[],
  show: (parts: Part[]) => string | undefined = () => undefined,
): Promise<{ outcome: "stop" | "aborted"; assistant: AssistantMessage; range: { first?: string; last?: string } }> {
  const { workspace, sessionID, user, signal, summaries } = input
  const { store, scope } = workspace
  const [agents, toolset] = await Promise.all([workspace.agents(), workspace.toolset()])
  const agent = findAgent(agents, user.agent)
  if (!agent) throw new PromptError(`Agent not found: "${user.agent}".`)
  const before = await checkpoint(input)
  let assistant = answerTo(user, workspace)
  store.commit(scope, { type: "message", info: assistant })
  const ids = { sessionID, messageID: assistant.id }
  const context = {
    workspace,
    agent,
    toolset,
    offered: [],
    signal,
    checkpoint: async () => before,
    loops: new LoopGuard(),
    charge: (cost: number) => {
      if (cost === 0) return
      assistant = { ...assistant, cost: Number((assistant.cost + cost).toFixed(10)) }
      store.commit(scope, { type: "message", info: assistant })
    },
  }
  const running = calls.map((call) => {
    const one = new Call(context, { id: ascending("prt"), ...ids, callID: ulid(), tool: call.tool }, true)
    one.direct(call.input, call.run)
    return one
  })
  await Promise.all(running.map((call) => call.done))
  for (const call of running) call.interrupt()
  const text = signal.aborted ? undefined : show(store.message(sessionID, assistant.id).parts)
  if (text) {
    const now = Date.now()
    const part = {
      id: ascending("prt"),
      ...ids,
      type: "text" as const,
      text,
      ignored: true,
      time: { start: now, end: now },
    }
    store.commit(scope, { type: "part", part })
  }
  const after = await checkpoint(input)
  if (before && after && before !== after) {
    const files = await (await workspace.snapshot()).changed(before, after)
    const part = { id: ascending("prt"), ...ids, type: "patch" as const, hash: before, files }
    if (files.length > 0) store.commit(scope, { type: "part", part })
  }
  if (after) summaries.note(sessionID, after)
  assistant = { ...assistant, finish: "stop", time: { ...assistant.time, completed: Date.now() } }
  if (signal.aborted) assistant = { ...assistant, error: { name: "MessageAbortedError", data: { message: "Aborted" } } }
  store.commit(scope, { type: "message", info: assistant })
  return {
    outcome: signal.aborted ? "aborted" : "stop",
    assistant,
    range: { ...(before ? { first: before } : {}), ...(after ? { last: after } : {}) },
  }
}

async function checkpoint({ workspace }: TurnInput): Promise<string | undefined> {
  try {
    return await (await workspace.snapshot()).track(AbortSignal.timeout(10_000))
  } catch (error) {
    // Checkpoints are a comfort; the call goes on without.
    workspace.onError(error)
    return undefined
  }
}

/** What sub-agents reported, for the user to read. */
export function reports(parts: Part[]): string | undefined {
  const texts = parts.flatMap((part) => {
    if (part.type !== "tool" || part.state.status !== "completed") return []
    const text = /<task_result>\n([\s\S]*)\n<\/task_result>/.exec(part.state.output)?.[1]
    return text ? [text] : []
  })
  return texts.length > 0 ? texts.join("\n\n---\n\n") : undefined
}
