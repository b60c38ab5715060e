import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Config } from "../config/types.ts"
import { resolveCommands } from "./index.ts"
import { parseMarkdown } from "./markdown.ts"

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kilo-command-"))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const resolve = (config: Config, directory = "w") =>
  resolveCommands({
    config,
    directory: join(root, directory),
    worktree: join(root, "w"),
    paths: { home: root, config: join(root, "config"), state: root, data: root, cache: root, log: root },
  })

describe("resolveCommands", () => {
  it("is empty without any", async () => {
    expect(await resolve({})).toEqual([])
  })

  it("reads files with front matter, and lets the nearer one and the configuration win", async () => {
    put("config/command/fix.md", "global")
    put("w/.opencode/command/fix.md", "project")
    put(
      "w/.kilo/command/team/review.md",
      "---\ndescription: 'Reviews it'\nagent: ask\nmodel: fake/m1\nsubtask: true\n---\nReview $1 and $2: $ARGUMENTS\n",
    )
    put("w/.kilo/command/test.md", "Run the tests")
    put("w/sub/.kilo/command/test.md", "Run these tests")
    const commands = await resolve(
      { command: { go: { template: "Go $ARGUMENTS", description: "Goes" }, bad: {} } },
      "w/sub",
    )
    expect(commands).toEqual([
      { name: "fix", source: "command", template: "project", hints: [] },
      { name: "go", source: "command", template: "Go $ARGUMENTS", description: "Goes", hints: ["$ARGUMENTS"] },
      {
        name: "team/review",
        source: "command",
        template: "Review $1 and $2: $ARGUMENTS",
        description: "Reviews it",
        agent: "ask",
        model: "fake/m1",
        subtask: true,
        hints: ["$1", "$2", "$ARGUMENTS"],
      },
      { name: "test", source: "command", template: "Run these tests", hints: [] },
    ])
  })
})

describe("parseMarkdown", () => {
  it("takes a file without front matter, or with an unclosed one, as it is", () => {
    expect(parseMarkdown("hello\n---\nx: y\n---\n")).toEqual({ settings: {}, body: "hello\n---\nx: y\n---" })
    expect(parseMarkdown("---\nx: y\n")).toEqual({ settings: {}, body: "---\nx: y" })
    expect(parseMarkdown("---\n---\nbody")).toEqual({ settings: {}, body: "body" })
  })

  it("reads quoted and plain values and leaves out what is not simple", () => {
    const source =
      '\uFEFF---\r\na: "q: \\"x\\""\r\nb: it\'s # note\r\nc: [1]\r\nd:\r\n  e: f\r\ng: false\r\n---\r\nbody\r\n'
    expect(parseMarkdown(source)).toEqual({ settings: { a: 'q: "x"', b: "it's", g: false }, body: "body" })
  })

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseMarkdown(`---\n${text}\n---\n${text}`).body === "string"))
  })
})
