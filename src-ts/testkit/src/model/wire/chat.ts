import type { Failure, Finish, Usage, Wire } from "../types.ts"
import { frame, pieces, record, records, resultText, string, textOf } from "./json.ts"

const FINISH: Record<Finish, string> = {
  stop: "stop",
  "tool-calls": "tool_calls",
  length: "length",
  "content-filter": "content_filter",
}

/** OpenAI chat completions, which most other providers speak too; reasoning as `reasoning_content`. */
export const chat: Wire = {
  name: "chat",
  matches: (path) => path.endsWith("/chat/completions"),

  parse(body) {
    const messages = records(body.messages)
    const last = messages.findLastIndex((message) => message.role === "user")
    const after = messages.slice(last + 1)
    const calling = after.findLastIndex((message) => message.role === "assistant")
    return {
      model: string(body.model),
      stream: body.stream === true,
      system: messages
        .filter((message) => message.role === "system" || message.role === "developer")
        .map((message) => textOf(message.content))
        .join("\n"),
      user: textOf(messages[last]?.content),
      round: after.filter((message) => message.role === "assistant" && records(message.tool_calls).length > 0).length,
      tools: records(body.tools).map((tool) => string(record(tool.function).name)),
      results: after
        .slice(calling + 1)
        .filter((message) => message.role === "tool")
        .map((message) => resultText(message.content)),
    }
  },

  encoder({ model, id, body }) {
    // Asked for, the figures have a chunk of their own; providers that always send them put them into the last one.
    const apart = record(body.stream_options).include_usage === true
    let tools = 0
    const chunk = (delta: unknown, rest: Record<string, unknown> = {}) =>
      frame({
        id,
        object: "chat.completion.chunk",
        created: 1_700_000_000,
        model,
        choices: [{ index: 0, delta, finish_reason: null }],
        ...rest,
      })
    return {
      start: () => chunk({ role: "assistant", content: "" }),
      text: (delta) => chunk({ content: delta }),
      reasoning: (delta) => chunk({ reasoning_content: delta }),
      tool(call) {
        const index = tools++
        const head = chunk({
          tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }],
        })
        const rest = pieces(call.args).map((text) => chunk({ tool_calls: [{ index, function: { arguments: text } }] }))
        return head + rest.join("")
      },
      error: (failure) => frame(failed(failure)),
      end: (finish, usage) =>
        chunk(
          {},
          {
            choices: [{ index: 0, delta: { content: "" }, finish_reason: FINISH[finish] }],
            ...(apart ? {} : { usage: counts(usage), x_groq: { id, usage: counts(usage) } }),
          },
        ) +
        (apart ? chunk({}, { choices: [], usage: counts(usage) }) : "") +
        frame("[DONE]"),
    }
  },

  whole: ({ model, id }, answer) => ({
    id,
    object: "chat.completion",
    created: 1_700_000_000,
    model,
    choices: [
      {
        index: 0,
        finish_reason: FINISH[answer.finish],
        message: {
          role: "assistant",
          content: answer.text || null,
          ...(answer.reasoning ? { reasoning_content: answer.reasoning } : {}),
          ...(answer.tools.length > 0
            ? {
                tool_calls: answer.tools.map((call) => ({
                  id: call.id,
                  type: "function",
                  function: { name: call.name, arguments: call.args },
                })),
              }
            : {}),
        },
      },
    ],
    usage: counts(answer.usage),
  }),

  failure: failed,
}

function counts(usage: Usage) {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      ...(usage.cacheWrite > 0 ? { cache_write_tokens: usage.cacheWrite } : {}),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  }
}

function failed(failure: Failure) {
  return { error: { message: failure.message, type: typeOf(failure.status), param: null, code: failure.code ?? null } }
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error"
  if (status === 429) return "rate_limit_error"
  return status >= 500 ? "server_error" : "invalid_request_error"
}
