import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { directoryOf } from "./directory.ts"

const route = (query: string, headers: Record<string, string> = {}) =>
  directoryOf(new URLSearchParams(query), headers, "/cwd")

describe("the directory of a request", () => {
  test("is the query's, then the header's, then the server's own", () => {
    expect(route("directory=/q", { "x-kilo-directory": "/h" })).toBe("/q")
    expect(route("", { "x-kilo-directory": "/h", "x-opencode-directory": "/o" })).toBe("/h")
    expect(route("", { "x-opencode-directory": "/o" })).toBe("/o")
    expect(route("directory=", {})).toBe("/cwd")
    expect(route("")).toBe("/cwd")
  })

  test("is decoded once more, relative to the server's own, without a slash at the end", () => {
    expect(route("directory=%252Ftmp%252Fa%2520b")).toBe("/tmp/a b")
    expect(route("", { "x-kilo-directory": "%2Ftmp%2F%C3%A4" })).toBe("/tmp/ä")
    expect(route("directory=sub/x/")).toBe("/cwd/sub/x")
    expect(route("directory=/a/")).toBe("/a")
    expect(route("directory=/")).toBe("/")
  })

  test("may come raw in a header, whatever letters it has", () => {
    expect(route("", { "x-kilo-directory": Buffer.from("/tmp/ü 100%").toString("latin1") })).toBe("/tmp/ü 100%")
  })

  test("is the same path for every way of writing it", () => {
    const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\0/%]|^\.{1,2}$/.test(text))
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        const path = `/${names.join("/")}`
        expect(directoryOf(new URLSearchParams({ directory: path }), {}, "/cwd")).toBe(path)
        expect(directoryOf(new URLSearchParams(), { "x-kilo-directory": encodeURIComponent(path) }, "/cwd")).toBe(path)
      }),
    )
  })

  test("with a zero character is refused", () => {
    expect(() => route("directory=/a%00b")).toThrow(/zero character/)
  })
})
