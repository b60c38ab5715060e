import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Bench, bench } from "./testing.ts"

let b: Bench
beforeEach(() => {
  b = bench()
})
afterEach(() => b.close())

const text = () => readFileSync(join(b.root, "a.txt"), "utf8")
const edits = (...list: { oldString: string; newString: string; replaceAll?: boolean }[]) =>
  b.call("multiedit", { filePath: "a.txt", edits: list })

describe("multiedit", () => {
  it("makes its edits in order, each on the result of the one before, after one question", async () => {
    b.put("a.txt", "one\r\ntwo\r\ntwo\r\n")
    const result = await edits(
      { oldString: "one", newString: "1" },
      { oldString: "1\ntwo", newString: "first\nsecond" },
      { oldString: "o", newString: "0", replaceAll: true },
    )
    expect(text()).toBe("first\r\nsec0nd\r\ntw0\r\n")
    expect(result).toMatchObject({
      title: "a.txt",
      output: "Edited a.txt in 4 places.",
      metadata: { filediff: { file: join(b.root, "a.txt"), additions: 3, deletions: 3 }, truncated: false },
    })
    expect(b.asks.map((ask) => [ask.permission, ask.patterns])).toEqual([["edit", ["a.txt"]]])
    expect(b.edits).toEqual([[join(b.root, "a.txt"), "change"]])
  })

  it("changes nothing when one does not fit, and says which", async () => {
    b.put("a.txt", "one\ntwo\n")
    const good = { oldString: "one", newString: "1" }
    await expect(edits(good, { oldString: "three", newString: "3" })).rejects.toThrow(
      /^Edit 2 of 2: .*Nothing was changed/,
    )
    await expect(edits(good, { oldString: "o", newString: "0" }, good)).rejects.toThrow(/^Edit 3 of 3/)
    expect(text()).toBe("one\ntwo\n")
    expect(b.asks).toEqual([])
  })

  it("needs a file and at least one edit", async () => {
    await expect(edits({ oldString: "a", newString: "b" })).rejects.toThrow(/does not exist/)
    b.put("a.txt", "a")
    await expect(edits()).rejects.toThrow()
    await expect(edits({ oldString: "", newString: "b" })).rejects.toThrow()
  })
})
