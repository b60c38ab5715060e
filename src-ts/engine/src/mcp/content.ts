import type {
  CallToolResult,
  ContentBlock,
  GetPromptResult,
  ReadResourceResult,
} from "@modelcontextprotocol/sdk/types.js"
import type { McpContent } from "./types.ts"

/** Characters of base64 in one attachment and in all of an answer: what models take, and no message of 100 MB. */
const MAX_ATTACHMENT = 8_000_000
const MAX_ATTACHMENTS = 16_000_000

/** Collects what a server sent: text together, files as attachments, and a word about everything that was left out. */
class Collector {
  readonly texts: string[] = []
  readonly attachments: McpContent["attachments"] = []
  #size = 0

  text(text: string) {
    if (text !== "") this.texts.push(text)
  }

  file(mime: string, base64: string, filename: string | undefined) {
    const size = base64.length
    if (size > MAX_ATTACHMENT || this.#size + size > MAX_ATTACHMENTS) {
      this.text(`[${filename ?? mime} left out: ${Math.round((size * 3) / 4 / 1e6)} MB are too large to attach]`)
      return
    }
    this.#size += size
    const url = `data:${mime};base64,${base64}`
    this.attachments.push({ type: "file", mime, url, ...(filename === undefined ? {} : { filename }) })
  }

  resource(resource: { uri: string; mimeType?: string | undefined } & ({ text: string } | { blob: string })) {
    if ("text" in resource) return this.text(resource.text)
    const mime = resource.mimeType ?? "application/octet-stream"
    // Models read these; of anything else only its existence is of use.
    if (/^(image|audio)\/|^application\/pdf$/.test(mime)) return this.file(mime, resource.blob, nameOf(resource.uri))
    this.text(`[Binary resource ${resource.uri}, ${mime}]`)
  }

  block(block: ContentBlock) {
    switch (block.type) {
      case "text":
        return this.text(block.text)
      case "image":
      case "audio":
        return this.file(block.mimeType, block.data, undefined)
      case "resource":
        return this.resource(block.resource)
      case "resource_link":
        return this.text(
          `[Resource ${block.uri}: ${[block.title ?? block.name, block.description].filter(Boolean).join(", ")}]`,
        )
    }
  }

  done(): McpContent {
    return { text: this.texts.join("\n\n"), attachments: this.attachments }
  }
}

/** A tool's answer. Structured content counts when there is nothing else. */
export function ofTool(result: CallToolResult): McpContent {
  const collector = new Collector()
  for (const block of result.content) collector.block(block)
  if (collector.texts.length === 0 && collector.attachments.length === 0 && result.structuredContent)
    collector.text(JSON.stringify(result.structuredContent, null, 2))
  return collector.done()
}

export function ofResource(result: ReadResourceResult): McpContent {
  const collector = new Collector()
  for (const content of result.contents) collector.resource(content)
  return collector.done()
}

export function ofPrompt(result: GetPromptResult): McpContent {
  const collector = new Collector()
  for (const message of result.messages) collector.block(message.content)
  return collector.done()
}

function nameOf(uri: string): string | undefined {
  const path = URL.canParse(uri) ? new URL(uri).pathname : uri
  return path.split("/").at(-1) || undefined
}
