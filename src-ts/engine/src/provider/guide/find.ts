import { answer, call, failure, fence, linesOf, type Move, numbered } from "./say.ts"
import type { Result } from "./turn.ts"

interface Match {
  file: string
  line: number
  text: string
}

/** grep, then (when one line looks like the definition) read around it, then where it is and how often it is used. */
export function findOrExplain(wanted: string, kind: "find" | "explain", results: Result[]): Move {
  const grep = results.findLast((result) => result.tool === "grep")
  if (!grep) return call(`I search for \`${wanted}\`.`, { tool: "grep", input: { pattern: escapeRegex(wanted) } })
  if (grep.failed) return failure(`search for \`${wanted}\``, grep, "")
  const matches = matchesOf(grep.output)
  if (matches.length === 0)
    return answer(
      `\`${wanted}\` does not occur in the files of this project. Check the spelling; upper and lower case count.`,
    )
  const [definition] = matches.filter((match) => defines(match.text, wanted)).sort((a, b) => weight(a) - weight(b))
  const read = results.findLast((result) => result.tool === "read")
  if (definition && !read) {
    const offset = Math.max(1, definition.line - 15)
    return call(`It looks defined in \`${definition.file}\`; I read that place.`, {
      tool: "read",
      input: { filePath: definition.file, offset, limit: 60 },
    })
  }
  const files = new Set(matches.map((match) => match.file))
  const spread = `${matches.length} ${matches.length === 1 ? "line" : "lines"} in ${files.size} ${files.size === 1 ? "file" : "files"}`
  const uses = matches.filter((match) => match !== definition)
  const listed = uses
    .slice(0, kind === "find" ? 20 : 8)
    .map((match) => `- \`${match.file}:${match.line}\` ${inline(match.text)}`)
  if (uses.length > listed.length) listed.push(`- … and ${uses.length - listed.length} more`)
  const used = `Used: grep${read ? ", read" : ""}.`
  if (!definition || !read || read.failed)
    return answer(
      `\`${wanted}\` occurs on ${spread}:`,
      [
        ...(definition ? [`- \`${definition.file}:${definition.line}\` ${inline(definition.text)}`] : []),
        ...listed,
      ].join("\n"),
      kind === "explain" ? "I found no place that defines it, so I can only show where it occurs." : "",
      used,
    )
  const code = around(numbered(read.output), definition.line)
  return answer(
    `\`${wanted}\` is defined in \`${definition.file}:${definition.line}\` and occurs on ${spread}.`,
    code.comment ? `Its comment says: ${code.comment}` : "",
    fence(code.text, definition.file.split(".").at(-1)),
    listed.length > 0 ? `It is used here:\n\n${listed.join("\n")}` : "I found no use of it.",
    kind === "explain" ? "Rules can't say more about what it means; a real model could." : "",
    used,
  )
}

/** Output of grep: a line with the file, then indented lines with number and text. */
function matchesOf(output: string): Match[] {
  const matches: Match[] = []
  let file = ""
  for (const line of linesOf(output)) {
    const match = /^\s+(?:Line )?(\d+):\s?(.*)$/.exec(line)
    if (match && file) matches.push({ file, line: Number(match[1]), text: match[2] ?? "" })
    else if (/^\S.*:$/.test(line)) file = line.slice(0, -1)
  }
  return matches
}

const WORDS =
  "class|interface|object|enum|struct|trait|type|record|module|namespace|function|func|fun|fn|def|const|let|var|val|static|public|private|protected|internal|export|async|abstract|data|sealed|macro_rules!|#define"

function defines(line: string, name: string): boolean {
  if (!/^[\w$]+$/.test(name)) return false
  const escaped = escapeRegex(name)
  return (
    new RegExp(
      `^\\s*(?:(?:${WORDS})\\s+)*(?:class|interface|object|enum|struct|trait|type|record|module|namespace|function\\*?|func|fun|fn|def|const|let|var|val|#define)\\s+(?:\\([^)]*\\)\\s*)?(?:[\\w<>]+\\.)?${escaped}\\b`,
    ).test(line) ||
    // A method or a function in the C family: type name(...) {
    new RegExp(`^\\s*(?:[\\w<>\\[\\],.?*&]+\\s+)*${escaped}\\s*\\([^;]*\\)[^;=]*\\{\\s*$`).test(line)
  )
}

/** Sources before tests, exported before local, then as found. */
function weight(match: Match): number {
  return (
    (/test|spec|fixture|mock|example/i.test(match.file) ? 2 : 0) +
    (/\b(export|public|class|interface)\b/.test(match.text) ? 0 : 1)
  )
}

function around(lines: { number: number; text: string }[], line: number): { text: string; comment: string } {
  const at = lines.findIndex((item) => item.number === line)
  if (at < 0) return { text: lines.map((item) => item.text).join("\n"), comment: "" }
  let start = at
  while (start > 0 && /^\s*(\/\*\*?|\*|\*\/|\/\/\/?|#(?!include)|@|"""|--)/.test(lines[start - 1]?.text ?? "")) start--
  const comment = lines
    .slice(start, at)
    .map((item) =>
      item.text
        .replace(/^\s*(?:\/\*\*?|\*\/|\*|\/\/\/?|#|"""|--)\s?/, "")
        .replace(/\*\/\s*$/, "")
        .trim(),
    )
    .filter((text) => text !== "" && !text.startsWith("@"))
    .join(" ")
  const code = block(lines.slice(at).map((item) => item.text))
  return { text: code.join("\n"), comment }
}

/** A definition's own lines, told by their indentation; at most 30. */
function block(lines: string[]): string[] {
  const indent = (line: string) => line.length - line.trimStart().length
  const base = indent(lines[0] ?? "")
  const rest = lines.slice(1, 30)
  const after = rest.findIndex((line) => line.trim() !== "" && indent(line) <= base && !/^\s*\).*[{:=(]\s*$/.test(line))
  if (after < 0) return lines.slice(0, 30)
  const closes = /^\s*([})\]]|end\b)/.test(rest[after] ?? "")
  return lines
    .slice(0, closes ? after + 2 : after + 1)
    .filter((line, index, all) => line.trim() !== "" || index < all.length - 1)
}

const escapeRegex = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
const inline = (text: string) => `\`\` ${text.trim().slice(0, 120)} \`\``
