import type { JSONSchema7, LanguageModelV4FunctionTool } from "@ai-sdk/provider"
import { toJSONSchema } from "zod"
import type { McpTool } from "../mcp/index.ts"
import type { Toolset } from "../session/index.ts"
import { createTools, lspTool, type Tool, type ToolsOptions } from "../tool/index.ts"

/** The built-in tools with their schemas as models are given them. */
export function createToolset(options: ToolsOptions): Toolset {
  const tools = createTools(options)
  return {
    tools: new Map(tools.map((tool) => [tool.id, tool])),
    functions: new Map(tools.map((tool) => [tool.id, offer(tool)])),
  }
}

/** The same with tools of plugins, which take the place of built-in ones of the name. */
export function withPluginTools(toolset: Toolset, more: Tool[]): Toolset {
  if (more.length === 0) return toolset
  return {
    tools: new Map([...toolset.tools, ...more.map((tool) => [tool.id, tool] as const)]),
    functions: new Map([...toolset.functions, ...more.map((tool) => [tool.id, offer(tool)] as const)]),
  }
}

/** The same with the tools of MCP servers, whose schemas are passed on as the servers wrote them. */
export function withServerTools(toolset: Toolset, more: McpTool[], lsp?: Parameters<typeof lspTool>[0]): Toolset {
  if (more.length === 0 && !lsp) return toolset
  const tools = new Map(toolset.tools)
  const functions = new Map(toolset.functions)
  if (lsp) {
    const tool = lspTool(lsp)
    tools.set(tool.id, tool)
    functions.set(tool.id, offer(tool))
  }
  for (const tool of more) {
    tools.set(tool.id, tool)
    const { id: name, description } = tool
    functions.set(name, { type: "function", name, description, inputSchema: tool.inputSchema as JSONSchema7 })
  }
  return { tools, functions }
}

function offer(tool: Tool): LanguageModelV4FunctionTool {
  // `io: "input"`: what the model sends, so parameters with a default are optional.
  const { $schema: _, ...schema } = toJSONSchema(tool.parameters, { io: "input", target: "draft-7" })
  return { type: "function", name: tool.id, description: tool.description, inputSchema: schema as JSONSchema7 }
}
