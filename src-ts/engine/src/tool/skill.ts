import { dirname } from "node:path"
import { z } from "zod"
import type { Agent } from "../agent/types.ts"
import { evaluate } from "../permission/index.ts"
import { type Skill, skillText } from "../skill/index.ts"
import { define, ToolError } from "./define.ts"
import type { Tool } from "./types.ts"

/** Loads a skill's instructions. Until then the model knows names and descriptions only. */
export function skillTool(options: { skills: Skill[] }): Tool {
  const allowed = (agent: Agent) =>
    options.skills.filter((skill) => evaluate("skill", skill.name, agent.permission).action !== "deny")
  const tool = define({
    id: "skill",
    description: "",
    shape: { name: z.string().describe("Name of the skill") },
    async execute(input, context) {
      const skill = options.skills.find((each) => each.name === input.name)
      if (!skill) {
        const names = allowed(context.agent).map((each) => each.name)
        throw new ToolError(`There is no skill "${input.name}". Available: ${names.join(", ") || "none"}.`)
      }
      await context.ask({
        permission: "skill",
        patterns: [skill.name],
        always: [skill.name],
        metadata: { name: skill.name, location: skill.location, trusted: skill.trusted !== false },
      })
      return {
        title: `Loaded skill: ${skill.name}`,
        output: await skillText(skill),
        metadata: { name: skill.name, dir: dirname(skill.location), truncated: false },
      }
    },
  })
  return {
    ...tool,
    describe(agent) {
      const list = allowed(agent)
      if (list.length === 0) return undefined
      return [
        "Load a skill: instructions for one kind of task, with a folder of files that belong to it. Load it before you start on a task that it fits, and follow it.",
        "Skills:",
        ...list.map((skill) => `- ${skill.name}: ${skill.description ?? "no description"}`),
      ].join("\n")
    },
  }
}
