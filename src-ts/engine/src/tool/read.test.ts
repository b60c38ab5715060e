import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { resolveAgents, systemPrompt } from "../agent/index.ts"
import type { Model } from "../provider/types.ts"
import { createTools } from "./index.ts"
import { type Bench, bench } from "./testing.ts"

let b: Bench
beforeEach(() => {
  b = bench()
})
afterEach(() => b.close())

describe("read", () => {
  it("numbers the lines and describes the range under the wire's names", async () => {
    const file = b.put("a.txt", "one\ntwo\nthree\n")
    const result = await b.call("read", { filePath: file })
    expect(result.title).toBe("a.txt")
    expect(result.output).toContain("\n1: one\n2: two\n3: three\n")
    expect(result.metadata).toEqual({
      preview: "one\ntwo\nthree",
      truncated: false,
      loaded: [],
      display: {
        type: "file",
        path: file,
        text: "one\ntwo\nthree",
        lineStart: 1,
        lineEnd: 3,
        totalLines: 3,
        truncated: false,
      },
    })
    expect(b.asks).toEqual([{ permission: "read", patterns: ["a.txt"], always: ["*"], metadata: {} }])
  })

  it("reads a range and says how to go on", async () => {
    b.put("a.txt", Array.from({ length: 5000 }, (_, index) => `line ${index + 1}`).join("\n"))
    const result = await b.call("read", { filePath: "a.txt", offset: "11", limit: 2 })
    expect(result.output).toContain("11: line 11\n12: line 12\n\n(lines 11 to 12 of 5000; go on with offset 13)")
    expect((await b.call("read", { filePath: "a.txt" })).output).toContain("go on with offset 2001")
    await expect(b.call("read", { filePath: "a.txt", offset: 6000 })).rejects.toThrow(/has 5000 lines/)
  })

  it("bounds long lines and large files", async () => {
    b.put("a.txt", `${"x".repeat(5000)}\n${"é".repeat(1500)}\nend`)
    const long = await b.call("read", { filePath: "a.txt" })
    expect(long.output).toContain("… (3000 more characters)\n2: éé")
    b.put("big.txt", `${"y".repeat(1000)}\n`.repeat(20_000))
    const big = await b.call("read", { filePath: "big.txt" })
    expect(big.output.length).toBeLessThan(55_000)
    expect(big.metadata).toMatchObject({ truncated: true, display: { totalLines: 20_000 } })
  })

  it("reads empty files, Windows line endings and byte order marks", async () => {
    b.put("empty", "")
    b.put("win.txt", "\uFEFFa\r\nb\r\n")
    expect((await b.call("read", { filePath: "empty" })).output).toContain("end of file, 0 lines")
    expect((await b.call("read", { filePath: "win.txt" })).metadata.preview).toBe("a\nb")
  })

  it("lists directories, attaches images and PDFs, refuses other binary files", async () => {
    b.put("d/z.txt", "")
    b.put("d/sub/x.txt", "")
    b.put("i.png", new Uint8Array([0x89, 0x50, 0]))
    b.put("p.pdf", "%PDF")
    b.put("x.bin", new Uint8Array([0, 1]))
    const directory = await b.call("read", { filePath: "d" })
    expect(directory.output).toContain("sub/\nz.txt\n(2 entries)")
    expect(directory.metadata).toMatchObject({ display: { type: "directory" } })
    const image = await b.call("read", { filePath: "i.png" })
    expect(image.attachments).toEqual([
      { type: "file", mime: "image/png", filename: "i.png", url: "data:image/png;base64,iVAA" },
    ])
    expect((await b.call("read", { filePath: "p.pdf" })).attachments?.[0]?.mime).toBe("application/pdf")
    await expect(b.call("read", { filePath: "x.bin" })).rejects.toThrow(/binary file/)
  })

  it("offers the name that was meant", async () => {
    b.put("src/session.ts", "")
    await expect(b.call("read", { filePath: "src/sesion.ts" })).rejects.toThrow(/Did you mean .*src\/session\.ts\?/)
    await expect(b.call("read", { filePath: "nowhere/x.ts" })).rejects.toThrow(/nor does its directory/)
  })

  it("asks before reading outside, but not for output that it kept itself", async () => {
    mkdirSync(join(b.outside, "kept"))
    writeFileSync(join(b.outside, "kept/o.txt"), "kept")
    writeFileSync(join(b.outside, "secret.txt"), "s")
    symlinkSync("../secret.txt", join(b.root, "innocent.txt"))
    await b.call("read", { filePath: "../kept/o.txt" })
    expect(b.asks.map((ask) => ask.permission)).toEqual(["read"])
    b.asks = []
    await b.call("read", { filePath: "innocent.txt" })
    expect(b.asks[0]).toEqual({
      permission: "external_directory",
      patterns: [`${b.outside}/*`],
      always: [`${b.outside}/*`],
      metadata: { filepath: join(b.outside, "secret.txt"), parentDir: b.outside },
    })
  })

  it("copes with odd names and refuses impossible ones", async () => {
    b.put("sp ace/qu'o\"te\né.txt", "odd")
    expect((await b.call("read", { filePath: "sp ace/qu'o\"te\né.txt" })).metadata.preview).toBe("odd")
    await expect(b.call("read", { filePath: "a\0b" })).rejects.toThrow(/zero character/)
    await expect(b.call("read", { filePath: 7 })).rejects.toThrow()
    symlinkSync("loop", join(b.root, "loop"))
    await expect(b.call("read", { filePath: "loop" })).rejects.toThrow(/does not exist/)
  })
})

describe("glob, grep and list", () => {
  const tree = () => {
    b.put(".gitignore", "out\n")
    b.put("src/a.ts", "export const alpha = 1\n")
    b.put("src/deep/b.ts", "import { alpha } from '../a'\nalpha\n")
    b.put("out/c.ts", "alpha\n")
    b.put("node_modules/m/d.ts", "alpha\n")
    b.put("readme.md", "alpha\n")
  }

  it("finds files by pattern, without ignored ones", async () => {
    tree()
    const found = await b.call("glob", { pattern: "**/*.ts" })
    expect(found.output.split("\n").sort()).toEqual(["src/a.ts", "src/deep/b.ts"])
    expect((await b.call("glob", { pattern: "*.ts", path: "src/deep" })).output).toBe("src/deep/b.ts")
    expect((await b.call("glob", { pattern: "*.rs" })).output).toBe("No files found.")
    await expect(b.call("glob", { pattern: "*", path: "none" })).rejects.toThrow(/does not exist/)
  })

  it("finds lines, grouped by file", async () => {
    tree()
    const found = await b.call("grep", { pattern: "alpha\\b", include: "*.ts" })
    expect(found.output).toBe(
      "src/a.ts:\n  1: export const alpha = 1\nsrc/deep/b.ts:\n  1: import { alpha } from '../a'\n  2: alpha",
    )
    expect((await b.call("grep", { pattern: "alpha", path: "out/c.ts" })).output).toBe("out/c.ts:\n  1: alpha")
    expect((await b.call("grep", { pattern: "omega" })).output).toBe("No matches found.")
    await expect(b.call("grep", { pattern: "(" })).rejects.toThrow(/regular expression/)
  })

  it("says how much it cut", async () => {
    b.put("many.txt", "x\n".repeat(500))
    const found = await b.call("grep", { pattern: "x" })
    expect(found.output).toContain("(100 of 500 matches")
    expect(found.metadata).toEqual({ matches: 100, truncated: true })
    const kept = (output: string) =>
      readFileSync(/read the rest in (\S+)\)$/.exec(output)?.[1] ?? "", "utf8").split("\n")
    expect(kept(found.output)).toHaveLength(501)
    for (let index = 0; index < 150; index += 1) b.put(`f/${index}.txt`, "")
    const files = await b.call("glob", { pattern: "f/*" })
    expect(files.output).toContain("(100 of 150 files")
    expect(kept(files.output)).toHaveLength(150)
  })

  it("draws the tree", async () => {
    tree()
    const list = await b.call("list", {})
    expect(list.output).toBe(`${b.root}/\n  .gitignore\n  readme.md\n  src/\n    a.ts\n    deep/\n      b.ts`)
  })

  it("asks before it looks outside", async () => {
    await b.call("glob", { pattern: "*", path: ".." })
    expect(b.asks.map((ask) => ask.permission)).toEqual(["external_directory", "glob"])
  })
})

describe("todos", () => {
  it("replaces the list and reports it under the wire's names", async () => {
    const todos = [
      { content: "First", status: "in_progress", priority: "high" },
      { content: "Second", status: "pending" },
    ]
    const written = await b.call("todowrite", { todos })
    expect(b.todos[1]).toEqual({ content: "Second", status: "pending", priority: "medium" })
    expect(written).toMatchObject({
      title: "2 todos",
      metadata: {
        todos: b.todos,
        view: { mode: "full", todos: b.todos, hiddenBefore: 0, hiddenAfter: 0, changed: 2 },
        truncated: false,
      },
    })
    const second = await b.call("todowrite", { todos: [{ ...todos[0], status: "completed" }, todos[1]] })
    expect(second).toMatchObject({ title: "1 todos", metadata: { view: { changed: 1 } } })
    expect(JSON.parse((await b.call("todoread", {})).output)).toEqual(b.todos)
    await expect(b.call("todowrite", { todos: [{ content: "x", status: "maybe" }] })).rejects.toThrow()
  })
})

describe("what every request carries", () => {
  const carried = (id: string) => {
    const model = { providerID: "fake", id } as Model
    const offered = createTools({ env: {}, outputDir: "/nowhere" }).filter((tool) => tool.suits?.(model) !== false)
    const [agent] = resolveAgents({ config: {} })
    if (!agent) throw new Error("no agent")
    const prompt = systemPrompt({ agent, model, directory: "/w", worktree: "/w", date: new Date(), instructions: [] })
    const functions = offered.map((tool) => ({
      type: "function",
      function: {
        name: tool.id,
        description: tool.description,
        parameters: z.toJSONSchema(tool.parameters, { io: "input" }),
      },
    }))
    return { ids: offered.map((tool) => tool.id), size: JSON.stringify([functions, prompt]).length }
  }

  it("stays under ten kibibytes", () => {
    for (const id of ["m1", "gpt-5.2"]) expect(carried(id).size).toBeLessThan(10_240)
  })

  it("changes files by replacing text, or by patches where the model was trained for them", () => {
    const common = ["read", "write", "list", "glob", "grep", "bash", "todowrite", "todoread", "question", "webfetch"]
    for (const id of ["m1", "claude-opus-4-5", "gpt-4.1", "openai/gpt-4o", "gpt-oss-120b"]) {
      expect(carried(id).ids.toSorted()).toEqual([...common, "edit", "multiedit"].sort())
    }
    for (const id of ["gpt-5", "gpt-5.1-codex", "openai/gpt-5-mini", "gpt-10"]) {
      expect(carried(id).ids.toSorted()).toEqual([...common, "apply_patch"].sort())
    }
  })
})
