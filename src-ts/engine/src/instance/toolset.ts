import type { JSONSchema7, LanguageModelV4FunctionTool } from "@ai-sdk/provider"
import { toJSONSchema } from "zod"
import type { Toolset } from "../session/index.ts"
import { createTools, type Tool, type ToolsOptions } from "../tool/index.ts"

/** The built-in tools with their schemas as models are given them. */
export function createToolset(options: ToolsOptions): Toolset {
  const tools = createTools(options)
  return {
    tools: new Map(tools.map((tool) => [tool.id, tool])),
    functions: new Map(tools.map((tool) => [tool.id, offer(tool)])),
  }
}

function offer(tool: Tool): LanguageModelV4FunctionTool {
  // `io: "input"`: what the model sends, so parameters with a default are optional.
  const { $schema: _, ...schema } = toJSONSchema(tool.parameters, { io: "input", target: "draft-7" })
  return { type: "function", name: tool.id, description: tool.description, inputSchema: schema as JSONSchema7 }
}
