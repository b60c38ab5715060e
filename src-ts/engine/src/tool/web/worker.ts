import { parentPort, workerData } from "node:worker_threads"
import TurndownService from "turndown"

// Runs in a thread of its own: a page may be made so that parsing it takes for ever.
const service = new TurndownService({
  headingStyle: "atx",
  bulletListMarker: "-",
  codeBlockStyle: "fenced",
  emDelimiter: "*",
  hr: "---",
})
service.remove(["script", "style", "noscript", "template", "iframe", "head"])
service.addRule("no pictures in the text", {
  filter: "img",
  replacement: (_content, node) => {
    const element = node as unknown as { getAttribute(name: string): string | null }
    const alt = element.getAttribute("alt")?.trim()
    return alt ? `[image: ${alt}]` : ""
  },
})
service.addRule("tables", {
  filter: ["th", "td"],
  replacement: (content, node) => {
    const element = node as unknown as { nextElementSibling: unknown }
    const text = content.replace(/\s*\n\s*/g, " ").trim()
    return element.nextElementSibling ? `${text} | ` : text
  },
})
service.addRule("rows", { filter: "tr", replacement: (content) => `${content.trim()}\n` })

const { html, base } = workerData as { html: string; base: string }
parentPort?.postMessage(service.turndown(absolute(html, base)))

/** Links that only mean something on the page are made whole. */
function absolute(text: string, page: string): string {
  return text.replace(
    /(\shref\s*=\s*)(?:"([^"]*)"|'([^']*)')/gi,
    (whole, head: string, double?: string, single?: string) => {
      const target = double ?? single ?? ""
      if (target === "" || target.startsWith("#") || /^[a-z][a-z0-9+.-]*:/i.test(target)) return whole
      return URL.canParse(target, page) ? `${head}"${new URL(target, page).href.replaceAll('"', "%22")}"` : whole
    },
  )
}
