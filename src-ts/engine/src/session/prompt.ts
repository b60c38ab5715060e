import { stat } from "node:fs/promises"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import type { Agent } from "../agent/types.ts"
import { BadRequestError } from "../error.ts"
import { ascending, isId } from "../id/index.ts"
import type { CompactionPart, FilePart, Part, PartInput, TextPart, UserMessage } from "../message/types.ts"
import type { Tool, ToolContext, ToolResult } from "../tool/types.ts"
import type { Change } from "./change.ts"
import { messageOf } from "./failure.ts"
import type { SummarizeInput } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** Characters of an attached resource that the model sees. */
const MAX_RESOURCE = 200_000

type FileInput = Extract<PartInput, { type: "file" }>

/**
 * Parts of a user message as they are stored. Attached text files and directories are read now and become synthetic
 * text before the file part, so that the model sees what the user saw (contract: behaviour section 5, files in prompts).
 */
export async function userParts(
  workspace: Workspace,
  ids: { sessionID: string; messageID: string },
  inputs: PartInput[],
  agent: Agent,
): Promise<Part[]> {
  const parts: Part[] = []
  const synthetic = (text: string): TextPart => ({ id: ascending("prt"), ...ids, type: "text", text, synthetic: true })
  for (const input of inputs) {
    if (input.id !== undefined && !isId("prt", input.id)) throw new BadRequestError(`Not a part id: ${input.id}`)
    if (input.type !== "file") {
      parts.push({ ...input, id: input.id ?? ascending("prt"), ...ids })
      if (input.type === "agent") {
        parts.push(
          synthetic(`The user wants the agent "${input.name}" for this: leave the work to it if you can call it.`),
        )
      }
      continue
    }
    const { texts, file } = await readFilePart(workspace, ids, input, agent)
    parts.push(...texts.map(synthetic))
    if (file) parts.push({ ...file, id: input.id ?? ascending("prt"), ...ids })
  }
  const note = switched(workspace, ids.sessionID, agent)
  if (note) parts.push(synthetic(note))
  return parts
}

/** Another mode than before: the model must not go on under the rules that the conversation began with. */
function switched(workspace: Workspace, sessionID: string, agent: Agent): string | undefined {
  const before = workspace.store.get(sessionID).agent
  if (before === undefined || before === agent.name) return undefined
  if (workspace.store.messages(sessionID, { limit: 1 }).items.length === 0) return undefined
  return `<system-reminder>The user switched from "${before}" to "${agent.name}". The instructions and tools of ${agent.name} hold from here on; limits of the earlier mode are gone.</system-reminder>`
}

/** The message that asks for a summary of the session, with the changes that store it. */
export async function summaryRequest(
  workspace: Workspace,
  agent: Agent,
  sessionID: string,
  input: SummarizeInput,
): Promise<{ info: UserMessage; changes: Change[] }> {
  const { providerID, modelID } = input
  // Known to exist before anything is stored.
  await workspace.providers.resolve({ providerID, modelID })
  const info: UserMessage = {
    id: ascending("msg"),
    sessionID,
    role: "user",
    time: { created: workspace.store.nextTime(sessionID) },
    agent: agent.name,
    model: { providerID, modelID },
  }
  const part: CompactionPart = {
    id: ascending("prt"),
    sessionID,
    messageID: info.id,
    type: "compaction",
    auto: input.auto ?? false,
  }
  return {
    info,
    changes: [
      { type: "message", info },
      { type: "part", part },
    ],
  }
}

async function readFilePart(
  workspace: Workspace,
  ids: { sessionID: string; messageID: string },
  input: FileInput,
  agent: Agent,
): Promise<{ texts: string[]; file?: Omit<FilePart, "id" | "sessionID" | "messageID"> }> {
  const { id: _, ...file } = input
  if (input.source?.type === "resource") return readResource(workspace, input.source, file)
  if (input.url.startsWith("data:")) {
    if (!input.mime.startsWith("text/")) return { texts: [], file }
    const call = { filePath: input.filename ?? "attachment" }
    return { texts: [called(call), decode(input.url)], file }
  }
  if (!input.url.startsWith("file:")) return { texts: [], file }
  const args: { filePath: string; offset?: number; limit?: number } = { filePath: input.url }
  try {
    const url = new URL(input.url)
    const start = lineNumber(url.searchParams.get("start"))
    const end = lineNumber(url.searchParams.get("end"))
    const lines = start === undefined && input.source?.type === "symbol" ? input.source.range : undefined
    args.filePath = fileURLToPath(url)
    if (start !== undefined) args.offset = Math.max(1, start)
    if (start !== undefined && end !== undefined && end >= start) args.limit = end - Math.max(1, start) + 1
    // A symbol's range counts from 0.
    if (lines) Object.assign(args, { offset: lines.start.line + 1, limit: lines.end.line - lines.start.line + 1 })
    const info = await stat(args.filePath)
    const named = { ...file, filename: file.filename ?? basename(args.filePath) }
    const result = await read(workspace, ids, args, agent)
    const media = result.attachments?.[0]
    if (media) return { texts: [called(args)], file: { ...named, mime: media.mime, url: media.url } }
    return {
      texts: [called(args), result.output],
      file: { ...named, mime: info.isDirectory() ? "application/x-directory" : named.mime },
    }
  } catch (error) {
    return { texts: [`Read tool failed to read ${args.filePath}: ${messageOf(error)}`] }
  }
}

async function readResource(
  workspace: Workspace,
  source: { clientName: string; uri: string },
  file: Omit<FilePart, "id" | "sessionID" | "messageID">,
): ReturnType<typeof readFilePart> {
  const name = `MCP resource ${source.uri} of ${source.clientName}`
  try {
    const { text, attachments } = await workspace.resource(source.clientName, source.uri)
    const shown = text.length > MAX_RESOURCE ? `${text.slice(0, MAX_RESOURCE)}\n[… cut]` : text
    const media = attachments[0]
    const texts = shown === "" ? [`Read the ${name}.`] : [`Read the ${name}:`, shown]
    return { texts, file: media ? { ...file, mime: media.mime, url: media.url } : file }
  } catch (error) {
    return { texts: [`Reading the ${name} failed: ${messageOf(error)}`] }
  }
}

/** Clients hide texts that start like this (contract: behaviour section 5). */
function called(args: Record<string, unknown>): string {
  return `Called the Read tool with the following input: ${JSON.stringify(args)}`
}

async function read(
  workspace: Workspace,
  ids: { sessionID: string; messageID: string },
  args: Record<string, unknown>,
  agent: Agent,
): Promise<ToolResult> {
  const tool: Tool | undefined = (await workspace.toolset()).tools.get("read")
  if (!tool) throw new Error("The read tool is missing.")
  // The user chose the file, so nobody needs to be asked.
  const context: ToolContext = {
    ...ids,
    callID: ascending("prt"),
    agent,
    directory: workspace.directory,
    worktree: workspace.worktree,
    abort: AbortSignal.timeout(30_000),
    update: () => undefined,
    ask: async () => undefined,
    question: () => Promise.reject(new Error("Reading a file asks nothing.")),
    charge: () => undefined,
    todos: { get: () => [], set: () => undefined },
    edited: () => undefined,
  }
  return tool.execute(tool.parameters.parse(args), context)
}

function lineNumber(text: string | null): number | undefined {
  if (text === null || !/^\d+$/.test(text)) return undefined
  return Number(text)
}

function decode(url: string): string {
  const comma = url.indexOf(",")
  const body = url.slice(comma + 1)
  if (url.slice(0, comma).endsWith(";base64")) return Buffer.from(body, "base64").toString("utf8")
  try {
    return decodeURIComponent(body)
  } catch {
    return body
  }
}
