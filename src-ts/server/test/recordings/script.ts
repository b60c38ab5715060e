import type { Step, Turn } from "@kilo-split/testkit"
import { type JsonObject, list, number, object, type StreamEvent, text } from "./recording.ts"

/** What a client and a model did in a recorded scenario, read back from its events. */
export interface Script {
  /** Body of POST /session. */
  session: JsonObject
  prompts: string[]
  /** What the model sent, one turn for each call. */
  turns: Turn[]
  /** Answers to permission requests, in order. */
  replies: string[]
  /** Answers to questions, in order. */
  answers: string[][][]
  /** True when the client stopped the turn after the last recorded delta. */
  aborted: boolean
}

/** Reads the script from a recording. `directory` takes the place of the recorded project folder in tool calls. */
export function scriptOf(events: StreamEvent[], directory: string): Script {
  const created = events.find((event) => event.type === "session.created")
  const info = object(created?.properties.info)
  const users = new Set<string>()
  const assistants: string[] = []
  for (const { type, properties } of events) {
    if (type !== "message.updated") continue
    const message = object(properties.info)
    if (message.role === "user") users.add(text(message.id))
    else if (!assistants.includes(text(message.id))) assistants.push(text(message.id))
  }
  const prompts = events
    .filter((event) => event.type === "message.part.updated")
    .map((event) => object(event.properties.part))
    // A sub-agent's prompt comes from the model's call, not from a client.
    .filter((part) => users.has(text(part.messageID)) && part.sessionID === created?.properties.sessionID)
    .map((part) => text(part.text))
  const aborted = events.some(
    (event) => event.type === "session.turn.close" && event.properties.reason === "interrupted",
  )
  return {
    session: {
      title: info.title ?? "Recorded",
      ...(info.permission === undefined ? {} : { permission: info.permission }),
    },
    prompts,
    turns: [...refusals(events), ...assistants.map((id) => turnOf(events, id, directory, aborted))],
    replies: events.filter((event) => event.type === "permission.replied").map((event) => text(event.properties.reply)),
    answers: events
      .filter((event) => event.type === "question.replied")
      .map((event) => list(event.properties.answers).map((answer) => list(answer).map(text))),
    aborted,
  }
}

/** Calls that the provider refused and that were tried again. */
function refusals(events: StreamEvent[]): Turn[] {
  return events
    .map((event) => object(event.properties.status))
    .filter((status) => status.type === "retry")
    .map((status) => [{ error: { status: 429, message: text(status.message), retryAfter: 1 } }])
}

function turnOf(events: StreamEvent[], message: string, directory: string, aborted: boolean): Turn {
  const steps = new Map<string, Step>()
  const turn: Turn = []
  for (const { type, properties } of events) {
    if (type === "message.updated") {
      const info = object(properties.info)
      const error = object(info.error)
      if (info.id === message && error.name === "APIError") {
        const data = object(error.data)
        const refusal = { status: number(data.statusCode), message: text(data.message), body: text(data.responseBody) }
        return [{ error: refusal }]
      }
    }
    if (type === "message.part.delta" && properties.messageID === message) {
      const step = steps.get(text(properties.partID))
      if (step && "deltas" in step) step.deltas?.push(text(properties.delta))
    }
    if (type !== "message.part.updated") continue
    const part = object(properties.part)
    if (part.messageID !== message) continue
    const id = text(part.id)
    if (part.type === "text" && !steps.has(id)) steps.set(id, { text: "", deltas: [] })
    if (part.type === "reasoning" && !steps.has(id)) steps.set(id, { reasoning: "", deltas: [] })
    const state = object(part.state)
    if (part.type === "tool" && state.status === "running" && !steps.has(id)) {
      const args = JSON.parse(JSON.stringify(state.input).replaceAll('"/w/', `"${directory}/`))
      steps.set(id, { tool: text(part.tool), args, id: text(part.callID) })
    }
    if (part.type === "step-finish") turn.push(usageOf(object(part.tokens)))
  }
  return [...steps.values(), ...turn, ...(aborted ? [{ hang: true as const }] : [])]
}

function usageOf(tokens: JsonObject): Step {
  const cache = object(tokens.cache)
  return {
    usage: {
      input: number(tokens.input) + number(cache.read) + number(cache.write),
      output: number(tokens.output) + number(tokens.reasoning),
      reasoning: number(tokens.reasoning),
      cacheRead: number(cache.read),
      cacheWrite: number(cache.write),
    },
  }
}

/** Number of deltas in a recording. */
export function deltaText(events: StreamEvent[]): string {
  return events
    .filter((event) => event.type === "message.part.delta")
    .map((event) => text(event.properties.delta))
    .join("")
}

/** Queue of prompts as the last change of it named them. */
export function queued(event: StreamEvent): number {
  return list(event.properties.queued).length
}
