import { int64, z } from "./base.ts"
import { Range } from "./message.ts"

/** Language servers (contract: types, LSPStatus and Symbol). */
export const LspStatus = z
  .object({ id: z.string(), name: z.string(), root: z.string(), status: z.enum(["connected", "error"]) })
  .openapi("LSPStatus")

export const CodeSymbol = z
  .object({
    name: z.string(),
    kind: int64,
    location: z.object({ uri: z.string(), range: Range }).openapi("SymbolLocation"),
  })
  .openapi("Symbol")

/** A formatter (contract: types, FormatterStatus). */
export const FormatterStatus = z
  .object({ name: z.string(), extensions: z.array(z.string()), enabled: z.boolean() })
  .openapi("FormatterStatus")
