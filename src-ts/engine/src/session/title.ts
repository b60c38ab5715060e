import type { LanguageModelV4Prompt } from "@ai-sdk/provider"
import type { ModelRef, Tokens, UserMessage } from "../message/types.ts"
import { costOf, type ResolvedModel } from "../provider/index.ts"
import { spent } from "./answer.ts"
import { pull } from "./pull.ts"
import type { Session } from "./types.ts"
import { tokensOf } from "./usage.ts"
import type { Workspace } from "./workspace.ts"

const TITLE_MS = 30_000

const DEFAULT = /^(New session|Child session) - \d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const LONGEST = 100
const LONGEST_ANSWER = 20_000

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

/** Names a session after its first prompt, beside the answer, and books what that cost. It may fail without anyone noticing. */
export function nameSession(
  input: { workspace: Workspace; sessionID: string; user: UserMessage; closing: AbortSignal },
  fallback: ResolvedModel,
): void {
  const { workspace, sessionID, user, closing } = input
  const session = workspace.store.get(sessionID)
  if (session.parentID || !hasDefaultTitle(session)) return
  const items = workspace.store.messages(sessionID, { limit: 2 }).items
  const first = items[0]
  if (items.length !== 1 || !first) return
  const text = first.parts
    .flatMap((part) => (part.type === "text" && !part.synthetic && !part.ignored ? [part.text] : []))
    .join("\n")
  if (text.trim() === "") return
  const work = async () => {
    const agent = (await workspace.agents()).find((item) => item.name === "title")
    const ref: ModelRef | undefined = agent?.model ?? (await workspace.providers.smallModel(user.model))
    const resolved = ref ? await workspace.providers.resolve(ref) : fallback
    const signal = AbortSignal.any([closing, AbortSignal.timeout(TITLE_MS)])
    const { title, tokens } = await askTitle(
      resolved,
      { sessionID, text, ...(agent?.prompt ? { instructions: agent.prompt } : {}) },
      signal,
    )
    const now = closing.aborted ? undefined : workspace.store.find(sessionID)
    if (!now) return
    const info = spent(now, costOf(resolved.model, tokens), tokens)
    if (title && hasDefaultTitle(now)) info.title = title
    workspace.store.commit(workspace.scope, { type: "session", info })
  }
  work().catch(() => undefined)
}

/** Asks the model for a title; undefined when nothing usable came back. Throws what the model call throws. */
async function askTitle(
  resolved: ResolvedModel,
  request: { sessionID: string; text: string; instructions?: string },
  signal: AbortSignal,
): Promise<{ title: string | undefined; tokens: Tokens }> {
  const { headers, providerOptions } = resolved.callOptions({ sessionID: request.sessionID })
  const prompt: LanguageModelV4Prompt = [
    { role: "system", content: request.instructions ?? INSTRUCTIONS },
    { role: "user", content: [{ type: "text", text: `Name this request:\n\n${request.text.slice(0, 4_000)}` }] },
  ]
  let text = ""
  let tokens = tokensOf(undefined)
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
      // A model that does not stop must not fill the memory with a name.
      if (chunk.type === "text-delta" && text.length < LONGEST_ANSWER) text += chunk.delta
      if (chunk.type === "finish") tokens = tokensOf(chunk.usage)
      if (chunk.type === "error") throw chunk.error
    },
  )
  return { title: clean(text), tokens }
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
