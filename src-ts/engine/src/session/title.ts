import type { LanguageModelV4Prompt } from "@ai-sdk/provider"
import type { ResolvedModel } from "../provider/index.ts"
import { pull } from "./pull.ts"
import type { Session } from "./types.ts"

const DEFAULT = /^(New session|Child session) - \d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const LONGEST = 100

const INSTRUCTIONS = `You name conversations. Read the request of the user and answer with a title for it and nothing else.
- One line of at most 50 characters, in the language of the request, without quotes or a full stop.
- Name the task and its object as one would in a list of open work; keep file names, identifiers and numbers as they are.
- Don't answer the request and don't mention that you are naming it.`

/** Title of a session that nobody has named yet. */
export function defaultTitle(now: Date, child: boolean): string {
  return `${child ? "Child" : "New"} session - ${now.toISOString()}`
}

export function hasDefaultTitle(session: Session): boolean {
  return DEFAULT.test(session.title)
}

/** Asks the model for a title. Undefined when nothing usable came back; throws what the model call throws. */
export async function askTitle(
  resolved: ResolvedModel,
  request: { sessionID: string; text: string; instructions?: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const { headers, providerOptions } = resolved.callOptions({ sessionID: request.sessionID })
  const prompt: LanguageModelV4Prompt = [
    { role: "system", content: request.instructions ?? INSTRUCTIONS },
    { role: "user", content: [{ type: "text", text: `Name this request:\n\n${request.text.slice(0, 4_000)}` }] },
  ]
  let text = ""
  await pull(
    resolved,
    {
      prompt,
      ...(headers ? { headers } : {}),
      ...(providerOptions ? { providerOptions } : {}),
      ...(resolved.model.capabilities.temperature ? { temperature: 0.5 } : {}),
    },
    signal,
    (chunk) => {
      if (chunk.type === "text-delta") text += chunk.delta
      if (chunk.type === "error") throw chunk.error
    },
  )
  return clean(text)
}

function clean(text: string): string | undefined {
  const line = text
    .replace(/<think>[\s\S]*?<\/think>/g, "")
    .split("\n")
    .map((part) => part.trim())
    .find((part) => part !== "")
    ?.replace(/^["'`]+|["'`]+$/g, "")
  if (!line) return undefined
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}
