import { isObject } from "../../json/index.ts"
import { answer, call, failure, type Move } from "./say.ts"
import type { Result } from "./turn.ts"

interface Todo {
  content: string
  status: string
  priority: string
}

export function showTodos(results: Result[]): Move {
  const read = results.findLast((result) => result.tool === "todoread")
  if (!read) return call("I look at the todo list.", { tool: "todoread", input: {} })
  if (read.failed) return failure("read the todo list", read, "")
  const todos = todosOf(read.output)
  return todos.length === 0
    ? answer('The todo list is empty. To fill it, say: add todo "first thing".')
    : answer("Todos:", checklist(todos), "Used: todoread.")
}

export function tickTodo(which: string, results: Result[]): Move {
  return change(results, (todos) => {
    const number = Number(which.replace(/^#/, ""))
    const wanted = which.toLowerCase()
    const all = /^(all|everything|every one)$/.test(wanted)
    const hits = todos.filter(
      (todo, index) =>
        all || (Number.isInteger(number) ? index === number - 1 : todo.content.toLowerCase().includes(wanted)),
    )
    if (hits.length === 0) return `There is no todo "${which}", so nothing was ticked.`
    if (hits.length > 1 && !all) return `"${which}" fits several todos, so nothing was ticked. Name it by its number.`
    return todos.map((todo) => (hits.includes(todo) ? { ...todo, status: "completed" } : todo))
  })
}

export function addTodos(items: string[], results: Result[]): Move {
  return change(results, (todos) => [
    ...todos,
    ...items.map((content) => ({ content, status: "pending", priority: "medium" })),
  ])
}

/** todoread, todowrite, then the list as it is now. A string from `edit` is the reason for not writing. */
function change(results: Result[], edit: (todos: Todo[]) => Todo[] | string): Move {
  const write = results.findLast((result) => result.tool === "todowrite")
  if (write) {
    if (write.failed) return failure("change the todo list", write, "It is as it was.")
    return answer(
      "The todo list is now:",
      checklist(todosOf(JSON.stringify(write.input.todos))),
      "Used: todoread, todowrite.",
    )
  }
  const read = results.findLast((result) => result.tool === "todoread")
  if (!read) return call("I look at the todo list first.", { tool: "todoread", input: {} })
  if (read.failed) return failure("read the todo list", read, "It is as it was.")
  const todos = todosOf(read.output)
  const next = edit(todos)
  if (typeof next === "string") return answer(next, todos.length > 0 ? checklist(todos) : "The list is empty.")
  return call("I update it.", { tool: "todowrite", input: { todos: next } })
}

function todosOf(output: string): Todo[] {
  const start = output.indexOf("[")
  const end = output.lastIndexOf("]")
  if (start < 0 || end < start) return []
  try {
    const parsed: unknown = JSON.parse(output.slice(start, end + 1))
    return (Array.isArray(parsed) ? parsed : []).flatMap((item) =>
      isObject(item) && typeof item.content === "string"
        ? [
            {
              content: item.content,
              status: String(item.status ?? "pending"),
              priority: String(item.priority ?? "medium"),
            },
          ]
        : [],
    )
  } catch {
    // Text with brackets that is no list.
    return []
  }
}

function checklist(todos: Todo[]): string {
  return todos
    .map(
      (todo, index) => `${index + 1}. [${todo.status === "completed" ? "x" : " "}] ${todo.content}${note(todo.status)}`,
    )
    .join("\n")
}

const note = (status: string) =>
  status === "in_progress" ? " (in progress)" : status === "cancelled" ? " (cancelled)" : ""
