import type { MessageWithParts, Part } from "../message/types.ts"
import { middleCut } from "./transcript.ts"
import type { Todo } from "./types.ts"

const PROMPTS = 12
const FILES = 60
const PROMPT_LENGTH = 1_500
/** Share of the room (in characters for each token of it) that all this may take. */
const SHARE = 0.3

/**
 * What a summary must not lose, taken from the session itself and not from a model: the user's own words, the files that
 * were changed and read, the to-do list. Empty when there is nothing; about a tenth of `usable` tokens at most.
 */
export function factsOf(history: MessageWithParts[], todos: Todo[], usable: number): string {
  const length = Math.min(PROMPT_LENGTH, (usable * SHARE) / PROMPTS)
  const files = Math.max(5, Math.min(FILES, Math.floor((usable * SHARE) / 100)))
  const prompts = history.flatMap(({ info, parts }) => {
    if (info.role !== "user") return []
    const text = parts.flatMap((part) => (part.type === "text" && !part.synthetic && !part.ignored ? [part.text] : []))
    return text.length > 0 ? [text.join("\n")] : []
  })
  const parts = history.flatMap((item) => item.parts)
  const changed = unique(parts.flatMap((part) => (part.type === "patch" ? part.files : changedBy(part))))
  const read = unique(parts.flatMap(readBy)).filter((file) => !changed.includes(file))
  return [
    section(
      "What the user asked for, oldest first",
      ends(prompts).map((text) => quoted(text, length)),
    ),
    section("Files changed so far", changed.slice(-files)),
    section("Files read", read.slice(-files)),
    section(
      "To-do list",
      todos.map((todo) => `[${todo.status}] ${todo.content}`),
    ),
  ]
    .filter((text) => text !== "")
    .join("\n\n")
}

function section(title: string, lines: string[]): string {
  return lines.length === 0 ? "" : `${title}:\n${lines.map((line) => `- ${line}`).join("\n")}`
}

/** The first prompt says what it is all about. */
function ends(prompts: string[]): string[] {
  return prompts.length <= PROMPTS ? prompts : [...prompts.slice(0, 1), ...prompts.slice(1 - PROMPTS)]
}

function quoted(text: string, length: number): string {
  return middleCut(text.trim(), length).replaceAll("\n", "\n  ")
}

function unique(files: string[]): string[] {
  return [...new Set(files)]
}

function changedBy(part: Part): string[] {
  if (part.type !== "tool" || part.state.status !== "completed") return []
  const diff = part.state.metadata.filediff
  const file = typeof diff === "object" && diff !== null && "file" in diff ? diff.file : undefined
  return typeof file === "string" ? [file] : []
}

function readBy(part: Part): string[] {
  if (part.type !== "tool" || part.tool !== "read" || part.state.status !== "completed") return []
  const file = part.state.input.filePath
  return typeof file === "string" ? [file] : []
}
