import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { readScript } from "./directives.ts"

describe("directives in a prompt", () => {
  test("make the calls of a turn, separated by [[then]]", () => {
    const script = readScript(
      'Please [[reasoning:Hm]][[text:Reading it]][[tool:read {"filePath":"a.txt"}]] and [[then]] [[text:All done]]',
    )
    expect(script).toEqual([
      {
        failures: [],
        turn: [{ reasoning: "Hm" }, { text: "Reading it" }, { tool: "read", args: '{"filePath":"a.txt"}' }],
      },
      { failures: [], turn: [{ text: "All done" }] },
    ])
  })

  test("keep the double brackets inside the arguments of a tool", () => {
    const args = '{"content":"x = [[1, 2], [3]]","more":{"quote":"}\\""}}'
    expect(readScript(`[[tool:write ${args}]][[finish:length]]`)?.[0]?.turn).toEqual([
      { tool: "write", args },
      { finish: "length" },
    ])
  })

  test("make a number of deltas at a given pace", () => {
    const step = readScript("[[every:10]][[deltas:3]]")?.[0]?.turn[0]
    expect(step).toEqual({ text: "w0 w1 w2 ", deltas: ["w0 ", "w1 ", "w2 "], every: 10 })
  })

  test("describe failures with a count and a Retry-After", () => {
    expect(readScript("[[status:429 x2 after=1]][[text:ok]]")?.[0]).toEqual({
      turn: [{ text: "ok" }],
      failures: [{ times: 2, step: { error: { status: 429, message: "Rate limit reached", retryAfter: 1 } } }],
    })
  })

  test("are absent from ordinary text", () => {
    expect(readScript("What does a[[0]] mean, and [[ this ]]?")).toBeUndefined()
  })

  test("never break the reader, whatever the prompt", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.string(), fc.constantFrom("[[", "]]", "[[tool:", "{", "}", '"', "[[text:", "\\", "[[then]]")),
        ),
        (parts) => {
          readScript(parts.join(""))
        },
      ),
    )
  })
})
