import type { Failure, Finish, Usage, Wire } from "../types.ts"
import { frame, parsedOrEmpty, pieces, records, resultText, string, textOf } from "./json.ts"

const FINISH: Record<Finish, string> = {
  stop: "end_turn",
  "tool-calls": "tool_use",
  length: "max_tokens",
  "content-filter": "refusal",
}

/** Anthropic Messages. */
export const anthropic: Wire = {
  name: "anthropic",
  matches: (path) => path.endsWith("/messages"),

  parse(body) {
    const messages = records(body.messages)
    const isResult = (message: Record<string, unknown>) =>
      records(message.content).some((part) => part.type === "tool_result")
    const last = messages.findLastIndex((message) => message.role === "user" && !isResult(message))
    const after = messages.slice(last + 1)
    return {
      model: string(body.model),
      stream: body.stream === true,
      system: textOf(body.system),
      user: textOf(messages[last]?.content),
      round: after.filter(isResult).length,
      tools: records(body.tools).map((tool) => string(tool.name)),
      results: records(after.findLast(isResult)?.content)
        .filter((part) => part.type === "tool_result")
        .map((part) => resultText(part.content)),
    }
  },

  encoder({ model, id }) {
    let index = -1
    let open: "text" | "thinking" | undefined
    const event = (type: string, rest: Record<string, unknown>) => frame({ type, ...rest }, type)
    const close = (): string => {
      if (!open) return ""
      const signature =
        open === "thinking"
          ? event("content_block_delta", { index, delta: { type: "signature_delta", signature: `signed-${id}` } })
          : ""
      open = undefined
      return signature + event("content_block_stop", { index })
    }
    const ensure = (kind: "text" | "thinking"): string => {
      if (open === kind) return ""
      const before = close()
      open = kind
      index++
      const content_block =
        kind === "text" ? { type: "text", text: "" } : { type: "thinking", thinking: "", signature: "" }
      return before + event("content_block_start", { index, content_block })
    }
    return {
      start: () =>
        event("message_start", {
          message: {
            id: `msg_${id}`,
            type: "message",
            role: "assistant",
            model,
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: {
              input_tokens: 1,
              cache_creation_input_tokens: 0,
              cache_read_input_tokens: 0,
              output_tokens: 1,
            },
          },
        }) + event("ping", {}),
      text: (delta) =>
        ensure("text") + event("content_block_delta", { index, delta: { type: "text_delta", text: delta } }),
      reasoning: (delta) =>
        ensure("thinking") +
        event("content_block_delta", { index, delta: { type: "thinking_delta", thinking: delta } }),
      tool(call) {
        const before = close()
        index++
        return (
          before +
          event("content_block_start", {
            index,
            content_block: { type: "tool_use", id: call.id, name: call.name, input: {} },
          }) +
          pieces(call.args)
            .map((partial_json) =>
              event("content_block_delta", { index, delta: { type: "input_json_delta", partial_json } }),
            )
            .join("") +
          event("content_block_stop", { index })
        )
      },
      error: (failure) => event("error", failed(failure)),
      end: (finish, usage) =>
        close() +
        event("message_delta", {
          delta: { stop_reason: FINISH[finish], stop_sequence: null },
          usage: counts(usage),
        }) +
        event("message_stop", {}),
    }
  },

  whole: ({ model, id }, answer) => ({
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model,
    content: [
      ...(answer.reasoning ? [{ type: "thinking", thinking: answer.reasoning, signature: `signed-${id}` }] : []),
      ...(answer.text ? [{ type: "text", text: answer.text }] : []),
      ...answer.tools.map((call) => ({
        type: "tool_use",
        id: call.id,
        name: call.name,
        input: parsedOrEmpty(call.args),
      })),
    ],
    stop_reason: FINISH[answer.finish],
    stop_sequence: null,
    usage: counts(answer.usage),
  }),

  failure: failed,
}

/** Here `input_tokens` leaves the cached ones out. */
function counts(usage: Usage) {
  return {
    input_tokens: usage.input - usage.cacheRead - usage.cacheWrite,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: usage.output,
  }
}

function failed(failure: Failure) {
  return { type: "error", error: { type: typeOf(failure), message: failure.message } }
}

function typeOf({ status }: Failure): string {
  if (status === 401) return "authentication_error"
  if (status === 429) return "rate_limit_error"
  if (status === 503 || status === 529) return "overloaded_error"
  return status >= 500 ? "api_error" : "invalid_request_error"
}
