import { ascending, isId } from "../id/index.ts"
import { isObject } from "../json/index.ts"
import type { Part, UserMessage } from "../message/types.ts"
import type { PluginHost } from "../plugin/index.ts"
import type { ModelRequest, Prepared } from "./request.ts"

/** The request as plugins change it: temperature and the like, provider options, headers. */
export async function shapedRequest(
  plugins: PluginHost,
  prepared: Prepared,
  user: UserMessage,
  request: ModelRequest,
): Promise<ModelRequest> {
  const { agent, resolved } = prepared
  const { id, name, key: _, ...provider } = resolved.provider
  const input = {
    sessionID: user.sessionID,
    agent: agent.name,
    model: resolved.model,
    provider: { source: provider.source, info: { id, name }, options: {} },
    message: user,
  }
  let shaped = request
  if (plugins.has("chat.params")) {
    const options = request.providerOptions?.[id]
    const params = await plugins.trigger("chat.params", input, {
      temperature: request.temperature,
      topP: request.topP,
      topK: request.topK,
      maxOutputTokens: request.maxOutputTokens,
      options: { ...options } as Record<string, unknown>,
    })
    const numbers = Object.entries({
      temperature: params.temperature,
      topP: params.topP,
      topK: params.topK,
      maxOutputTokens: params.maxOutputTokens,
    }).filter(([, value]) => typeof value === "number")
    const { temperature: _t, topP: _p, topK: _k, maxOutputTokens: _m, ...rest } = request
    const all = { ...request.providerOptions }
    // JSON as the provider takes it: what a plugin made of it went through a structured clone.
    if (isObject(params.options) && (options || Object.keys(params.options).length > 0)) {
      all[id] = params.options as NonNullable<typeof options>
    }
    shaped = {
      ...rest,
      ...Object.fromEntries(numbers),
      ...(Object.keys(all).length > 0 ? { providerOptions: all } : {}),
    }
  }
  if (plugins.has("chat.headers")) {
    const { headers } = await plugins.trigger("chat.headers", input, { headers: {} as Record<string, string> })
    const own = Object.entries(headers ?? {}).filter(([, value]) => typeof value === "string")
    if (own.length > 0) shaped = { ...shaped, headers: { ...shaped.headers, ...Object.fromEntries(own) } }
  }
  return shaped
}

/** System texts as plugins change them. */
export async function shapedSystem(plugins: PluginHost, prepared: Prepared, sessionID: string): Promise<string[]> {
  if (!plugins.has("experimental.chat.system.transform")) return prepared.system
  const input = { sessionID, model: prepared.resolved.model }
  const { system } = await plugins.trigger("experimental.chat.system.transform", input, {
    system: [...prepared.system],
  })
  return Array.isArray(system) && system.every((text) => typeof text === "string") ? system : prepared.system
}

/** A prompt as plugins change it: its parts, its system text and its tools; whose prompt it is stays. */
export async function shapedPrompt(
  plugins: PluginHost,
  message: UserMessage,
  parts: Part[],
): Promise<{ message: UserMessage; parts: Part[] }> {
  if (!plugins.has("chat.message")) return { message, parts }
  const { id: messageID, sessionID, agent, model } = message
  const input = {
    sessionID,
    agent,
    model: { providerID: model.providerID, modelID: model.modelID },
    messageID,
    ...(model.variant ? { variant: model.variant } : {}),
  }
  const given = await plugins.trigger("chat.message", input, { message, parts })
  const { id: _, sessionID: __, role: ___, time: ____, agent: _____, model: ______, ...rest } = given.message
  return {
    message: { ...message, ...rest },
    parts: given.parts
      .filter((part) => isObject(part) && typeof part.type === "string")
      .map((part) => ({
        ...part,
        id: isId("prt", String(part.id)) ? part.id : ascending("prt"),
        sessionID,
        messageID,
      })),
  }
}
