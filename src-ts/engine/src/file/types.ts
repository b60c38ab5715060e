/** Wire shapes of file routes (contract: types, FileNode, FileContent, File; core section 2). */
export interface FileNode {
  name: string
  path: string
  absolute: string
  type: "file" | "directory"
  ignored: boolean
}

export interface FileContent {
  type: "text" | "binary"
  content: string
  encoding?: "base64"
  mimeType?: string
}

export interface ChangedFile {
  path: string
  added: number
  removed: number
  status: "added" | "deleted" | "modified"
}

export interface TextMatch {
  path: { text: string }
  lines: { text: string }
  line_number: number
  absolute_offset: number
  submatches: { match: { text: string }; start: number; end: number }[]
}
