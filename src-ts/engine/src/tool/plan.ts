import { stat } from "node:fs/promises"
import { z } from "zod"
import { define, ToolError } from "./define.ts"
import { locate } from "./support/target.ts"
import type { Tool } from "./types.ts"

/** Ends planning; the user is then asked how to go on (contract: behaviour section 5, plan agent). */
export const planExitTool: Tool = define({
  id: "plan_exit",
  description:
    "Say that the plan is written and ready. Call it last, when the plan's file is complete and nothing is left to ask; the user is then asked whether to carry it out.",
  shape: { plan: z.string().describe("Path of the plan's file, like .kilo/plans/login.md") },
  async execute(input, context) {
    const target = await locate(context, input.plan)
    if (target.outside) throw new ToolError(`${input.plan} is outside the project. Plans belong into .kilo/plans.`)
    const info = await stat(target.real).catch(() => undefined)
    if (!info?.isFile()) {
      throw new ToolError(`There is no file ${input.plan}. Write the plan there first, or name the file that holds it.`)
    }
    const plan = target.label
    return {
      title: "Plan ready",
      output: `Plan is ready at ${plan}. Ending planning turn.`,
      metadata: { plan, truncated: false },
      endsTurn: true,
    }
  },
})
