import type { Step, Turn } from "./types.ts"
import { parsedOrEmpty, record } from "./wire/json.ts"

/** One `[[name:value]]` found in a prompt. */
interface Directive {
  name: string
  value: string
}

/** A failure that only the first `times` attempts of a call see; the rest of the turn follows afterwards. */
export interface Attempted {
  turn: Turn
  failures: { step: Step; times: number }[]
}

/**
 * Reads a script from the text of a prompt, so that a test in any language can drive the model with nothing but a
 * prompt. `[[then]]` separates the calls of one turn. Undefined when the text holds no directive.
 *
 * `[[text:Hello world]]` `[[reasoning:Hm]]` `[[tool:read {"filePath":"a.txt"}]]` `[[deltas:5000]]` `[[every:10]]`
 * `[[status:429]]` `[[status:429 x2 after=1]]` `[[error:message]]` `[[garbage]]` `[[hang]]` `[[cut]]`
 * `[[hold:name]]` `[[delay:50]]` `[[finish:length]]` `[[usage:{"input":10}]]`
 */
export function readScript(text: string): Attempted[] | undefined {
  const directives = scan(text)
  if (directives.length === 0) return undefined
  const calls: Directive[][] = [[]]
  for (const directive of directives) {
    if (directive.name === "then") calls.push([])
    else calls.at(-1)?.push(directive)
  }
  return calls.map(toTurn)
}

function toTurn(directives: Directive[]): Attempted {
  const every = directives.find((one) => one.name === "every")
  const pause = every ? { every: Number(every.value) } : {}
  const turn: Turn = []
  const failures: Attempted["failures"] = []
  for (const { name, value } of directives) {
    if (name === "text") turn.push({ text: value, ...pause })
    else if (name === "reasoning") turn.push({ reasoning: value, ...pause })
    else if (name === "deltas") {
      const deltas = Array.from({ length: Number(value) || 0 }, (_, at) => `w${at} `)
      turn.push({ text: deltas.join(""), deltas, ...pause })
    } else if (name === "tool") turn.push(toolStep(value))
    else if (name === "status") failures.push(statusStep(value))
    else if (name === "error") turn.push({ error: { status: 500, message: value || "The model failed" } })
    else if (name === "garbage") turn.push({ garbage: value || "\u0000\u0001 this is { not a stream" })
    else if (name === "hang") turn.push({ hang: true })
    else if (name === "cut") turn.push({ cut: true })
    else if (name === "hold") turn.push({ hold: value || "hold" })
    else if (name === "delay") turn.push({ delay: Number(value) || 0 })
    else if (name === "finish") turn.push({ finish: finishOf(value) })
    else if (name === "usage") turn.push({ usage: record(parsedOrEmpty(value)) })
  }
  return { turn, failures }
}

function toolStep(value: string): Step {
  const [, tool = "", args = ""] = /^\s*(\S+)\s*(.*)$/s.exec(value) ?? []
  return { tool, args: args.trim() || "{}" }
}

/** `429`, `429 x2` (the first two attempts only), `429 after=3` (Retry-After), `400 code=context_length_exceeded`. */
function statusStep(value: string): { step: Step; times: number } {
  const status = Number(/\d+/.exec(value)?.[0] ?? 500)
  const times = Number(/\bx(\d+)/.exec(value)?.[1] ?? Number.POSITIVE_INFINITY)
  const after = /\bafter=([\d.]+)/.exec(value)?.[1]
  const code = /\bcode=(\S+)/.exec(value)?.[1]
  const message = /\bmessage=(.+)$/.exec(value)?.[1]
  return {
    times,
    step: {
      error: {
        status,
        message: message ?? code ?? MESSAGES[status] ?? `Status ${status}`,
        ...(code ? { code } : {}),
        ...(after ? { retryAfter: Number(after) } : {}),
      },
    },
  }
}

const MESSAGES: Record<number, string> = {
  401: "Invalid API key",
  429: "Rate limit reached",
  500: "Internal error",
  503: "Overloaded",
}

function finishOf(value: string) {
  if (value === "tool-calls" || value === "length" || value === "content-filter") return value
  return "stop" as const
}

/** Finds the directives; the JSON of a tool call may itself contain `]]`. */
function scan(text: string): Directive[] {
  const found: Directive[] = []
  const opening = /\[\[([a-z]+)(:|(?=\]\]))/g
  for (let match = opening.exec(text); match; match = opening.exec(text)) {
    const name = match[1] ?? ""
    const from = opening.lastIndex
    const end = closing(text, from)
    if (end < 0) continue
    found.push({ name, value: text.slice(from, end) })
    opening.lastIndex = end + 2
  }
  return found
}

function closing(text: string, from: number): number {
  const plain = text.indexOf("]]", from)
  const brace = text.indexOf("{", from)
  if (brace < 0 || plain < brace) return plain
  const after = endOfJson(text, brace)
  return after < 0 ? plain : text.indexOf("]]", after)
}

/** Position after the object that begins at `at`, or -1 when it does not end. */
function endOfJson(text: string, at: number): number {
  let depth = 0
  let quoted = false
  for (let i = at; i < text.length; i++) {
    const char = text[i]
    if (quoted) {
      if (char === "\\") i++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === "{") depth++
    else if (char === "}" && --depth === 0) return i + 1
  }
  return -1
}
