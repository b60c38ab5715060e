import { z } from "zod"
import type { Agent } from "../agent/types.ts"
import type { ModelRef } from "../message/types.ts"
import { evaluate } from "../permission/index.ts"
import { define, ToolError } from "./define.ts"
import { BoundedOutput } from "./support/output.ts"
import type { Tool, ToolContext, ToolResult } from "./types.ts"

const MAX_RESULT_CHARS = 50_000

export interface SubTask {
  agent: Agent
  description: string
  prompt: string
  /** Session of an earlier task to go on with. */
  resume?: string
  /** Instead of the agent's or the parent's. */
  model?: ModelRef
}

export interface SubTaskEnd {
  sessionID: string
  state: "completed" | "interrupted" | "error"
  /** What the sub-agent said last. */
  text: string
  error?: string
  /** Price of this task in USD. */
  cost: number
}

/** Runs tasks in child sessions; made by the session service. */
export interface TaskHost {
  /** `started` is called once the child session is there. Throws ToolError for a session that can't be gone on with. */
  run(
    parent: { sessionID: string; messageID: string; agent: Agent; abort: AbortSignal },
    task: SubTask,
    started: (child: { sessionID: string; model: ModelRef }) => void,
  ): Promise<SubTaskEnd>
}

/** Gives work to a sub-agent in a session of its own (contract: behaviour section 5, task). */
export function taskTool(options: { agents: Agent[]; host: TaskHost; outputDir: string }): Tool {
  const subAgents = options.agents.filter((agent) => agent.mode !== "primary" && !agent.hidden)
  const allowed = (agent: Agent) =>
    subAgents.filter((each) => evaluate("task", each.name, agent.permission).action !== "deny")
  const tool = define({
    id: "task",
    description: "",
    shape: {
      description: z.string().min(1).max(200).describe("Three to five words that name the task"),
      prompt: z.string().min(1).describe("The whole task: goal, files, limits, and what to report"),
      subagent_type: z.string().describe("Name of the sub-agent"),
      task_id: z.string().optional().describe("Id of an earlier task, to go on in its session"),
    },
    async execute(input, context) {
      const name = input.subagent_type
      const agent = subAgents.find((each) => each.name === name)
      if (!agent) {
        const names = allowed(context.agent).map((each) => each.name)
        throw new ToolError(`There is no sub-agent "${name}". Available: ${names.join(", ") || "none"}.`)
      }
      await context.ask({
        permission: "task",
        patterns: [name],
        always: [name],
        metadata: { description: input.description, subagent_type: name },
      })
      const { description, prompt, task_id: resume } = input
      return runTask(options, { agent, description, prompt, ...(resume ? { resume } : {}) }, context)
    },
  })
  return {
    ...tool,
    describe(agent) {
      const list = allowed(agent)
      if (list.length === 0) return undefined
      return [
        "Give a self-contained task to a sub-agent, which works in a context of its own and reports back once. It knows nothing of this conversation, so the prompt must say everything. " +
          "Use it for wide searches and for work that can run beside other work: several calls in one step run at the same time. Don't use it for what one or two calls of other tools do. " +
          "The result carries the task's id; pass it as task_id to go on with the same sub-agent. The user doesn't see the report: tell what matters.",
        "Sub-agents:",
        ...list.map((each) => `- ${each.name}: ${each.description ?? "no description"}`),
      ].join("\n")
    },
  }
}

/** Runs one task and puts its end into words for the model. Whoever calls this has the permission. */
export async function runTask(
  options: { host: TaskHost; outputDir: string },
  task: SubTask,
  context: ToolContext,
): Promise<ToolResult> {
  let metadata: Record<string, unknown> = {}
  const { sessionID, messageID, agent, abort } = context
  const end = await options.host.run({ sessionID, messageID, agent, abort }, task, (child) => {
    const { providerID, modelID } = child.model
    metadata = { parentSessionId: sessionID, sessionId: child.sessionID, model: { modelID, providerID } }
    context.update({ title: task.description, metadata })
  })
  context.charge(end.cost)
  if (end.state === "error") {
    throw new ToolError(
      `The sub-agent failed: ${end.error ?? "it did not say why"}. What it did until then is in the session ${end.sessionID}; pass that as task_id to let it try on.`,
    )
  }
  const bounded = new BoundedOutput(options.outputDir, MAX_RESULT_CHARS)
  bounded.add(end.text || "(The sub-agent ended without a report.)")
  await bounded.close()
  return {
    title: task.description,
    output: `<task id="${end.sessionID}" state="${end.state}">\n<task_result>\n${bounded.text()}\n</task_result>\n</task>`,
    metadata: { ...metadata, truncated: bounded.truncated },
  }
}
