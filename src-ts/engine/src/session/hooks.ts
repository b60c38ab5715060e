import { ascending, isId } from "../id/index.ts"
import { isObject } from "../json/index.ts"
import type { MessageWithParts, Part, UserMessage } from "../message/types.ts"
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

/** What the model is shown of the session as plugins change it; nothing of that is stored. */
export async function shapedHistory(plugins: PluginHost, history: MessageWithParts[]): Promise<MessageWithParts[]> {
  if (!plugins.has("experimental.chat.messages.transform")) return history
  const { messages } = await plugins.trigger("experimental.chat.messages.transform", {}, { messages: history })
  const whole =
    Array.isArray(messages) &&
    messages.every(
      (each) => isObject(each) && isObject(each.info) && Array.isArray(each.parts) && each.parts.every(isObject),
    )
  return whole ? messages : history
}

/** Descriptions and parameters of the tools on offer as plugins change them; calls are checked as before. */
export async function shapedTools(plugins: PluginHost, request: ModelRequest): Promise<ModelRequest> {
  if (!request.tools || !plugins.has("tool.definition")) return request
  const tools = await Promise.all(
    request.tools.map(async (tool) => {
      if (tool.type !== "function") return tool
      const { name, description = "", inputSchema } = tool
      const given = await plugins.trigger("tool.definition", { toolID: name }, { description, parameters: inputSchema })
      return {
        ...tool,
        ...(typeof given.description === "string" ? { description: given.description } : {}),
        ...(isObject(given.parameters) ? { inputSchema: given.parameters } : {}),
      }
    }),
  )
  return { ...request, tools }
}

/** What a summary is asked for, with what plugins add to it or put in its place. */
export async function shapedTask(plugins: PluginHost, sessionID: string, task: string): Promise<string> {
  if (!plugins.has("experimental.session.compacting")) return task
  const output: { context: string[]; prompt?: string } = { context: [] }
  const { context, prompt } = await plugins.trigger("experimental.session.compacting", { sessionID }, output)
  if (typeof prompt === "string" && prompt.trim() !== "") return prompt
  const more = Array.isArray(context) ? context.filter((each) => typeof each === "string") : []
  return [task, ...more].join("\n\n")
}

/** What plugins add to the environment of the user's and the model's commands. */
export async function shellEnv(
  plugins: PluginHost,
  input: { cwd: string; sessionID: string; callID: string },
): Promise<Record<string, string>> {
  if (!plugins.has("shell.env")) return {}
  const { env } = await plugins.trigger("shell.env", input, { env: {} as Record<string, string> })
  return Object.fromEntries(Object.entries(env ?? {}).filter(([, value]) => typeof value === "string"))
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
