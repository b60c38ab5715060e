import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { replaceText } from "./match.ts"
import { type Bench, bench } from "./testing.ts"

let b: Bench
beforeEach(() => {
  b = bench()
})
afterEach(() => b.close())

const text = (path: string) => readFileSync(join(b.root, path), "utf8")

describe("edit", () => {
  it("asks with the diff, writes, and reports what it changed under the wire's names", async () => {
    const file = b.put("a.txt", "one\ntwo\nthree\n")
    const result = await b.call("edit", { filePath: file, oldString: "two", newString: "TWO" })
    expect(text("a.txt")).toBe("one\nTWO\nthree\n")
    const filediff = { file, patch: expect.stringContaining("-two\n+TWO\n"), additions: 1, deletions: 1 }
    expect(b.asks).toEqual([
      {
        permission: "edit",
        patterns: ["a.txt"],
        always: ["*"],
        metadata: { filepath: file, diff: filediff.patch, filediff },
      },
    ])
    expect(Object.keys(result.metadata)).toEqual(["diagnostics", "diff", "filediff", "truncated"])
    expect(result).toMatchObject({ title: "a.txt", metadata: { diagnostics: {}, filediff, truncated: false } })
    expect(b.updates).toEqual([{ metadata: { diff: filediff.patch, filediff, diagnostics: {} } }])
    expect(b.edits).toEqual([[file, "change"]])
    expect(readdirSync(b.root)).toEqual(["a.txt"])
  })

  it("changes nothing when it is refused", async () => {
    b.put("a.txt", "one\n")
    b.onAsk = () => {
      throw new Error("no")
    }
    await expect(b.call("edit", { filePath: "a.txt", oldString: "one", newString: "two" })).rejects.toThrow("no")
    await expect(b.call("write", { filePath: "b.txt", content: "x" })).rejects.toThrow("no")
    expect(text("a.txt")).toBe("one\n")
    expect(existsSync(join(b.root, "b.txt"))).toBe(false)
    expect(b.edits).toEqual([])
  })

  it("says how many places match, and changes them all only when told to", async () => {
    b.put("a.txt", "x\ny\nx\n")
    const input = { filePath: "a.txt", oldString: "x", newString: "z" }
    await expect(b.call("edit", input)).rejects.toThrow(/found 2 times in a.txt \(lines 1, 3\).*replaceAll/)
    await b.call("edit", { ...input, replaceAll: true })
    expect(text("a.txt")).toBe("z\ny\nz\n")
  })

  it("explains a text that is not there, a missing file, and an edit that changes nothing", async () => {
    b.put("a.txt", "start\nmiddle\n")
    const edit = (oldString: string, newString: string, filePath = "a.txt") =>
      b.call("edit", { filePath, oldString, newString })
    await expect(edit("start\nend", "x")).rejects.toThrow(/first line stands in line 1/)
    await expect(edit("nothing like it", "x")).rejects.toThrow(/Read the file again/)
    await expect(edit("a", "b", "none.txt")).rejects.toThrow(/does not exist.*write/)
    await expect(edit("start", "start")).rejects.toThrow(/nothing to change/)
    await expect(edit("", "x")).rejects.toThrow(/not empty/)
  })

  it("creates a file from an empty oldString", async () => {
    await b.call("edit", { filePath: "new/deep.txt", oldString: "", newString: "hi\n" })
    expect(text("new/deep.txt")).toBe("hi\n")
    expect(b.edits).toEqual([[join(b.root, "new/deep.txt"), "add"]])
  })

  it("keeps line endings, byte order mark and mode", async () => {
    const file = b.put("a.sh", "\uFEFFone\r\ntwo\r\nthree\r\n")
    chmodSync(file, 0o755)
    await b.call("edit", { filePath: "a.sh", oldString: "one\ntwo", newString: "1\n2\n2b" })
    expect(text("a.sh")).toBe("\uFEFF1\r\n2\r\n2b\r\nthree\r\n")
    expect(statSync(file).mode & 0o777).toBe(0o755)
  })

  it("writes through symlinks and keeps hard links together", async () => {
    b.put("real.txt", "one\n")
    symlinkSync("real.txt", join(b.root, "link.txt"))
    await b.call("edit", { filePath: "link.txt", oldString: "one", newString: "two" })
    expect(text("real.txt")).toBe("two\n")
    expect(b.asks[0]?.patterns).toEqual(["real.txt"])
    linkSync(join(b.root, "real.txt"), join(b.root, "hard.txt"))
    await b.call("edit", { filePath: "hard.txt", oldString: "two", newString: "three" })
    expect(text("real.txt")).toBe("three\n")
  })

  it("loses no edit of many at once", async () => {
    b.put("a.txt", Array.from({ length: 30 }, (_, index) => `<${index}>`).join("\n"))
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        b.call("edit", { filePath: "a.txt", oldString: `<${index}>`, newString: `done ${index}` }),
      ),
    )
    expect(text("a.txt")).toBe(Array.from({ length: 30 }, (_, index) => `done ${index}`).join("\n"))
  })

  it("refuses to overwrite what somebody else wrote while the user was asked", async () => {
    const file = b.put("a.txt", "one\n")
    let round = 0
    b.onAsk = () => {
      round += 1
      writeFileSync(file, `one\nmine ${round}\n`)
    }
    await expect(b.call("edit", { filePath: "a.txt", oldString: "one", newString: "two" })).rejects.toThrow(
      /Read it again/,
    )
    await expect(b.call("write", { filePath: "a.txt", content: "x" })).rejects.toThrow(/Read it again/)
    expect(text("a.txt")).toBe("one\nmine 2\n")
  })

  it("refuses binary files, other encodings and directories", async () => {
    b.put("b.bin", new Uint8Array([1, 0, 2]))
    b.put("latin.txt", new Uint8Array([0x63, 0x61, 0x66, 0xe9]))
    const edit = (filePath: string) => b.call("edit", { filePath, oldString: "a", newString: "b" })
    await expect(edit("b.bin")).rejects.toThrow(/binary/)
    await expect(edit("latin.txt")).rejects.toThrow(/not UTF-8/)
    await expect(edit(".")).rejects.toThrow(/is a directory/)
  })

  it("asks about the outside first, also when a symlink leads there", async () => {
    writeFileSync(join(b.outside, "o.txt"), "one\n")
    symlinkSync(b.outside, join(b.root, "out"))
    for (const filePath of ["../o.txt", "out/o.txt", join(b.outside, "o.txt")]) {
      b.asks = []
      await b.call("edit", { filePath, oldString: "one", newString: "one!" })
      writeFileSync(join(b.outside, "o.txt"), "one\n")
      expect(b.asks.map((ask) => [ask.permission, ask.patterns])).toEqual([
        ["external_directory", [`${b.outside}/*`]],
        ["edit", [join(b.outside, "o.txt")]],
      ])
      expect(b.asks[0]?.metadata).toEqual({ filepath: join(b.outside, "o.txt"), parentDir: b.outside })
    }
  })
})

describe("write", () => {
  it("creates a file with its directories and replaces one, telling which", async () => {
    const file = join(b.root, "x/y.txt")
    const created = await b.call("write", { filePath: "x/y.txt", content: "one\n" })
    expect(Object.keys(created.metadata)).toEqual([
      "diagnostics",
      "filepath",
      "exists",
      "diff",
      "filediff",
      "truncated",
    ])
    expect(created.metadata).toMatchObject({ filepath: file, exists: false, filediff: { additions: 1, deletions: 0 } })
    const replaced = await b.call("write", { filePath: "x/y.txt", content: "two\n" })
    expect(replaced.metadata).toMatchObject({ exists: true, filediff: { additions: 1, deletions: 1 } })
    expect(b.edits).toEqual([
      [file, "add"],
      [file, "change"],
    ])
  })

  it("keeps Windows line endings of a file that has them", async () => {
    b.put("a.txt", "one\r\ntwo\r\n")
    await b.call("write", { filePath: "a.txt", content: "1\n2\n" })
    expect(text("a.txt")).toBe("1\r\n2\r\n")
  })

  it("compares two large unlike texts within bounded time", async () => {
    const many = (letter: string) =>
      Array.from({ length: 40_000 }, (_, index) => `${letter}${(index * 7) % 997}`).join("\n")
    b.put("a.txt", many("a"))
    const result = await b.call("write", { filePath: "a.txt", content: many("b") })
    expect(result.metadata).toMatchObject({ filediff: { additions: 40_000, deletions: 40_000 } })
    expect(String(result.metadata.diff).length).toBeLessThan(210_000)
  })
})

describe("replaceText", () => {
  const replace = (content: string, old: string, now: string) => replaceText(content, old, now, false, "f")

  it("overlooks trailing whitespace and another indentation, and indents the new text alike", () => {
    expect(replace("a  \nb\t\nc\n", "a\nb", "x")).toMatchObject({ text: "x\nc\n", tolerance: "trailing whitespace" })
    const source = "class A {\n    run() {\n        go()\n    }\n}\n"
    expect(replace(source, "run() {\n    go()\n}\n", "run() {\n    stop()\n}\n")).toEqual({
      text: "class A {\n    run() {\n        stop()\n    }\n}\n",
      count: 1,
      tolerance: "indentation",
    })
    expect(() => replace("  a\n b\n", "a\nb", "x")).toThrow(/not in f/)
  })

  it("overlooks other blanks inside the lines, but not another nesting", () => {
    expect(replace("  if  (a ==  1)\n    go( )\n", "if (a == 1)\n  go( )", "stop()")).toEqual({
      text: "  stop()\n",
      count: 1,
      tolerance: "whitespace",
    })
    expect(() => replace("if  x:\n    a\nb\n", "if x:\n    a\n    b", "y")).toThrow(/not in f/)
  })

  it("finds a block by its first and last line when what is between them is nearly the same", () => {
    const source = "start\n  function area(w, h) {\n    const size = width * height\n    return size\n  }\nend\n"
    const old = "function area(w, h) {\n  const sizes = width * height\n  return size\n}"
    expect(replace(source, old, "function area(w, h) {\n  return w * h\n}")).toEqual({
      text: "start\n  function area(w, h) {\n    return w * h\n  }\nend\n",
      count: 1,
      tolerance: "lines in between",
    })
    const other = "function area(w, h) {\n  throw new Error()\n}"
    expect(() => replace(source, other, "x")).toThrow(/first line stands in line 2/)
    expect(() => replace(source + source, old, "x")).toThrow(/found 2 times/)
    expect(() => replaceText(source, old, "x", true, "f")).toThrow(/not in f/)
  })

  it("never changes a line outside the block that it found, whatever it overlooked", () => {
    const word = fc.constantFrom("a", "b", "if x {", "}", "  y = 1", "\tz", "")
    const lines = fc.array(word, { minLength: 1, maxLength: 12 })
    const noise = fc.constantFrom("", " ", "  ")
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(), noise, noise, (all, from, size, front, back) => {
        const start = from % all.length
        const block = all.slice(start, start + 1 + (size % 5))
        fc.pre(block.some((line) => line.trim() !== ""))
        const old = block.map((line) => (line === "" ? line : front + line.replace(" = ", "  = ") + back)).join("\n")
        let result: string
        try {
          result = replace(all.join("\n"), old, "NEW").text
        } catch (error) {
          expect(error).toMatchObject({ name: "ToolError" })
          return
        }
        const [head = "", tail = ""] = result.split(/[ \t]*NEW/)
        expect(all.join("\n").startsWith(head)).toBe(true)
        expect(all.join("\n").endsWith(tail)).toBe(true)
      }),
    )
  })

  it("handles an old text with a last newline at the end of a file without one", () => {
    expect(replace("a \nb ", "a\nb\n", "c\n").text).toBe("c")
  })

  it("does in any text exactly what a plain replacement does", () => {
    const word = fc.array(fc.constantFrom("a", "b", "\n", " ", "\r\n", "é"), { maxLength: 20 }).map((c) => c.join(""))
    fc.assert(
      fc.property(word, word, word, (head, tail, now) => {
        const content = `${head}<mark>${tail}`
        fc.pre(now.replaceAll("\r\n", "\n") !== "<mark>")
        const result = replace(content, "<mark>", now).text
        expect(result.startsWith(head)).toBe(true)
        expect(result.endsWith(tail)).toBe(true)
        const middle = result.slice(head.length, result.length - tail.length)
        expect(middle.replaceAll("\r\n", "\n")).toBe(now.replaceAll("\r\n", "\n"))
      }),
    )
  })

  it("leaves every line it does not touch as it is, mixed endings included", () => {
    const line = fc.tuple(fc.constantFrom("a", " b", "c ", ""), fc.constantFrom("\n", "\r\n")).map(([t, e]) => t + e)
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (before, after) => {
        const content = `${before.join("")}\tMARK one \r\n\ttwo\n${after.join("")}`
        const result = replace(content, "MARK one\ntwo", "new").text
        expect(result).toBe(`${before.join("")}\tnew\n${after.join("")}`)
      }),
    )
  })
})
