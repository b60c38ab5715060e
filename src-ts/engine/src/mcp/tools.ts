import { createHash } from "node:crypto"
import type { Tool as ServerTool } from "@modelcontextprotocol/sdk/types.js"
import { z } from "zod"
import { BoundedOutput, ToolError } from "../tool/index.ts"
import type { Server } from "./server.ts"
import type { McpTool } from "./types.ts"

/** What every provider takes as a tool's name. */
const MAX_NAME = 64
const MAX_DESCRIPTION = 8000

export interface ToolLimits {
  /** Where output that was cut is kept. */
  outputDir: string
  /** Characters of an answer that the model sees. */
  maxChars: number
}

/**
 * The server's tools as the agent calls them: named `server_tool` in characters that every provider takes (contract), asked for
 * under that name. `taken` are names in use; a second tool of one name gets a short hash.
 */
export function toTools(server: Server, limits: ToolLimits, taken: Set<string>): McpTool[] {
  return server.lists.tools.map((tool) => {
    const id = unique(`${safe(server.name)}_${safe(tool.name)}`, `${server.name}\n${tool.name}`, taken)
    taken.add(id)
    return make(server, tool, id, limits)
  })
}

/** Letters, digits, `_` and `-` only. */
export function safe(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_")
}

function unique(name: string, identity: string, taken: ReadonlySet<string>): string {
  if (name.length <= MAX_NAME && !taken.has(name)) return name
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 8)
  return `${name.slice(0, MAX_NAME - 9)}_${hash}`
}

function make(server: Server, tool: ServerTool, id: string, limits: ToolLimits): McpTool {
  const title = tool.title ?? tool.annotations?.title ?? tool.name
  return {
    id,
    server: server.name,
    description: (tool.description ?? title).slice(0, MAX_DESCRIPTION),
    parameters: z.record(z.string(), z.unknown()),
    inputSchema: schemaOf(tool),
    async execute(input, context) {
      await context.ask({
        permission: id,
        patterns: ["*"],
        always: ["*"],
        metadata: { server: server.name, tool: tool.name },
      })
      const result = await server
        .call(tool.name, input, {
          signal: context.abort,
          onProgress: (progress) => context.update({ metadata: { progress } }),
        })
        .catch((error: unknown) => {
          context.abort.throwIfAborted()
          throw new ToolError(error instanceof Error ? error.message : String(error))
        })
      const bounded = new BoundedOutput(limits.outputDir, limits.maxChars)
      bounded.add(result.text)
      await bounded.close()
      const output = bounded.text()
      if (result.isError)
        throw new ToolError(output || `The tool ${tool.name} of ${server.name} failed without saying why.`)
      return {
        title,
        output: output || (result.attachments.length > 0 ? "(see the attachments)" : "(no output)"),
        metadata: { server: server.name, tool: tool.name, truncated: bounded.truncated },
        ...(result.attachments.length > 0 ? { attachments: result.attachments } : {}),
      }
    },
  }
}

/** Providers want an object with properties; some refuse the dialect's name. */
function schemaOf(tool: ServerTool): Record<string, unknown> {
  const { $schema: _, ...schema } = tool.inputSchema
  return { ...schema, type: "object", properties: schema.properties ?? {} }
}
