import type { ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import type { Failure, Finish, ModelRequest, Step, ToolCall, Turn, Usage, Whole, Wire } from "./types.ts"
import { pieces } from "./wire/json.ts"

/** What an answer needs from the server around it. */
export interface AnswerContext {
  id: string
  usage: Usage
  signal: AbortSignal
  /** Resolves when the test releases the hold of that name. */
  hold(name: string): Promise<void>
  callID(): string
}

/** Plays a turn on the wire of the request. Resolves when the answer is over or the client is gone. */
export async function answer(
  response: ServerResponse,
  wire: Wire,
  request: ModelRequest,
  turn: Turn,
  context: AnswerContext,
): Promise<void> {
  if (request.stream) await streamed(response, wire, request, turn, context)
  else await whole(response, wire, request, turn, context)
}

async function streamed(
  response: ServerResponse,
  wire: Wire,
  request: ModelRequest,
  turn: Turn,
  context: AnswerContext,
): Promise<void> {
  const encoder = wire.encoder({ model: request.model, id: context.id, body: request.body })
  const { signal } = context
  const begin = () => {
    if (response.headersSent) return
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
    response.write(encoder.start())
  }
  let finish = naturalFinish(turn)
  let usage = context.usage
  for (const step of turn) {
    if (signal.aborted) return
    if ("text" in step || "reasoning" in step) {
      begin()
      const kind = "text" in step ? encoder.text : encoder.reasoning
      for (const delta of deltasOf(step)) {
        if (step.every) await pause(step.every, signal)
        if (signal.aborted) return
        response.write(kind(delta))
      }
    } else if ("tool" in step) {
      begin()
      response.write(encoder.tool(callOf(step, context)))
    } else if ("error" in step) {
      if (!response.headersSent) return fail(response, wire, step.error)
      response.end(encoder.error(step.error))
      return
    } else if ("garbage" in step) {
      begin()
      response.end(step.garbage)
      return
    } else if ("hang" in step) {
      await gone(signal)
      return
    } else if ("cut" in step) {
      begin()
      await new Promise<void>((done) => response.write(": cut\n\n", () => done()))
      response.destroy()
      return
    } else if ("finish" in step) finish = step.finish
    else if ("usage" in step) usage = { ...usage, ...step.usage }
    else await waiting(step, context)
  }
  if (signal.aborted) return
  begin()
  response.end(encoder.end(finish, usage))
}

async function whole(
  response: ServerResponse,
  wire: Wire,
  request: ModelRequest,
  turn: Turn,
  context: AnswerContext,
): Promise<void> {
  const result: Whole = { text: "", reasoning: "", tools: [], finish: naturalFinish(turn), usage: context.usage }
  for (const step of turn) {
    if (context.signal.aborted) return
    if ("text" in step) result.text += step.text
    else if ("reasoning" in step) result.reasoning += step.reasoning
    else if ("tool" in step) result.tools.push(callOf(step, context))
    else if ("error" in step) return fail(response, wire, step.error)
    else if ("garbage" in step) {
      response.writeHead(200, { "content-type": "application/json" })
      response.end(step.garbage)
      return
    } else if ("hang" in step) {
      await gone(context.signal)
      return
    } else if ("cut" in step) {
      response.destroy()
      return
    } else if ("finish" in step) result.finish = step.finish
    else if ("usage" in step) result.usage = { ...result.usage, ...step.usage }
    else await waiting(step, context)
  }
  if (context.signal.aborted) return
  response.writeHead(200, { "content-type": "application/json" })
  response.end(JSON.stringify(wire.whole({ model: request.model, id: context.id }, result)))
}

function fail(response: ServerResponse, wire: Wire, failure: Failure): void {
  response.writeHead(failure.status, {
    "content-type": "application/json",
    ...(failure.retryAfter === undefined ? {} : { "retry-after": String(failure.retryAfter) }),
  })
  response.end(failure.body ?? JSON.stringify(wire.failure(failure)))
}

function naturalFinish(turn: Turn): Finish {
  return turn.some((step) => "tool" in step) ? "tool-calls" : "stop"
}

function deltasOf(step: Extract<Step, { text: string } | { reasoning: string }>): string[] {
  if (step.deltas) return step.deltas
  const text = "text" in step ? step.text : step.reasoning
  return text.match(/\S*\s*/g)?.filter((word) => word !== "") ?? pieces(text)
}

function callOf(step: Extract<Step, { tool: string }>, context: AnswerContext): ToolCall {
  return {
    id: step.id ?? context.callID(),
    name: step.tool,
    args: typeof step.args === "string" ? step.args : JSON.stringify(step.args ?? {}),
  }
}

async function waiting(step: { delay: number } | { hold: string }, context: AnswerContext): Promise<void> {
  if ("delay" in step) return pause(step.delay, context.signal)
  await Promise.race([context.hold(step.hold), gone(context.signal)])
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    // The client left during the pause: the caller looks at the signal next.
    if (!signal.aborted) throw error
  }
}

function gone(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }))
}
