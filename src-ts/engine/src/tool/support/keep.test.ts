import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { keep, sweep } from "./keep.ts"

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "kilo-keep-"))
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

describe("output that is kept", () => {
  it("is readable by its owner only", async () => {
    const path = (await keep(join(place, "new"), "all of it")) ?? ""
    expect(readFileSync(path, "utf8")).toBe("all of it")
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it("does without a place", async () => {
    writeFileSync(join(place, "file"), "")
    expect(await keep(join(place, "file"), "text")).toBeUndefined()
  })

  it("goes after a week, and nothing else does", async () => {
    const directory = join(place, "old")
    mkdirSync(directory)
    const names = ["tool_abc_0123456789ab.txt", "tool_abd_0123456789ab.txt", "mine.txt"]
    for (const name of names) writeFileSync(join(directory, name), "x")
    const past = Date.now() / 1000 - 8 * 24 * 3600
    for (const name of ["tool_abc_0123456789ab.txt", "mine.txt"]) utimesSync(join(directory, name), past, past)
    await sweep(directory)
    expect(names.map((name) => existsSync(join(directory, name)))).toEqual([false, true, true])
  })
})
