/** A Markdown file with settings at its top, between two lines of dashes. */
export interface Markdown {
  /** Plain "key: value" lines; deeper structures are left out. */
  settings: Record<string, string | boolean>
  body: string
}

/** Splits off the front matter. A file without any, or with an unclosed one, is all body. */
export function parseMarkdown(source: string): Markdown {
  const text = source.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n")
  const match = /^---[ \t]*\n(?:([\s\S]*?)\n)?---[ \t]*(?:\n|$)/.exec(text)
  if (!match) return { settings: {}, body: text.trim() }
  const settings: Markdown["settings"] = {}
  for (const line of (match[1] ?? "").split("\n")) {
    const entry = /^([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*))?$/.exec(line)
    const key = entry?.[1]
    if (key === undefined) continue
    const value = scalar(entry?.[2] ?? "")
    if (value !== undefined) settings[key] = value
  }
  return { settings, body: text.slice(match[0].length).trim() }
}

function scalar(text: string): string | boolean | undefined {
  const value = text.trim()
  const quoted = /^"((?:[^"\\]|\\.)*)"|^'((?:[^']|'')*)'/.exec(value)
  if (quoted) return quoted[1]?.replace(/\\(.)/g, "$1") ?? quoted[2]?.replaceAll("''", "'") ?? ""
  const plain = value.replace(/[ \t]+#.*$/, "")
  if (plain === "true" || plain === "false") return plain === "true"
  // Empty, a block, a list or a mapping: not a simple value.
  return plain === "" || /^[|>[{&*!]/.test(plain) ? undefined : plain
}
