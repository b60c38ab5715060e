import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
} from "@ai-sdk/provider"
import { isObject } from "../../json/index.ts"

/** A finished tool call of the present turn. */
export interface Result {
  tool: string
  input: Record<string, unknown>
  output: string
  failed: boolean
}

/** What the guide decides by: the newest request, what its tools have answered since, and which tools there are. */
export interface Turn {
  request: string
  results: Result[]
  tools: Set<string>
}

export function readTurn(options: Pick<LanguageModelV4CallOptions, "prompt" | "tools">): Turn {
  const { prompt } = options
  const start = prompt.findLastIndex((message) => message.role === "user")
  return {
    request: requestOf(prompt, start),
    results: resultsOf(prompt.slice(start + 1)),
    tools: new Set((options.tools ?? []).map((tool) => tool.name)),
  }
}

function requestOf(prompt: LanguageModelV4Prompt, at: number): string {
  const message = prompt[at]
  if (message?.role !== "user") return ""
  const texts = message.content.flatMap((part) => (part.type === "text" ? [part.text] : []))
  // Text that the engine adds (environment, reminders, attached files) comes in tags; people's requests don't.
  const own = texts.filter((text) => !/^\s*<[a-z_-]+[\s>]/.test(text))
  return own.join("\n").trim()
}

function resultsOf(messages: LanguageModelV4Prompt): Result[] {
  const calls = new Map<string, Record<string, unknown>>()
  const results: Result[] = []
  for (const message of messages) {
    if (message.role !== "assistant" && message.role !== "tool") continue
    for (const part of message.content) {
      if (part.type === "tool-call") calls.set(part.toolCallId, inputOf(part.input))
      if (part.type === "tool-result")
        results.push({ tool: part.toolName, input: calls.get(part.toolCallId) ?? {}, ...outputOf(part.output) })
    }
  }
  return results
}

function inputOf(input: unknown): Record<string, unknown> {
  if (typeof input !== "string") return isObject(input) ? input : {}
  try {
    const parsed: unknown = JSON.parse(input)
    return isObject(parsed) ? parsed : {}
  } catch {
    return {}
  }
}

function outputOf(output: LanguageModelV4ToolResultOutput): { output: string; failed: boolean } {
  switch (output.type) {
    case "text":
      return { output: output.value, failed: false }
    case "error-text":
      return { output: output.value, failed: true }
    case "json":
      return { output: JSON.stringify(output.value), failed: false }
    case "error-json":
      return { output: JSON.stringify(output.value), failed: true }
    case "execution-denied":
      return { output: output.reason ?? "It was refused.", failed: true }
    case "content":
      return {
        output: output.value.flatMap((item) => (item.type === "text" ? [item.text] : [])).join("\n"),
        failed: false,
      }
  }
}
