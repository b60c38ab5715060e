import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { ToolError } from "../define.ts"
import { type Bench, bench } from "../testing.ts"
import { applyHunks } from "./apply.ts"
import { type Hunk, parsePatch } from "./parse.ts"

let b: Bench
beforeEach(() => {
  b = bench()
})
afterEach(() => b.close())

const text = (path: string) => readFileSync(join(b.root, path), "utf8")
const patch = (...lines: string[]) =>
  b.call("apply_patch", { patchText: ["*** Begin Patch", ...lines, "*** End Patch"].join("\n") })

describe("apply_patch", () => {
  it("adds, changes, moves and deletes files after one question, and reports each", async () => {
    b.put("a.txt", "one\ntwo\nthree\n")
    b.put("old/b.txt", "x\ny\n")
    b.put("c.txt", "gone\n")
    const result = await patch(
      "*** Add File: new/d e.txt",
      "+hello",
      "+",
      "+world",
      "*** Update File: a.txt",
      "@@",
      " one",
      "-two",
      "+TWO",
      " three",
      "*** Update File: old/b.txt",
      "*** Move to: moved/b.txt",
      "@@",
      "-y",
      "+Y",
      "*** Delete File: c.txt",
    )
    expect(text("new/d e.txt")).toBe("hello\n\nworld\n")
    expect(text("a.txt")).toBe("one\nTWO\nthree\n")
    expect(text("moved/b.txt")).toBe("x\nY\n")
    expect(existsSync(join(b.root, "old/b.txt")) || existsSync(join(b.root, "c.txt"))).toBe(false)
    expect(b.asks).toMatchObject([
      {
        permission: "edit",
        patterns: ["new/d e.txt", "a.txt", "old/b.txt", "moved/b.txt", "c.txt"],
        metadata: { diff: expect.stringContaining("+TWO") },
      },
    ])
    expect(b.edits).toEqual([
      [join(b.root, "new/d e.txt"), "add"],
      [join(b.root, "a.txt"), "change"],
      [join(b.root, "old/b.txt"), "unlink"],
      [join(b.root, "moved/b.txt"), "add"],
      [join(b.root, "c.txt"), "unlink"],
    ])
    expect(result).toMatchObject({ title: "5 files", metadata: { truncated: false } })
    expect(result.output).toBe("Done:\nA new/d e.txt\nM a.txt\nD old/b.txt\nA moved/b.txt\nD c.txt")
    expect(result.metadata.files).toContainEqual({
      filePath: join(b.root, "a.txt"),
      relativePath: "a.txt",
      type: "update",
      file: join(b.root, "a.txt"),
      patch: expect.stringContaining("-two"),
      additions: 1,
      deletions: 1,
    })
  })

  it("changes nothing when a part does not fit, is refused or can't be written", async () => {
    b.put("a.txt", "one\n")
    b.put("b.txt", "two\n")
    const good = ["*** Update File: a.txt", "-one", "+ONE"]
    await expect(patch(...good, "*** Update File: b.txt", "-nope", "+x")).rejects.toThrow(/Hunk 1 of b.txt.*not there/s)
    await expect(patch(...good, "*** Delete File: none.txt")).rejects.toThrow(/none.txt does not exist/)
    await expect(patch(...good, "*** Add File: b.txt", "+x")).rejects.toThrow(/exists already/)
    await expect(patch("*** Update File: a.txt", "*** Move to: b.txt")).rejects.toThrow(/nothing is moved over it/)
    b.onAsk = () => {
      throw new Error("no")
    }
    await expect(patch(...good)).rejects.toThrow("no")
    b.onAsk = () => undefined
    // The second file can't be made: a file stands where its directory should be.
    await expect(
      patch(
        ...good,
        "*** Add File: dir/new.txt",
        "+n",
        "*** Delete File: b.txt",
        "*** Add File: c/d/e.txt",
        "+x",
        "*** Add File: c/d/e.txt/f",
        "+y",
      ),
    ).rejects.toThrow()
    expect(text("a.txt")).toBe("one\n")
    expect(text("b.txt")).toBe("two\n")
    expect(readdirSync(b.root).sort()).toEqual(["a.txt", "b.txt"])
    expect(b.edits).toEqual([])
  })

  it("takes back what it wrote when a file was changed meanwhile", async () => {
    b.put("a.sh", "one\n")
    chmodSync(join(b.root, "a.sh"), 0o755)
    b.put("b.txt", "two\n")
    b.onAsk = () => {
      b.put("b.txt", "mine\n")
    }
    await expect(
      patch("*** Update File: a.sh", "-one", "+ONE", "*** Update File: b.txt", "-two", "+TWO"),
    ).rejects.toThrow(/b.txt was changed by somebody else/)
    expect([text("a.sh"), text("b.txt")]).toEqual(["one\n", "mine\n"])
    expect(statSync(join(b.root, "a.sh")).mode & 0o777).toBe(0o755)
  })

  it("keeps line endings, byte order mark, mode and a missing last newline", async () => {
    b.put("w.txt", "\uFEFFone\r\ntwo\r\nthree")
    chmodSync(join(b.root, "w.txt"), 0o750)
    await patch("*** Update File: w.txt", " one", "-two", "-three", "+2", "+3", "+4")
    expect(text("w.txt")).toBe("\uFEFFone\r\n2\r\n3\r\n4")
    expect(statSync(join(b.root, "w.txt")).mode & 0o777).toBe(0o750)
    await patch("*** Update File: w.txt", "*** Move to: v.txt", "-2", "+two")
    expect(text("v.txt")).toBe("\uFEFFone\r\ntwo\r\n3\r\n4")
  })

  it("asks about every path outside the project, first", async () => {
    b.put("a.txt", "one\n")
    const far = join(b.outside, "far.txt")
    await patch("*** Update File: a.txt", `*** Move to: ${far}`, "-one", "+ONE")
    expect(b.asks.map((ask) => [ask.permission, ask.patterns])).toEqual([
      ["external_directory", [`${b.outside}/*`]],
      ["edit", ["a.txt", far]],
    ])
    expect(readFileSync(far, "utf8")).toBe("ONE\n")
  })

  it("lets later parts build on earlier ones, and leaves out what changes nothing", async () => {
    b.put("a.txt", "one\ntwo\n")
    await patch("*** Update File: a.txt", "-one", "+1", "*** Update File: a.txt", " 1", "-two", "+2")
    expect(text("a.txt")).toBe("1\n2\n")
    expect(b.edits).toHaveLength(1)
    const result = await patch("*** Add File: t.txt", "+t", "*** Delete File: t.txt")
    expect(result.title).toBe("0 files")
    expect(b.edits).toHaveLength(1)
  })

  it("refuses to remove what a link points to, directories and binary files", async () => {
    b.put("a.txt", "one\n")
    b.put("d/x", "x")
    b.put("b.bin", new Uint8Array([1, 0, 2]))
    symlinkSync(join(b.root, "a.txt"), join(b.root, "link"))
    await expect(patch("*** Delete File: link")).rejects.toThrow(/symbolic link/)
    await expect(patch("*** Delete File: d")).rejects.toThrow(/is a directory/)
    await expect(patch("*** Update File: b.bin", "-x", "+y")).rejects.toThrow(/binary/)
    expect(text("a.txt")).toBe("one\n")
  })
})

describe("a patch", () => {
  const parse = (...lines: string[]) => parsePatch(lines.join("\n"))

  it("may stand in a here-document or a fence, with Windows line endings", () => {
    const wrapped = "apply_patch <<'EOF'\r\n*** Begin Patch\r\n*** Delete File: a b.txt\r\n*** End Patch\r\nEOF\r\n"
    expect(parsePatch(wrapped)).toEqual([{ type: "delete", path: "a b.txt" }])
  })

  it("has anchors one after the other, an end of file, and blank lines between files", () => {
    const changes = parse(
      "*** Begin Patch",
      "*** Update File: a",
      "@@ class A",
      "@@   run() {",
      "-x",
      "+y",
      "*** End of File",
      "",
      "*** Add File: b",
      "+",
      "",
      "*** End Patch",
    )
    expect(changes).toEqual([
      {
        type: "update",
        path: "a",
        hunks: [{ anchors: ["class A", "  run() {"], old: ["x"], now: ["y"], end: true }],
      },
      { type: "add", path: "b", lines: [""] },
    ])
  })

  it.each([
    [["hello"], /must begin with/],
    [["*** Begin Patch", "*** Delete File: a"], /must end with/],
    [["*** Begin Patch", "*** End Patch"], /is empty/],
    [["*** Begin Patch", "junk", "*** End Patch"], /Line 2 .*expected/],
    [["*** Begin Patch", "*** Add File: a", "x", "*** End Patch"], /Line 3 .*begin with "\+"/],
    [["*** Begin Patch", "*** Update File: a", "x", "*** End Patch"], /Line 3 .*must begin with/],
    [["*** Begin Patch", "*** Update File: a", "*** End Patch"], /changes nothing in a/],
  ])("that is broken is refused with the line: %j", (lines, message) => {
    expect(() => parse(...lines)).toThrow(message)
  })

  it("of any text is read or refused, never anything else", () => {
    const line = fc.constantFrom(
      "*** Begin Patch",
      "*** End Patch",
      "*** Update File: a",
      "*** Add File: b",
      "*** Move to: c",
      "*** End of File",
      "@@ f",
      "@@",
      "+x",
      "-y",
      " z",
      "",
      "junk",
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 15 }), (lines) => {
        try {
          parse("*** Begin Patch", ...lines)
        } catch (error) {
          expect(error).toBeInstanceOf(ToolError)
        }
      }),
    )
  })
})

describe("applying hunks", () => {
  const hunk = (old: string[], now: string[], more: Partial<Hunk> = {}): Hunk => ({
    anchors: [],
    old,
    now,
    end: false,
    ...more,
  })

  it("goes to the anchor, and needs one where the lines are not unique", () => {
    const source = "a() {\n  x\n}\nb() {\n  x\n}\n"
    expect(() => applyHunks(source, [hunk(["  x"], ["  y"])], "f")).toThrow(/several places \(lines 2, 5\)/)
    expect(applyHunks(source, [hunk(["  x"], ["  y"], { anchors: ["b() {"] })], "f")).toBe(
      "a() {\n  x\n}\nb() {\n  y\n}\n",
    )
    expect(applyHunks(source, [hunk(["b() {", "  x"], ["b() {"], { anchors: ["b() {"] })], "f")).toBe(
      "a() {\n  x\n}\nb() {\n}\n",
    )
    expect(applyHunks(source, [hunk([], ["  z"], { anchors: ["b() {"] })], "f")).toBe(
      "a() {\n  x\n}\nb() {\n  z\n  x\n}\n",
    )
    expect(() => applyHunks(source, [hunk(["x"], [], { anchors: ["c() {"] })], "f")).toThrow(
      /"c\(\) {" after "@@" is not there/,
    )
  })

  it("adds at the end, and finds what must be the end there", () => {
    expect(applyHunks("a\nb\n", [hunk([], ["c"])], "f")).toBe("a\nb\nc\n")
    expect(applyHunks("a\nb", [hunk([], ["c"])], "f")).toBe("a\nb\nc")
    expect(applyHunks("", [hunk([], ["c"])], "f")).toBe("c\n")
    expect(applyHunks("x\na\nx\n", [hunk(["x"], ["y"], { end: true })], "f")).toBe("x\na\ny\n")
    expect(() => applyHunks("x\na\n", [hunk(["x"], ["y"], { end: true })], "f")).toThrow(/not the last ones/)
  })

  it("overlooks blanks at the ends and typographic quotes, keeps the file's own lines, and indents new ones alike", () => {
    const source = "\tif a {  \n\t\tsay(“hi”)\n\t}\n"
    expect(applyHunks(source, [hunk(["if a {", '\tsay("hi")', "}"], ["if a {", '\tsay("ho")', "}"])], "f")).toBe(
      '\tif a {  \n\t\tsay("ho")\n\t}\n',
    )
  })

  it("turns any text into any other, whatever the line endings", () => {
    const line = fc.constantFrom("a", "b", "  c", "", "d e", "\tf")
    const eol = fc.constantFrom("\n", "\r\n")
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, fc.array(line, { maxLength: 2 }), fc.boolean()), { minLength: 1, maxLength: 12 }),
        eol,
        (steps, ending) => {
          const before = steps.map(([old]) => old)
          const after = steps.flatMap(([old, added, kept]) => [...added, ...(kept ? [old] : [])])
          const source = before.map((each) => each + ending).join("")
          const whole = hunk(before, after)
          const expected = after.map((each) => each + ending).join("")
          fc.pre(before.some((each) => each.trim() !== ""))
          expect(applyHunks(source, [whole], "f")).toBe(expected)
        },
      ),
    )
  })

  it("does each of several hunks at its own place", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(39), { minLength: 1, maxLength: 8 }), fc.boolean(), (places, closed) => {
        const before = Array.from({ length: 40 }, (_, index) => `line ${index}`)
        const chosen = places.toSorted((x, y) => x - y)
        const hunks = chosen.map((at) => hunk([`line ${at}`], [`new ${at}`, "more"]))
        const after = before.flatMap((each, at) => (chosen.includes(at) ? [`new ${at}`, "more"] : [each]))
        const end = closed ? "\n" : ""
        expect(applyHunks(before.join("\n") + end, hunks, "f")).toBe(after.join("\n") + end)
      }),
    )
  })
})
