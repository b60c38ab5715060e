export { kindOf, lineOf, pathOf, toDocumentSymbols, toPlaces, toSymbols, toText } from "./answers.ts"
export { createLsp, type Lsp, type LspOptions } from "./manager.ts"
export * from "./types.ts"
