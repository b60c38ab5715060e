import { readFile } from "node:fs/promises"
import { pathToFileURL } from "node:url"
import { z } from "zod"
import {
  type DocumentSymbol,
  kindOf,
  type Lsp,
  lineOf,
  type Place,
  type Position,
  pathOf,
  toDocumentSymbols,
  toPlaces,
  toText,
} from "../lsp/index.ts"
import { define, ToolError } from "./define.ts"
import { askOutside, locate, type Target } from "./support/target.ts"
import type { Tool, ToolContext } from "./types.ts"

const MAX_LINES = 200
const OPERATIONS = [
  "goToDefinition",
  "goToImplementation",
  "findReferences",
  "hover",
  "documentSymbol",
  "workspaceSymbol",
  "diagnostics",
] as const

/** Questions to the language servers of the project. Offered only where one is installed. */
export function lspTool(options: { lsp: Lsp; home?: string }): Tool {
  const { lsp } = options
  return define({
    id: "lsp",
    description:
      "Ask the language server about code: where something is defined, implemented or used, its type and documentation (hover), the symbols of a file, " +
      "symbols of the whole project by name (query), or the errors of a file (diagnostics). Give the place as symbol (a name in the file, on line when given) or as line and character. " +
      "More exact than grep for names that occur often.",
    shape: {
      operation: z.enum(OPERATIONS),
      filePath: z.string().min(1).describe("A source file; for workspaceSymbol any file of the language"),
      symbol: z.string().optional().describe("Name whose first occurrence is meant"),
      line: z.coerce.number().int().min(1).optional().describe("Counted from 1"),
      character: z.coerce.number().int().min(1).optional().describe("Counted from 1"),
      query: z.string().optional().describe("For workspaceSymbol: part of a name"),
    },
    async execute(input, context) {
      const target = await locate(context, input.filePath, options.home)
      await askOutside(context, target)
      await context.ask({
        permission: "lsp",
        patterns: [target.label],
        always: ["*"],
        metadata: { operation: input.operation, filepath: target.absolute },
      })
      const lines = await run(lsp, input, target, context)
      const shown = lines.slice(0, MAX_LINES)
      const more = lines.length > MAX_LINES ? `\n… and ${lines.length - MAX_LINES} more` : ""
      return {
        title: `${input.operation} ${input.symbol ?? input.query ?? target.label}`,
        output: shown.length > 0 ? `${shown.join("\n")}${more}` : nothing(input.operation),
        metadata: { operation: input.operation, count: lines.length, truncated: more !== "" },
      }
    },
  })
}

interface Input {
  operation: (typeof OPERATIONS)[number]
  symbol?: string | undefined
  line?: number | undefined
  character?: number | undefined
  query?: string | undefined
}

async function run(lsp: Lsp, input: Input, target: Target, context: ToolContext): Promise<string[]> {
  const file = target.real
  const { abort } = context
  const ask = async <T>(method: string, params: object, read: (answer: unknown) => T[]): Promise<T[]> => {
    const clients = await lsp.open(file, abort).catch((error: unknown) => {
      throw new ToolError(error instanceof Error ? error.message : String(error))
    })
    const answers = await Promise.allSettled(clients.map((client) => client.request(method, params, abort)))
    abort.throwIfAborted()
    const good = answers.flatMap((answer) => (answer.status === "fulfilled" ? read(answer.value) : []))
    const bad = answers.find((answer) => answer.status === "rejected")
    if (good.length === 0 && bad)
      throw new ToolError(String(bad.reason instanceof Error ? bad.reason.message : bad.reason))
    return good
  }
  const textDocument = { uri: pathToFileURL(file).href }
  const at = async () => ({ textDocument, position: await positionOf(input, file, target.label) })
  const places = (found: Place[]) => found.map((place) => `${labelOf(place.file, context)}:${spot(place.range.start)}`)
  switch (input.operation) {
    case "goToDefinition":
      return places(await ask("textDocument/definition", await at(), toPlaces))
    case "goToImplementation":
      return places(await ask("textDocument/implementation", await at(), toPlaces))
    case "findReferences":
      return places(
        await ask("textDocument/references", { ...(await at()), context: { includeDeclaration: true } }, toPlaces),
      )
    case "hover":
      return ask("textDocument/hover", await at(), (answer) => [toText(answer)].filter(Boolean))
    case "documentSymbol":
      return tree(await ask("textDocument/documentSymbol", { textDocument }, (answer) => toDocumentSymbols(answer)))
    case "diagnostics": {
      const found = await lsp.inspect(file, abort).catch((error: unknown) => {
        throw new ToolError(error instanceof Error ? error.message : String(error))
      })
      return found.map(lineOf)
    }
    case "workspaceSymbol": {
      const query = input.query ?? input.symbol
      if (!query) throw new ToolError("Give a query: part of the name to look for.")
      // Some servers know the project only once a file of it is open.
      await ask("textDocument/documentSymbol", { textDocument }, () => []).catch(() => [])
      const symbols = await lsp.symbols(query, abort)
      return symbols.map(({ name, kind, location }) => {
        const path = pathOf(location.uri)
        return `${kindOf(kind)} ${name} ${path ? labelOf(path, context) : location.uri}:${spot(location.range.start)}`
      })
    }
  }
}

async function positionOf(input: Input, file: string, label: string): Promise<Position> {
  if (input.symbol === undefined) {
    if (input.line === undefined) throw new ToolError("Give a symbol, or line and character.")
    return { line: input.line - 1, character: (input.character ?? 1) - 1 }
  }
  const lines = (await readFile(file, "utf8")).split("\n")
  const name = new RegExp(`(?<![\\w$])${input.symbol.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w$])`)
  const from = input.line === undefined ? 0 : input.line - 1
  const until = input.line === undefined ? lines.length : input.line
  for (let line = from; line < Math.min(until, lines.length); line += 1) {
    const match = name.exec(lines[line] ?? "")
    if (match) return { line, character: match.index }
  }
  throw new ToolError(
    `${input.symbol} does not occur ${input.line === undefined ? "" : `on line ${input.line} of `}${input.line === undefined ? "in " : ""}${label}.`,
  )
}

function labelOf(file: string, context: ToolContext): string {
  const root = `${context.directory}/`
  return file.startsWith(root) ? file.slice(root.length) : file
}

function spot({ line, character }: Position): string {
  return `${line + 1}:${character + 1}`
}

function tree(symbols: DocumentSymbol[], depth = 0): string[] {
  return symbols.flatMap((symbol) => [
    `${"  ".repeat(depth)}${kindOf(symbol.kind)} ${symbol.name} ${spot(symbol.range.start)}`,
    ...tree(symbol.children, depth + 1),
  ])
}

function nothing(operation: Input["operation"]): string {
  return operation === "diagnostics"
    ? "The language server finds no problems in it."
    : "The language server found nothing."
}
