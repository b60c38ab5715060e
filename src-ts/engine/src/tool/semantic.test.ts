import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { type Bench, bench } from "./testing.ts"
import type { CodeHit, CodeIndex } from "./types.ts"

/** A small index that really searches: words of a piece of code weighed by how rare they are. */
class WordIndex implements CodeIndex {
  readonly #pieces: { hit: Omit<CodeHit, "score">; words: Map<string, number> }[] = []
  built = false

  constructor(root: string, files: string[]) {
    for (const file of files) {
      for (const [at, text] of readFileSync(join(root, file), "utf8").split("\n\n").entries()) {
        const startLine = at * 3 + 1
        this.#pieces.push({ hit: { file, startLine, endLine: startLine + 1, text }, words: count(text) })
      }
    }
  }

  ready() {
    return this.built
  }

  async search(query: string, options: { limit: number; path?: string; signal: AbortSignal }): Promise<CodeHit[]> {
    options.signal.throwIfAborted()
    const wanted = [...count(query).keys()]
    const rarity = (word: string) =>
      Math.log(1 + this.#pieces.length / (1 + this.#pieces.filter((piece) => piece.words.has(word)).length))
    return this.#pieces
      .filter(({ hit }) => options.path === undefined || hit.file.startsWith(`${options.path}/`))
      .map(({ hit, words }) => ({
        ...hit,
        score: wanted.reduce((sum, word) => sum + (words.get(word) ?? 0) * rarity(word), 0),
      }))
      .filter((hit) => hit.score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, options.limit)
  }
}

function count(text: string): Map<string, number> {
  const words = new Map<string, number>()
  for (const [word] of text.matchAll(/[A-Z]?[a-z]+/g)) {
    const stem = word.toLowerCase().replace(/s$/, "")
    words.set(stem, (words.get(stem) ?? 0) + 1)
  }
  return words
}

let b: Bench
afterEach(() => b.close())

function setup() {
  const files = bench()
  files.put("src/mail.ts", "export function sendMail() {\n}\n\nfunction retryLater() {\n}")
  files.put("lib/queue.ts", "function drainQueue() {\n}\n\nfunction mailQueue() {\n}")
  const index = new WordIndex(files.root, ["src/mail.ts", "lib/queue.ts"])
  files.close()
  b = bench({ index })
  return index
}

describe("semantic_search", () => {
  it("is offered only while an index is ready", () => {
    const index = setup()
    const model = { providerID: "p", id: "m" }
    expect(b.tool("semantic_search").suits?.(model)).toBe(false)
    index.built = true
    expect(b.tool("semantic_search").suits?.(model)).toBe(true)
    b.close()
    b = bench()
    expect(() => b.tool("semantic_search")).toThrow("no tool")
  })

  it("shows the nearest places, with their lines, all of the project or below a path", async () => {
    setup().built = true
    b.put("lib/x", "")
    const result = await b.call("semantic_search", { query: "sending mails" })
    expect(result.output).toMatch(/^src\/mail.ts:1-2\nexport function sendMail/)
    expect(result.metadata.results).toMatchObject([{ file: "src/mail.ts", startLine: 1 }, { file: "lib/queue.ts" }])
    expect(b.asks[0]).toEqual({
      permission: "semantic_search",
      patterns: ["sending mails"],
      always: ["*"],
      metadata: { query: "sending mails" },
    })
    const below = await b.call("semantic_search", { query: "mails", path: "lib" })
    expect(below.output).toMatch(/^lib\/queue.ts:4-5/)
    expect((await b.call("semantic_search", { query: "zebra" })).output).toMatch(/Nothing was found/)
  })
})
