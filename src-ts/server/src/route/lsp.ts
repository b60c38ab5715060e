import { CodeSymbol, FormatterStatus, LspStatus, z } from "../schema/index.ts"
import { define, type Route } from "./define.ts"

export const lspRoutes: Route[] = [
  define(
    {
      method: "get",
      path: "/lsp",
      operationId: "lsp.status",
      tag: "lsp",
      summary: "Language servers that were started; asking starts none",
      routed: true,
      ok: z.array(LspStatus),
    },
    async ({ instance }) => (await instance()).lsp.status(),
  ),
  define(
    {
      method: "get",
      path: "/find/symbol",
      operationId: "find.symbols",
      tag: "find",
      summary: "Symbols whose names match, from the language servers that run",
      query: z.object({ query: z.string() }),
      routed: true,
      ok: z.array(CodeSymbol),
    },
    async ({ instance, query, signal }) => (await instance()).lsp.symbols(query.query, signal),
  ),
  define(
    {
      method: "get",
      path: "/formatter",
      operationId: "formatter.status",
      tag: "lsp",
      summary: "Formatters, and whether each is used on files that tools change",
      routed: true,
      ok: z.array(FormatterStatus),
    },
    async ({ instance }) => (await instance()).formatters.status(),
  ),
]
