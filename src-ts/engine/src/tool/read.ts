import { createReadStream } from "node:fs"
import { open, readdir, readFile, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { StringDecoder } from "node:string_decoder"
import { z } from "zod"
import { isBinary, isViewable, mimeOf, slashed } from "../file/index.ts"
import { define, ToolError } from "./define.ts"
import { askOutside, locate, type Target } from "./support/target.ts"
import type { Tool, ToolContext, ToolResult } from "./types.ts"

const DEFAULT_LINES = 2000
const MAX_LINE = 2000
const MAX_ATTACHMENT = 10 * 1024 * 1024

export interface ReadOptions {
  home?: string
  /** Directories of our own that may be read without a question. */
  free: readonly string[]
  maxLines?: number
  maxBytes: number
}

/** Shows a file, a range of its lines, an image or PDF, or a directory. */
export function readTool(options: ReadOptions): Tool {
  return define({
    id: "read",
    description:
      "Read a file with line numbers, or list a directory. Long files come in pieces: use offset and limit. Images and PDFs are shown to you.",
    shape: {
      filePath: z.string().min(1).describe("File or directory, relative to the working directory or absolute"),
      offset: z.coerce.number().int().min(0).optional().describe("First line, from 1"),
      limit: z.coerce.number().int().min(1).optional().describe("How many lines"),
    },
    async execute(input, context) {
      const target = await locate(context, input.filePath, options.home)
      await askOutside(context, target, options.free)
      const info = await stat(target.real).catch(() => undefined)
      if (!info) throw new ToolError(await missing(target))
      await context.ask({ permission: "read", patterns: [target.label], always: ["*"], metadata: {} })
      const first = Math.max(1, input.offset ?? 1)
      const count = Math.min(input.limit ?? DEFAULT_LINES, options.maxLines ?? Number.MAX_SAFE_INTEGER)
      if (info.isDirectory()) return directory(target, first, count)
      if (!info.isFile()) throw new ToolError(`${target.label} is neither a file nor a directory.`)
      return file(target, info.size, first, count, options.maxBytes, context)
    },
  })
}

async function file(
  target: Target,
  size: number,
  first: number,
  count: number,
  maxBytes: number,
  context: ToolContext,
): Promise<ToolResult> {
  const mime = mimeOf(target.real)
  if (isViewable(mime)) return attachment(target, size, mime)
  if (isBinary(await head(target.real))) {
    throw new ToolError(`${target.label} is a binary file (${size} bytes) and can't be shown as text.`)
  }
  const range = await lines(target.real, first, count, maxBytes, context.abort)
  if (first > 1 && range.lines.length === 0) {
    throw new ToolError(`Line ${first} is past the end: ${target.label} has ${range.total} lines.`)
  }
  const last = first + range.lines.length - 1
  const truncated = last < range.total
  const note = truncated
    ? `(lines ${first} to ${last} of ${range.total}; go on with offset ${last + 1})`
    : `(end of file, ${range.total} lines)`
  const numbered = range.lines.map((line, index) => `${first + index}: ${line}`)
  const text = range.lines.join("\n")
  return {
    title: target.label,
    output: [
      `<path>${target.absolute}</path>`,
      "<type>file</type>",
      "<content>",
      ...numbered,
      "",
      note,
      "</content>",
    ].join("\n"),
    metadata: {
      preview: range.lines.slice(0, 20).join("\n"),
      truncated,
      loaded: [],
      display: {
        type: "file",
        path: target.absolute,
        text,
        lineStart: first,
        lineEnd: last,
        totalLines: range.total,
        truncated,
      },
    },
  }
}

interface Lines {
  lines: string[]
  total: number
}

/** Reads through the file once, keeping only the wanted lines: memory stays small however large it is. */
async function lines(
  path: string,
  first: number,
  count: number,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Lines> {
  const kept: string[] = []
  let bytes = 0
  let full = false
  let number = 0
  let current = ""
  let dropped = 0
  const decoder = new StringDecoder("utf8")
  const finish = () => {
    number += 1
    if (number < first || kept.length >= count || full) return
    const line = current.endsWith("\r") && dropped === 0 ? current.slice(0, -1) : current
    const shown = dropped > 0 ? `${line}… (${dropped} more characters)` : line
    bytes += Buffer.byteLength(shown) + 1
    // The first wanted line is always shown; it is bounded by itself.
    if (bytes > maxBytes && kept.length > 0) full = true
    else kept.push(shown)
  }
  const take = (text: string) => {
    const room = MAX_LINE - current.length
    if (text.length > room) dropped += text.length - Math.max(0, room)
    if (room > 0) current += text.slice(0, room)
  }
  let open = false
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024, signal })) {
    const text = decoder.write(chunk as Buffer)
    let start = number === 0 && !open && text.startsWith("\uFEFF") ? 1 : 0
    for (let at = text.indexOf("\n", start); at >= 0; at = text.indexOf("\n", start)) {
      take(text.slice(start, at))
      finish()
      current = ""
      dropped = 0
      start = at + 1
    }
    take(text.slice(start))
    open = text.length > 0 && !text.endsWith("\n")
  }
  if (open) finish()
  return { lines: kept, total: number }
}

async function attachment(target: Target, size: number, mime: string): Promise<ToolResult> {
  if (size > MAX_ATTACHMENT) {
    throw new ToolError(`${target.label} has ${size} bytes; at most ${MAX_ATTACHMENT} can be attached.`)
  }
  const data = await readFile(target.real)
  const kind = mime === "application/pdf" ? "PDF" : "image"
  const text = `The ${kind} is attached (${size} bytes).`
  return {
    title: target.label,
    output: text,
    metadata: {
      preview: text,
      truncated: false,
      loaded: [],
      display: { type: kind === "PDF" ? "pdf" : "image", path: target.absolute, text, truncated: false },
    },
    attachments: [
      {
        type: "file",
        mime,
        filename: basename(target.absolute),
        url: `data:${mime};base64,${data.toString("base64")}`,
      },
    ],
  }
}

async function directory(target: Target, first: number, count: number): Promise<ToolResult> {
  const entries = await readdir(target.real, { withFileTypes: true }).catch((error: Error) => {
    throw new ToolError(`Can't list ${target.label}: ${error.message}`)
  })
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort()
  const shown = names.slice(first - 1, first - 1 + count)
  const truncated = first - 1 + shown.length < names.length
  const note = truncated
    ? `(${shown.length} of ${names.length} entries; go on with offset ${first + shown.length})`
    : `(${names.length} entries)`
  const text = shown.join("\n")
  return {
    title: target.label,
    output: [`<path>${target.absolute}</path>`, "<type>directory</type>", "<entries>", text, note, "</entries>"].join(
      "\n",
    ),
    metadata: {
      preview: shown.slice(0, 20).join("\n"),
      truncated,
      loaded: [],
      display: {
        type: "directory",
        path: target.absolute,
        text,
        lineStart: first,
        lineEnd: first + shown.length - 1,
        totalLines: names.length,
        truncated,
      },
    },
  }
}

async function head(path: string): Promise<Uint8Array> {
  const handle = await open(path, "r").catch((error: Error) => {
    throw new ToolError(`Can't open the file: ${error.message}`)
  })
  try {
    const buffer = Buffer.alloc(8192)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** A name that is nearly right is the usual mistake: offer what is there. */
async function missing(target: Target): Promise<string> {
  const parent = dirname(target.absolute)
  const wanted = basename(target.absolute).toLowerCase()
  const names = await readdir(parent).catch(() => undefined)
  if (!names) return `${target.label} does not exist, nor does its directory. Use glob to find the file.`
  const stem = wanted.replace(/\.[^.]*$/, "")
  const close = names
    .filter((name) => {
      const other = name.toLowerCase()
      return other.includes(stem) || stem.includes(other.replace(/\.[^.]*$/, "")) || distance(other, wanted) <= 2
    })
    .slice(0, 3)
  if (close.length === 0) return `${target.label} does not exist. Use glob to find the file.`
  return `${target.label} does not exist. Did you mean ${close.map((name) => slashed(join(parent, name))).join(" or ")}?`
}

/** Edit distance, given up above two. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2 || a.length > 200) return 3
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution))
    }
    row = next
  }
  return row[b.length] ?? 3
}
