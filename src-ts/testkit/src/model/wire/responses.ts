import type { Failure, Finish, ToolCall, Usage, Whole, Wire } from "../types.ts"
import { frame, pieces, records, resultText, string, textOf } from "./json.ts"

/** OpenAI Responses. */
export const responses: Wire = {
  name: "responses",
  matches: (path) => path.endsWith("/responses"),

  parse(body) {
    const items = typeof body.input === "string" ? [{ role: "user", content: body.input }] : records(body.input)
    const last = items.findLastIndex((item) => item.role === "user")
    const after = items.slice(last + 1)
    // One round is a run of calls followed by a run of results: count where results begin.
    const round = after.filter(
      (item, at) => item.type === "function_call_output" && after[at - 1]?.type !== "function_call_output",
    ).length
    const calling = after.findLastIndex((item) => item.type !== "function_call_output")
    return {
      model: string(body.model),
      stream: body.stream === true,
      system: [
        string(body.instructions),
        ...items
          .filter((item) => item.role === "system" || item.role === "developer")
          .map((item) => textOf(item.content)),
      ]
        .filter((text) => text !== "")
        .join("\n"),
      user: textOf(items[last]?.content),
      round,
      tools: records(body.tools).map((tool) => string(tool.name)),
      results: after.slice(calling + 1).map((item) => resultText(item.output)),
    }
  },

  encoder({ model, id }) {
    let sequence = 0
    let output = -1
    let open: { kind: "text" | "reasoning"; id: string; text: string } | undefined
    const done: unknown[] = []
    const event = (type: string, rest: Record<string, unknown>) =>
      frame({ type, sequence_number: sequence++, ...rest }, type)

    const close = (): string => {
      if (!open) return ""
      const { kind, id: item_id, text } = open
      open = undefined
      const item = kind === "text" ? messageItem(item_id, text) : reasoningItem(item_id, text)
      done.push(item)
      const place = { item_id, output_index: output }
      const ends =
        kind === "text"
          ? event("response.output_text.done", { ...place, content_index: 0, text }) +
            event("response.content_part.done", { ...place, content_index: 0, part: textPart(text) })
          : event("response.reasoning_summary_text.done", { ...place, summary_index: 0, text }) +
            event("response.reasoning_summary_part.done", { ...place, summary_index: 0, part: summaryPart(text) })
      return ends + event("response.output_item.done", { output_index: output, item })
    }

    const ensure = (kind: "text" | "reasoning"): string => {
      if (open?.kind === kind) return ""
      const before = close()
      output++
      const item_id = `${kind === "text" ? "msg" : "rs"}_${id}_${output}`
      open = { kind, id: item_id, text: "" }
      const item =
        kind === "text"
          ? { id: item_id, type: "message", status: "in_progress", role: "assistant", content: [] }
          : { id: item_id, type: "reasoning", summary: [] }
      const place = { item_id, output_index: output }
      return (
        before +
        event("response.output_item.added", { output_index: output, item }) +
        (kind === "text"
          ? event("response.content_part.added", { ...place, content_index: 0, part: textPart("") })
          : event("response.reasoning_summary_part.added", { ...place, summary_index: 0, part: summaryPart("") }))
      )
    }

    const append = (kind: "text" | "reasoning", delta: string): string => {
      const before = ensure(kind)
      if (open) open.text += delta
      const place = { item_id: open?.id ?? "", output_index: output }
      return (
        before +
        (kind === "text"
          ? event("response.output_text.delta", { ...place, content_index: 0, delta, logprobs: [] })
          : event("response.reasoning_summary_text.delta", { ...place, summary_index: 0, delta }))
      )
    }

    return {
      start: () =>
        event("response.created", { response: head(id, model, "in_progress") }) +
        event("response.in_progress", { response: head(id, model, "in_progress") }),
      text: (delta) => append("text", delta),
      reasoning: (delta) => append("reasoning", delta),
      tool(call) {
        const before = close()
        output++
        const item = callItem(call, `fc_${id}_${output}`)
        done.push(item)
        const place = { item_id: item.id, output_index: output }
        return (
          before +
          event("response.output_item.added", {
            output_index: output,
            item: { ...item, status: "in_progress", arguments: "" },
          }) +
          pieces(call.args)
            .map((delta) => event("response.function_call_arguments.delta", { ...place, delta }))
            .join("") +
          event("response.function_call_arguments.done", { ...place, arguments: call.args }) +
          event("response.output_item.done", { output_index: output, item })
        )
      },
      error: (failure) =>
        close() +
        event("error", {
          error: {
            type: failure.status >= 500 ? "server_error" : "invalid_request_error",
            code: failure.code ?? null,
            message: failure.message,
            param: null,
          },
        }),
      end(finish, usage) {
        const before = close()
        const reason = incomplete(finish)
        const response = {
          ...head(id, model, reason ? "incomplete" : "completed"),
          output: done,
          usage: counts(usage),
          incomplete_details: reason ? { reason } : null,
        }
        return before + event(reason ? "response.incomplete" : "response.completed", { response })
      },
    }
  },

  whole({ model, id }, answer: Whole) {
    const reason = incomplete(answer.finish)
    return {
      ...head(id, model, reason ? "incomplete" : "completed"),
      incomplete_details: reason ? { reason } : null,
      output: [
        ...(answer.reasoning ? [reasoningItem(`rs_${id}`, answer.reasoning)] : []),
        ...(answer.text ? [messageItem(`msg_${id}`, answer.text)] : []),
        ...answer.tools.map((call, at) => callItem(call, `fc_${id}_${at}`)),
      ],
      usage: counts(answer.usage),
    }
  },

  failure: (failure: Failure) => ({
    error: {
      message: failure.message,
      type: failure.status >= 500 ? "server_error" : "invalid_request_error",
      param: null,
      code: failure.code ?? null,
    },
  }),
}

function head(id: string, model: string, status: string) {
  return {
    id: `resp_${id}`,
    object: "response",
    created_at: 1_700_000_000,
    status,
    error: null,
    incomplete_details: null,
    model,
    output: [] as unknown[],
    parallel_tool_calls: true,
    service_tier: "default",
  }
}

function textPart(text: string) {
  return { type: "output_text", text, annotations: [], logprobs: [] }
}

function summaryPart(text: string) {
  return { type: "summary_text", text }
}

function messageItem(id: string, text: string) {
  return { id, type: "message", status: "completed", role: "assistant", content: [textPart(text)] }
}

function reasoningItem(id: string, text: string) {
  return { id, type: "reasoning", summary: [summaryPart(text)], encrypted_content: `sealed-${id}` }
}

function callItem(call: ToolCall, id: string) {
  return {
    id,
    type: "function_call",
    status: "completed",
    call_id: call.id,
    name: call.name,
    arguments: call.args,
  }
}

function incomplete(finish: Finish): string | undefined {
  if (finish === "length") return "max_output_tokens"
  return finish === "content-filter" ? "content_filter" : undefined
}

function counts(usage: Usage) {
  return {
    input_tokens: usage.input,
    input_tokens_details: {
      cached_tokens: usage.cacheRead,
      ...(usage.cacheWrite > 0 ? { cache_write_tokens: usage.cacheWrite } : {}),
    },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  }
}
