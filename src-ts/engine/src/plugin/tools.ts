import { basename, extname } from "node:path"
import { toJSONSchema, z } from "zod"
import { isObject } from "../json/index.ts"
import { type Tool, ToolError } from "../tool/index.ts"

const MAX_OUTPUT = 50_000

/** Tools that a module of the folder `tool` exports: the default one has the file's name, others "file_export". */
export function exportedTools(path: string, module: Record<string, unknown>): Record<string, unknown> {
  const file = basename(path, extname(path))
  return Object.fromEntries(
    Object.entries(module).map(([name, value]) => [name === "default" ? file : `${file}_${name}`, value]),
  )
}

/** A plugin's tool as ours. Throws an Error that says what is wrong with it. */
export function toTool(id: string, value: unknown): Tool {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id))
    throw new Error(`"${id}" can't be a tool's name: use letters, digits, "_" and "-"`)
  if (!isObject(value) || typeof value.execute !== "function") throw new Error(`${id} is no tool: it has no execute()`)
  const execute = value.execute as (args: unknown, context: unknown) => unknown
  const parameters = z.object((isObject(value.args) ? value.args : {}) as z.ZodRawShape)
  try {
    // Tells now whether models can be offered it; schemas of an old zod can't.
    toJSONSchema(parameters, { io: "input" })
  } catch (error) {
    throw new Error(`the arguments of ${id} can't be described to a model (${String(error)}); zod 4 is needed`)
  }
  return {
    id,
    description: typeof value.description === "string" ? value.description : id,
    parameters,
    async execute(input, context) {
      await context.ask({ permission: id, patterns: ["*"], always: ["*"], metadata: { input } })
      const result: unknown = await execute(input, {
        sessionID: context.sessionID,
        messageID: context.messageID,
        callID: context.callID,
        agent: context.agent.name,
        directory: context.directory,
        worktree: context.worktree,
        abort: context.abort,
        metadata: (progress: Parameters<typeof context.update>[0]) => context.update(progress),
        ask: (request: Parameters<typeof context.ask>[0]) => context.ask(request),
      })
      const given = isObject(result) ? result : { output: result }
      if (typeof given.output !== "string") throw new ToolError(`${id} gave no text back.`)
      const cut = given.output.length > MAX_OUTPUT
      return {
        title: typeof given.title === "string" ? given.title : id,
        output: cut
          ? `${given.output.slice(0, MAX_OUTPUT)}\n[… ${given.output.length - MAX_OUTPUT} characters left out]`
          : given.output,
        metadata: { ...(isObject(given.metadata) ? given.metadata : {}), truncated: cut },
      }
    },
  }
}
