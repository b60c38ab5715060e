import { z } from "zod"
import { define } from "./define.ts"
import { askOutside, locate } from "./support/target.ts"
import type { CodeIndex, Tool } from "./types.ts"

const LIMIT = 12
const MAX_TEXT = 1200

/** Finds code by meaning. */
export function semanticSearchTool(index: CodeIndex, options: { home?: string }): Tool {
  return define({
    id: "semantic_search",
    description:
      "Find code by what it does, described in plain words, when you don't know the names to grep for. Returns the nearest places with their lines.",
    shape: {
      query: z.string().min(1).max(1000).describe("What the code does"),
      path: z.string().optional().describe("Only below this directory"),
    },
    suits: () => index.ready(),
    async execute(input, context) {
      const target = await locate(context, input.path ?? ".", options.home)
      await askOutside(context, target)
      await context.ask({
        permission: "semantic_search",
        patterns: [input.query],
        always: ["*"],
        metadata: { query: input.query, ...(input.path === undefined ? {} : { path: input.path }) },
      })
      const below = target.label === "." || target.outside ? {} : { path: target.label }
      const found = await index.search(input.query, { limit: LIMIT, ...below, signal: context.abort })
      const hits = found.slice(0, LIMIT)
      return {
        title: input.query,
        output:
          hits.length === 0
            ? "Nothing was found. Try other words, or grep for a name."
            : hits.map((hit) => `${hit.file}:${hit.startLine}-${hit.endLine}\n${shorten(hit.text)}`).join("\n\n"),
        metadata: {
          results: hits.map(({ file, startLine, endLine, score }) => ({ file, startLine, endLine, score })),
          truncated: hits.some((hit) => hit.text.length > MAX_TEXT),
        },
      }
    },
  })
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}
