import { isObject } from "../../json/index.ts"
import { answer, call, failure, type Move, numbered } from "./say.ts"
import type { Result } from "./turn.ts"

const MANIFESTS: Record<string, string> = {
  "package.json": "Node.js (package.json)",
  "pom.xml": "Maven (pom.xml)",
  "build.gradle.kts": "Gradle (build.gradle.kts)",
  "build.gradle": "Gradle (build.gradle)",
  "Cargo.toml": "Rust (Cargo.toml)",
  "pyproject.toml": "Python (pyproject.toml)",
  "setup.py": "Python (setup.py)",
  "go.mod": "Go (go.mod)",
  "composer.json": "PHP (composer.json)",
  Gemfile: "Ruby (Gemfile)",
  Makefile: "Make (Makefile)",
}

const LANGUAGES: Record<string, string> = {
  ts: "TypeScript",
  tsx: "TypeScript",
  js: "JavaScript",
  mjs: "JavaScript",
  kt: "Kotlin",
  kts: "Kotlin",
  java: "Java",
  py: "Python",
  rs: "Rust",
  go: "Go",
  rb: "Ruby",
  php: "PHP",
  cs: "C#",
  c: "C",
  h: "C",
  cpp: "C++",
  swift: "Swift",
  scala: "Scala",
  sh: "Shell",
  md: "Markdown",
  html: "HTML",
  css: "CSS",
  sql: "SQL",
}

/** list, then README and build files, then a summary of what they say. */
export function describeProject(results: Result[]): Move {
  const list = results.findLast((result) => result.tool === "list")
  if (!list) return call("I look at the files first.", { tool: "list", input: {} })
  if (list.failed) return failure("list the files", list, "")
  const tree = treeOf(list.output)
  const top = tree.filter((item) => item.depth === 0)
  const readme = top.find((item) => /^readme(\.\w+)?$/i.test(item.name))?.name
  const manifests = top.map((item) => item.name).filter((name) => Object.hasOwn(MANIFESTS, name))
  const wanted = [readme, manifests[0]].filter((name) => name !== undefined)
  const reads = results.filter((result) => result.tool === "read")
  if (reads.length === 0 && wanted.length > 0)
    return call(
      `I read ${wanted.map((name) => `\`${name}\``).join(" and ")}.`,
      ...wanted.map((name) => ({ tool: "read", input: { filePath: name, limit: 200 } })),
    )
  const textOf = (name: string | undefined) => {
    const read = reads.find((result) => result.input.filePath === name && !result.failed)
    return read ? numbered(read.output).map((line) => line.text) : []
  }
  const folders = top.filter((item) => item.folder).map((item) => `\`${item.name}/\``)
  const files = tree.filter((item) => !item.folder)
  const languages = count(files.map((item) => LANGUAGES[item.name.split(".").at(-1)?.toLowerCase() ?? ""] ?? ""))
  const more = /\((\d+) of (\d+) files/.exec(list.output)?.[2]
  const intro = readmeIntro(textOf(readme))
  return answer(
    `${heading(list.output)}${intro.title ? `: **${intro.title}**` : ""}`,
    intro.text,
    [
      manifests.length > 0 ? `- Built with: ${manifests.map((name) => MANIFESTS[name]).join(", ")}` : "",
      folders.length > 0 ? `- Folders: ${folders.slice(0, 20).join(", ")}` : "",
      languages.length > 0 ? `- Languages by files${more ? " (of those listed)" : ""}: ${languages.join(", ")}` : "",
      `- Files: ${more ?? files.length}`,
      ...scripts(textOf(manifests.find((name) => name === "package.json"))),
    ]
      .filter(Boolean)
      .join("\n"),
    readme ? "" : "There is no README, so this is all that the files' names tell.",
    `Used: list${reads.length > 0 ? ", read" : ""}.`,
  )
}

function heading(output: string): string {
  const root = output.split("\n")[0]?.replace(/\/+$/, "").split("/").at(-1)
  return root ? `Project \`${root}\`` : "This project"
}

interface Item {
  name: string
  depth: number
  folder: boolean
}

function treeOf(output: string): Item[] {
  const lines = output
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "" && !line.startsWith("("))
  const indent = (line: string) => line.length - line.trimStart().length
  const least = Math.min(...lines.map(indent))
  return lines.map((line) => {
    const name = line.trim().replace(/^[-*]\s/, "")
    return { name: name.replace(/\/$/, ""), depth: Math.floor((indent(line) - least) / 2), folder: name.endsWith("/") }
  })
}

/** Title and first paragraph of prose. */
function readmeIntro(lines: string[]): { title: string; text: string } {
  const title = lines.find((line) => /^#\s+\S/.test(line))?.replace(/^#\s+/, "") ?? ""
  const paragraph: string[] = []
  for (const line of lines) {
    const prose = /^[A-Za-z*_`"[(]/.test(line) && !/^(\[!\[|!\[|<)/.test(line)
    if (prose) paragraph.push(line.trim())
    else if (paragraph.length > 0) break
  }
  const text = paragraph.join(" ")
  return { title, text: text.length > 600 ? `${text.slice(0, 600)}…` : text }
}

function count(names: string[]): string[] {
  const counts = new Map<string, number>()
  for (const name of names) if (name) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6)
    .map(([name, amount]) => `${name} (${amount})`)
}

function scripts(lines: string[]): string[] {
  try {
    const manifest: unknown = JSON.parse(lines.join("\n"))
    const names = isObject(manifest) && isObject(manifest.scripts) ? Object.keys(manifest.scripts) : []
    return names.length > 0
      ? [
          `- Scripts: ${names
            .slice(0, 15)
            .map((name) => `\`npm run ${name}\``)
            .join(", ")}`,
        ]
      : []
  } catch {
    // Longer than what was read, or not valid: then there is nothing to tell.
    return []
  }
}
