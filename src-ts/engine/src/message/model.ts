import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultOutput,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider"
import type { Model } from "../provider/types.ts"
import { viewOf } from "./history.ts"
import type { AssistantMessage, EditorContext, FilePart, MessageWithParts, Part, ToolPart } from "./types.ts"

type AssistantContent = Extract<LanguageModelV4Message, { role: "assistant" }>["content"]
type ToolContent = Extract<LanguageModelV4Message, { role: "tool" }>["content"]

/**
 * The model's view of a session: system text and stored history, each answer right after the prompt it answers
 * (a prompt that was typed while the agent worked comes after that work), tool results after their calls.
 */
export function toPrompt(system: string[], history: MessageWithParts[], model: Model): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = []
  const text = system.filter((block) => block.trim() !== "").join("\n\n")
  if (text) prompt.push({ role: "system", content: text })
  const view = viewOf(history)
  if (view.summary !== undefined) prompt.push({ role: "user", content: [{ type: "text", text: summed(view.summary) }] })
  for (const { info, parts } of inTurns(view.items)) {
    if (info.role === "user") {
      const content = parts.flatMap((part) => userContent(part, model))
      const editor = content.length > 0 && info.editorContext ? editorText(info.editorContext) : undefined
      if (editor) content.push({ type: "text", text: editor })
      if (content.length > 0) prompt.push({ role: "user", content })
      continue
    }
    prompt.push(...answer(info, parts, model))
  }
  return prompt
}

function summed(summary: string): string {
  return `<summary>\n${summary.trim()}\n</summary>\nThe conversation before this point was condensed into this summary; it is all that is left of it. Go on from here without mentioning it.`
}

/** What the user's editor shows. It is kept with the prompt, so that a cached prompt stays the same in later turns. */
function editorText(editor: EditorContext): string | undefined {
  const list = (files: string[] | undefined) => (files ?? []).slice(0, MAX_TABS).join(", ")
  const visible = (editor.visibleFiles ?? []).filter((file) => file !== editor.activeFile)
  const lines = [
    ...(editor.activeFile ? [`Active file: ${editor.activeFile}`] : []),
    ...(visible.length > 0 ? [`Visible files: ${list(visible)}`] : []),
    ...(editor.openTabs?.length ? [`Open tabs: ${list(editor.openTabs)}`] : []),
    ...(editor.shell ? [`Terminal shell: ${editor.shell}`] : []),
  ]
  return lines.length === 0 ? undefined : ["<editor>", ...lines, "</editor>"].join("\n")
}

const MAX_TABS = 30

/**
 * Each prompt with its answers. Prompts stand in the order in which they were answered; one that nobody answered (a note, or
 * the newest) stays behind the one before it.
 */
function inTurns(history: MessageWithParts[]): MessageWithParts[] {
  const answers = new Map<string, MessageWithParts[]>()
  const prompts = new Set(history.flatMap((item) => (item.info.role === "user" ? [item.info.id] : [])))
  for (const item of history) {
    if (item.info.role !== "assistant" || !prompts.has(item.info.parentID)) continue
    const list = answers.get(item.info.parentID)
    if (list) list.push(item)
    else answers.set(item.info.parentID, [item])
  }
  const turns: { key: number; items: MessageWithParts[] }[] = []
  for (const item of history) {
    if (item.info.role === "assistant") {
      if (!prompts.has(item.info.parentID)) turns.push({ key: item.info.time.created, items: [item] })
      continue
    }
    const own = answers.get(item.info.id) ?? []
    const before = turns.at(-1)?.key ?? 0
    const key = own[0] ? own[0].info.time.created : Math.max(before, item.info.time.created)
    turns.push({ key, items: [item, ...own] })
  }
  return turns.sort((a, b) => a.key - b.key).flatMap((turn) => turn.items)
}

function userContent(part: Part, model: Model): (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  switch (part.type) {
    case "text":
      return part.ignored || part.text === "" ? [] : [{ type: "text", text: part.text }]
    case "file":
      return fileContent(part, model)
    case "subtask":
      return [{ type: "text", text: `Do this sub-task (${part.description}): ${part.prompt}` }]
    default:
      return []
  }
}

/** Text files and directories are already there as synthetic text; media go to models that can read them. */
function fileContent(part: FilePart, model: Model): (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  if (part.mime.startsWith("text/") || part.mime === "application/x-directory") return []
  const input = model.capabilities.input
  const readable =
    (part.mime.startsWith("image/") && input.image) ||
    (part.mime === "application/pdf" && input.pdf) ||
    (part.mime.startsWith("audio/") && input.audio) ||
    (part.mime.startsWith("video/") && input.video)
  const name = part.filename ?? "file"
  if (!readable) {
    return [
      { type: "text", text: `[${name} (${part.mime}) was attached, but ${model.name} can't read such files. Say so.]` },
    ]
  }
  const data = dataOf(part.url)
  if (!data) return [{ type: "text", text: `[${name} (${part.mime}) was attached at ${part.url}]` }]
  return [{ type: "file", mediaType: part.mime, filename: name, data }]
}

function dataOf(url: string): LanguageModelV4FilePart["data"] | undefined {
  if (/^https?:/.test(url)) return { type: "url", url: new URL(url) }
  const base64 = /^data:[^,]*;base64,(.*)$/s.exec(url)?.[1]
  if (base64 !== undefined) return { type: "data", data: base64 }
  const plain = /^data:[^,]*,(.*)$/s.exec(url)?.[1]
  if (plain === undefined) return undefined
  return { type: "data", data: Buffer.from(decodeURIComponent(plain)).toString("base64") }
}

function answer(info: AssistantMessage, parts: Part[], model: Model): LanguageModelV4Message[] {
  // Signatures of reasoning and calls are only valid for the model that made them.
  const own = info.providerID === model.providerID && info.modelID === model.id
  const content: AssistantContent = []
  const results: ToolContent = []
  for (const part of parts) {
    switch (part.type) {
      case "text":
        if (part.text !== "" && !part.ignored)
          content.push({ type: "text", text: part.text, ...options(part.metadata, own) })
        break
      case "reasoning":
        if (own && (part.text !== "" || part.metadata)) {
          content.push({ type: "reasoning", text: part.text, ...options(part.metadata, own) })
        }
        break
      case "tool":
        content.push({
          type: "tool-call",
          toolCallId: part.callID,
          toolName: part.tool,
          input: part.state.input,
          ...options(part.metadata, own),
        })
        results.push({
          type: "tool-result",
          toolCallId: part.callID,
          toolName: part.tool,
          output: resultOf(part, model),
        })
        break
      default:
        break
    }
  }
  if (content.length === 0) return []
  // Reasoning alone (a turn that was cut off) is refused by providers as an empty answer.
  if (content.every((part) => part.type === "reasoning")) return []
  const messages: LanguageModelV4Message[] = [{ role: "assistant", content }]
  if (results.length > 0) messages.push({ role: "tool", content: results })
  return messages
}

function options(
  metadata: Record<string, unknown> | undefined,
  own: boolean,
): { providerOptions?: SharedV4ProviderOptions } {
  if (!metadata || !own) return {}
  // It was stored from `providerMetadata`, which has this very shape.
  return { providerOptions: metadata as SharedV4ProviderOptions }
}

function resultOf(part: ToolPart, model: Model): LanguageModelV4ToolResultOutput {
  const state = part.state
  if (state.status === "error") return { type: "error-text", value: state.error }
  if (state.status !== "completed") return { type: "error-text", value: "The call was interrupted before it ended." }
  if (state.time.compacted !== undefined)
    return { type: "text", value: "[The output was dropped to save space. Call the tool again if you need it.]" }
  const media = (state.attachments ?? []).flatMap((file) => fileContent(file, model))
  if (media.length === 0) return { type: "text", value: state.output }
  return { type: "content", value: [{ type: "text", text: state.output }, ...media.map(withoutOptions)] }
}

function withoutOptions(part: LanguageModelV4TextPart | LanguageModelV4FilePart) {
  return part.type === "text"
    ? { type: "text" as const, text: part.text }
    : {
        type: "file" as const,
        data: part.data,
        mediaType: part.mediaType,
        ...(part.filename ? { filename: part.filename } : {}),
      }
}
