import { Worker } from "node:worker_threads"

const TIME_MS = 5000
const MEMORY_MB = 512

/** The thread's program: beside this file, or in the bundle beside the chunk that this file is part of. */
const PROGRAM = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./html-worker.mjs", import.meta.url)

/**
 * A page as Markdown. A page that can't be converted in time or memory comes as its plain text: the text of a hostile
 * page is better than none, and than a process that hangs.
 */
export async function toMarkdown(html: string, base: string, signal: AbortSignal, timeMs = TIME_MS): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
  const worker = new Worker(PROGRAM, {
    workerData: { html, base },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  })
  const timer = setTimeout(() => resolve(undefined), timeMs)
  const stop = () => reject(signal.reason)
  signal.addEventListener("abort", stop, { once: true })
  worker.once("message", resolve)
  worker.once("error", () => resolve(undefined))
  worker.once("exit", () => resolve(undefined))
  try {
    signal.throwIfAborted()
    const text = await promise
    return text === undefined ? toText(html) : tidy(text)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener("abort", stop)
    await worker.terminate()
  }
}

const DROPPED = new Set(["script", "style", "noscript", "template", "head", "iframe"])
const BREAKS = new Set(
  "p div br li tr h1 h2 h3 h4 h5 h6 section article header footer ul ol table pre blockquote hr".split(" "),
)
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " }

/** The text of a page without its tags; one pass over it, whatever is in it. */
export function toText(html: string): string {
  let text = ""
  let at = 0
  let dropped: string | undefined
  while (at < html.length) {
    const open = html.indexOf("<", at)
    if (open < 0) {
      if (!dropped) text += html.slice(at)
      break
    }
    if (!dropped) text += html.slice(at, open)
    if (html.startsWith("<!--", open)) {
      const end = html.indexOf("-->", open + 4)
      at = end < 0 ? html.length : end + 3
      continue
    }
    const close = html.indexOf(">", open)
    if (close < 0) break
    const [, slash, name = ""] = /^<(\/?)([a-z][a-z0-9]*)/i.exec(html.slice(open, open + 20)) ?? []
    const tag = name.toLowerCase()
    if (dropped) {
      if (slash && tag === dropped) dropped = undefined
    } else if (DROPPED.has(tag) && !slash && html[close - 1] !== "/") dropped = tag
    else if (BREAKS.has(tag)) text += "\n"
    at = close + 1
  }
  return tidy(text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name: string) => entity(name) ?? whole))
}

function entity(name: string): string | undefined {
  if (!name.startsWith("#")) return ENTITIES[name.toLowerCase()]
  const code = name[1]?.toLowerCase() === "x" ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}

function tidy(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim()
}
