import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync, symlinkSync, truncateSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { createTools } from "./index.ts"
import { type Bench, bench } from "./testing.ts"

let b: Bench
beforeEach(() => {
  b = bench({ env: { EXA_API_KEY: "k", KILO_WEBSEARCH_URL: "http://127.0.0.1:1" } })
})
afterEach(() => b.close())

const IDS = createTools({ env: { EXA_API_KEY: "k" }, outputDir: "/nowhere" }).map((tool) => tool.id)
const text = (path: string) => readFileSync(join(b.root, path), "utf8")
const NAMES = [
  "sp ace.txt",
  `quo'te".txt`,
  "ünï/日本語.txt",
  "-dash.txt",
  "$HOME.txt",
  "a;b&c.txt",
  "[x]{y}!.txt",
  "😀.txt",
  "tab\t.txt",
  "~tilde.txt",
  "a\\b.txt",
  "#hash@{1}.txt",
  "trailing dot.",
]

describe("wrong arguments", () => {
  it.each(IDS)("of %s are refused with a message, and nothing happens", async (id) => {
    b.put("a.txt", "one\n")
    b.onAsk = () => {
      throw new Error("refused")
    }
    const { properties } = z.toJSONSchema(b.tool(id).parameters, { io: "input" }) as { properties?: object }
    const value = fc.oneof(
      fc.constantFrom(
        null,
        true,
        -1,
        1e308,
        "",
        " ",
        "\0",
        "a.txt",
        "..",
        "/",
        "x".repeat(10_000),
        "*** Begin Patch\n*** End Patch",
      ),
      fc.array(fc.constantFrom<unknown>(null, "a", 1, {}), { maxLength: 3 }),
      fc.object({ maxDepth: 2 }),
    )
    const input = fc.dictionary(fc.constantFrom(...Object.keys(properties ?? {}), "else"), value, { maxKeys: 5 })
    await fc.assert(
      fc.asyncProperty(input, async (args) => {
        // A result is fine where nothing had to be asked; anything else is an error that says something.
        const problem: unknown = await b.call(id, args).then(
          () => undefined,
          (error: unknown) => error,
        )
        if (problem !== undefined) {
          expect(problem).toBeInstanceOf(Error)
          expect((problem as Error).message).not.toBe("")
          expect(problem).not.toBeInstanceOf(TypeError)
        }
      }),
      { numRuns: 40 },
    )
    expect(readdirSync(b.root)).toEqual(["a.txt"])
    expect(text("a.txt")).toBe("one\n")
    expect(b.edits).toEqual([])
  })
})

describe("odd names", () => {
  it.each([...NAMES, "new\nline.txt"])("%j is written, read, edited and found like any other", async (name) => {
    await b.call("write", { filePath: name, content: "one\ntwo\n" })
    await b.call("edit", { filePath: name, oldString: "two", newString: "TWO" })
    await b.call("multiedit", { filePath: name, edits: [{ oldString: "one", newString: "1" }] })
    expect(text(name)).toBe("1\nTWO\n")
    expect((await b.call("read", { filePath: name })).output).toContain("2: TWO")
    const shown = /[\n\t]/.test(name) ? JSON.stringify(name) : name
    expect((await b.call("grep", { pattern: "TWO" })).output).toBe(`${shown}:\n  2: TWO`)
    expect((await b.call("glob", { pattern: "**/*" })).output.split("\n")).toContain(shown)
    expect((await b.call("grep", { pattern: "TWO", path: name })).output).toContain("2: TWO")
  })

  it.each(NAMES)("%j is changed and removed by a patch", async (name) => {
    const patch = (...lines: string[]) =>
      b.call("apply_patch", { patchText: ["*** Begin Patch", ...lines, "*** End Patch"].join("\n") })
    await patch(`*** Add File: ${name}`, "+one")
    await patch(`*** Update File: ${name}`, "-one", "+ONE")
    expect(text(name)).toBe("ONE\n")
    await patch(`*** Delete File: ${name}`)
    expect((await b.call("glob", { pattern: "**/*" })).output).toBe("No files found.")
  })

  it("that differ in case only are the files that the file system says they are", async () => {
    await b.call("write", { filePath: "Readme.md", content: "one" })
    await b.call("write", { filePath: "README.md", content: "two" })
    const names = readdirSync(b.root)
    for (const name of names) {
      expect((await b.call("read", { filePath: name })).output).toContain(`1: ${text(name)}`)
    }
    expect(text("README.md")).toBe("two")
    if (names.length === 2) expect(text("Readme.md")).toBe("one")
  })
})

describe("odd files", () => {
  it("links that lead in circles end nothing but their own call", async () => {
    b.put("d/a.txt", "needle\n")
    symlinkSync("self", join(b.root, "self"))
    symlinkSync("pong", join(b.root, "ping"))
    symlinkSync("ping", join(b.root, "pong"))
    symlinkSync(b.root, join(b.root, "d/up"))
    for (const [id, input] of [
      ["read", { filePath: "self" }],
      ["write", { filePath: "ping", content: "x" }],
      ["edit", { filePath: "pong", oldString: "a", newString: "b" }],
      ["list", { path: "self" }],
      ["grep", { pattern: "x", path: "ping" }],
    ] as const) {
      await expect(b.call(id, input)).rejects.toThrow()
    }
    expect((await b.call("glob", { pattern: "**/*.txt" })).output).toBe("d/a.txt")
    expect((await b.call("grep", { pattern: "needle" })).output).toBe("d/a.txt:\n  1: needle")
    expect((await b.call("list", {})).metadata.count).toBe(1)
  })

  it("pipes and devices are never opened", async () => {
    execFileSync("mkfifo", [join(b.root, "pipe")])
    for (const filePath of ["pipe", "/dev/zero"]) {
      await expect(b.call("read", { filePath })).rejects.toThrow(/neither a file nor a directory/)
      await expect(b.call("write", { filePath, content: "x" })).rejects.toThrow(/not a regular file/)
      await expect(b.call("edit", { filePath, oldString: "a", newString: "b" })).rejects.toThrow(/not a regular file/)
    }
    expect((await b.call("grep", { pattern: "x" })).output).toBe("No matches found.")
  })

  it("very large ones are read in pieces, and neither edited nor searched", async () => {
    const line = `${"x".repeat(99)}\n`
    b.put("big.txt", `needle\n${line.repeat(300_000)}`)
    const read = await b.call("read", { filePath: "big.txt", offset: 300_001 })
    expect(read.output).toContain(`300001: ${"x".repeat(99)}`)
    expect((await b.call("read", { filePath: "big.txt" })).output.length).toBeLessThan(80_000)
    await expect(b.call("edit", { filePath: "big.txt", oldString: "needle", newString: "y" })).rejects.toThrow(
      /too large/,
    )
    expect((await b.call("grep", { pattern: "needle" })).output).toBe("No matches found.")
    b.put("holes.bin", "")
    truncateSync(join(b.root, "holes.bin"), 2 ** 33)
    await expect(b.call("read", { filePath: "holes.bin" })).rejects.toThrow(/binary/)
  })
})
