import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** What the model of a measurement does: the plan stands in the prompt as `plan{...}`, so that sessions don't mix. */
export interface Plan {
  /** Number of text deltas, each carrying the time it was written. */
  deltas: number
  /** Milliseconds between two of them; 0 writes all at once. */
  every: number
  /** First call this tool, and answer with text only when its result is there. */
  tool?: { name: string; args: unknown }
  /** Never end the stream. */
  open?: boolean
}

export interface Call {
  /** performance.now() at arrival. */
  at: number
  bytes: number
}

/** OpenAI chat server of the measurements. It stamps every delta, which the testkit's model has no reason to do. */
export async function startModel() {
  const waiting: ((call: Call) => void)[] = []
  const server = createServer((request, response) => {
    answer(request, response, (call) => waiting.shift()?.(call)).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    /** Resolves with the next call that is not for a title. */
    nextCall: () => new Promise<Call>((resolve) => waiting.push(resolve)),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Body {
  messages: { role: string; content: unknown }[]
  tools?: unknown[]
}

async function answer(request: IncomingMessage, response: ServerResponse, arrived: (call: Call) => void) {
  const at = performance.now()
  let text = ""
  for await (const chunk of request) text += chunk
  const body = JSON.parse(text) as Body
  response.writeHead(200, { "content-type": "text/event-stream" })
  const send = (choice: object, extra: object = {}) =>
    response.write(
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m1", choices: [choice], ...extra })}\n\n`,
    )
  const end = (reason: string) => {
    send(
      { index: 0, delta: {}, finish_reason: reason },
      { usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 } },
    )
    response.end("data: [DONE]\n\n")
  }
  const delta = (content: string) => send({ index: 0, delta: { role: "assistant", content }, finish_reason: null })
  if (!body.tools?.length) {
    delta("A title")
    end("stop")
    return
  }
  arrived({ at, bytes: text.length })
  const plan = readPlan(body)
  if (plan.tool && !afterTool(body)) {
    const call = {
      index: 0,
      id: `call_${Math.round(at)}`,
      type: "function",
      function: { name: plan.tool.name, arguments: JSON.stringify(plan.tool.args) },
    }
    send({ index: 0, delta: { role: "assistant", tool_calls: [call] }, finish_reason: null })
    end("tool_calls")
    return
  }
  for (let i = 0; i < plan.deltas && !response.destroyed; i++) {
    delta(`@${performance.now().toFixed(3)} `)
    if (plan.every > 0) await new Promise((resolve) => setTimeout(resolve, plan.every))
  }
  if (!plan.open) end("stop")
}

function lastUser(body: Body): number {
  return body.messages.findLastIndex((message) => message.role === "user")
}

function readPlan(body: Body): Plan {
  const message = body.messages[lastUser(body)]
  const match = /plan(\{.*?\})endplan/s.exec(
    typeof message?.content === "string" ? message.content : contentText(message?.content),
  )
  return { deltas: 1, every: 0, ...(match?.[1] ? (JSON.parse(match[1]) as Partial<Plan>) : {}) }
}

function contentText(content: unknown): string {
  if (!Array.isArray(content)) return ""
  return content.map((part: { text?: string }) => part.text ?? "").join("\n")
}

function afterTool(body: Body): boolean {
  return body.messages.slice(lastUser(body)).some((message) => message.role === "tool")
}
