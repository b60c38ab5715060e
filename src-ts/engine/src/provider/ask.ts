import type { ResolvedModel } from "./service.ts"

const LONGEST_ANSWER = 50_000

/** One question to a model without tools; its whole answer as text. Throws what the model call throws, or the reason of `signal`. */
export async function askOnce(
  resolved: ResolvedModel,
  question: { instructions: string; text: string; sessionID: string },
  signal: AbortSignal,
): Promise<string> {
  const { headers, providerOptions } = resolved.callOptions({ sessionID: question.sessionID })
  const { stream } = await resolved.language.doStream({
    prompt: [
      { role: "system", content: question.instructions },
      { role: "user", content: [{ type: "text", text: question.text }] },
    ],
    ...(headers ? { headers } : {}),
    ...(providerOptions ? { providerOptions } : {}),
    ...(resolved.model.capabilities.temperature ? { temperature: 0.3 } : {}),
    abortSignal: signal,
  })
  let text = ""
  for await (const chunk of stream) {
    if (chunk.type === "text-delta") text += chunk.delta
    if (chunk.type === "error") throw chunk.error
    // A model that does not stop must not fill the memory.
    if (text.length > LONGEST_ANSWER) break
  }
  return text.replace(/<think>[\s\S]*?<\/think>/g, "").trim()
}
