/** A place in a file, counted from 0 in UTF-16 units, as the protocol has it. */
export interface Position {
  line: number
  character: number
}

export interface Range {
  start: Position
  end: Position
}

/** What a language server says about a place in a file. Severity 1 is an error, 2 a warning, 3 a note, 4 a hint. */
export interface Diagnostic {
  range: Range
  severity?: number
  message: string
  source?: string
  code?: string | number
}

/** A server that runs or should run (contract: types, LSPStatus). `root` is relative to the directory. */
export interface LspStatus {
  id: string
  name: string
  root: string
  status: "connected" | "error"
}

/** Something with a name in the code (contract: types, Symbol). */
export interface CodeSymbol {
  name: string
  kind: number
  location: { uri: string; range: Range }
}

/** A place that an answer leads to. */
export interface Place {
  file: string
  range: Range
}

/** A file's symbol with those inside it. */
export interface DocumentSymbol {
  name: string
  kind: number
  range: Range
  children: DocumentSymbol[]
}

/** What an edit did to the code: a text for the model, empty when all is well, and the findings by file. */
export interface Findings {
  text: string
  diagnostics: Record<string, Diagnostic[]>
}

/** Language servers of one directory. A server that is missing, broken, slow or silent costs a bounded wait and no more. */
export interface LspService {
  /** Servers that were started; none is started by asking. */
  status(): LspStatus[]
  /** Symbols of the whole project whose names match, from the servers that run. */
  symbols(query: string, signal?: AbortSignal): Promise<CodeSymbol[]>
}
