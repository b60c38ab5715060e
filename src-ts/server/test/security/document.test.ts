import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { repository } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"

interface Proof {
  title: string
  path: string
}

interface Line {
  section: string
  text: string
  proofs: Proof[]
}

/** The lines of the tables below each heading, with the tests that they name as links: [title](file). */
function linesOf(document: string): Line[] {
  const lines: Line[] = []
  let section = ""
  for (const text of document.split("\n")) {
    if (text.startsWith("## ")) section = text.slice(3)
    if (!text.startsWith("| ") || /\| Proof \|$/.test(text)) continue
    const last = text.split(" | ").at(-1) ?? ""
    const proofs = [...last.matchAll(/\[(.+?)\]\(([^)]+)\)/g)].map(([, title = "", path = ""]) => ({ title, path }))
    lines.push({ section, text, proofs })
  }
  return lines
}

/** Whether the text of a file has a test, or a group of them, of this name that is run. */
function holds(source: string, { title, path }: Proof): boolean {
  if (path.endsWith(".kt")) return source.includes(`fun \`${title}\``)
  const quoted = title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  const named = new RegExp(`^.*\\(\\s*(["'\`])${quoted}\\1,`, "m").exec(source)?.[0]
  return named !== undefined && !/\.(skip|todo)\(/.test(named)
}

const document = await readFile(join(repository, "SECURITY.md"), "utf8")
const lines = linesOf(document)

describe("SECURITY.md", () => {
  test("names a test for every line, and each of them exists", async () => {
    const missing: string[] = []
    for (const { text, proofs } of lines) {
      if (proofs.length === 0) missing.push(`no proof: ${text}`)
      for (const proof of proofs) {
        const source = await readFile(join(repository, proof.path), "utf8").catch(() => "")
        if (!holds(source, proof)) missing.push(`${proof.path}: ${proof.title}`)
      }
    }
    expect(missing).toEqual([])
  })

  test("speaks of everybody who may attack, with limits, and says how to report", () => {
    const count = (word: string) => lines.filter(({ section }) => section.includes(word)).length
    for (const word of ["web page", "Another user", "repository", "model", "network", "MCP server", "Secrets"]) {
      expect(count(word), word).toBeGreaterThan(3)
    }
    expect(document.match(/^Limits: /gm)?.length).toBe(7)
    expect(document).toContain("## Reporting")
  })

  test("leaves none of the attacks out that are tried beside this test", async () => {
    const named = new Set(lines.flatMap(({ proofs }) => proofs.map(({ title }) => title)))
    const folder = import.meta.dirname
    const left: string[] = []
    for (const file of await readdir(folder)) {
      if (file === "document.test.ts" || !file.endsWith(".test.ts")) continue
      const source = await readFile(join(folder, file), "utf8")
      for (const [, title = ""] of source.matchAll(/^ *test(?:\.\w+)?\(\s*"([^"]+)"/gm)) {
        if (!named.has(title)) left.push(`${file}: ${title}`)
      }
    }
    expect(left).toEqual([])
  })

  test("is not satisfied by names that are not there, or are switched off", () => {
    const proof = { path: "a.test.ts", title: "a (b)" }
    expect(holds('test("a (b)", () => {})', proof)).toBe(true)
    expect(holds('test(\n  "a (b)",\n  () => {})', proof)).toBe(true)
    expect(holds('test.skip("a (b)", () => {})', proof)).toBe(false)
    expect(holds('expect("a (b)")', proof)).toBe(false)
    expect(linesOf("## X\n| It | does | Proof |\n|---|---|---|\n| a | b | nothing |\n")).toMatchObject([{ proofs: [] }])
  })
})
