import { z } from "zod"
import type { Tool, ToolContext, ToolResult } from "./types.ts"

export { ToolError } from "./errors.ts"

/** Makes a tool whose `execute` gets its arguments checked and typed by `shape`. */
export function define<Shape extends z.ZodRawShape>(spec: {
  id: string
  description: string
  shape: Shape
  suits?: Tool["suits"]
  execute(input: z.output<z.ZodObject<Shape>>, context: ToolContext): Promise<ToolResult>
}): Tool {
  const parameters = z.object(spec.shape)
  return {
    id: spec.id,
    description: spec.description,
    parameters,
    ...(spec.suits ? { suits: spec.suits } : {}),
    // Parsing again costs little and keeps a caller that skipped validation from handing over anything.
    execute: async (input, context) => spec.execute(parameters.parse(input), context),
  }
}
