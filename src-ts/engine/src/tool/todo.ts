import { z } from "zod"
import type { Todo } from "../session/types.ts"
import { define } from "./define.ts"
import type { Tool, ToolContext, ToolResult } from "./types.ts"

const item = z.object({
  content: z.string().min(1).max(2000),
  status: z.enum(["pending", "in_progress", "completed", "cancelled"]),
  priority: z.enum(["high", "medium", "low"]).default("medium"),
})

/** Replaces the session's todo list. */
export const todowriteTool: Tool = define({
  id: "todowrite",
  description:
    "Write the whole todo list of this session; it replaces the old one. Use it for work of three or more steps: keep one item in_progress, set items to completed as soon as they are done.",
  shape: { todos: z.array(item).max(200).describe("All items, in order") },
  async execute(input, context) {
    await ask(context, "todowrite")
    const before = context.todos.get()
    const todos: Todo[] = input.todos.map(({ content, status, priority }) => ({ content, status, priority }))
    context.todos.set(todos)
    const known = new Set(before.map(key))
    return result(todos, todos.filter((todo) => !known.has(key(todo))).length)
  },
})

/** Reads it back. */
export const todoreadTool: Tool = define({
  id: "todoread",
  description: "Read the todo list of this session.",
  shape: {},
  async execute(_input, context) {
    await ask(context, "todoread")
    return result(context.todos.get(), 0)
  },
})

function result(todos: Todo[], changed: number): ToolResult {
  const open = todos.filter((todo) => todo.status !== "completed" && todo.status !== "cancelled").length
  return {
    title: `${open} todos`,
    output: JSON.stringify(todos, null, 2),
    metadata: { todos, view: { mode: "full", todos, hiddenBefore: 0, hiddenAfter: 0, changed }, truncated: false },
  }
}

async function ask(context: ToolContext, permission: string): Promise<void> {
  await context.ask({ permission, patterns: ["*"], always: ["*"], metadata: {} })
}

function key(todo: Todo): string {
  return JSON.stringify([todo.content, todo.status, todo.priority])
}
