import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { QuestionDismissedError } from "../question/index.ts"
import { createTools } from "./index.ts"
import { type Bench, bench } from "./testing.ts"

let b: Bench
beforeEach(() => {
  b = bench()
})
afterEach(() => b.close())

const COLOR = {
  question: "Which color?",
  header: "Color",
  options: [
    { label: "Red", description: "a warm color" },
    { label: "Blue", description: "a cold color" },
  ],
}

describe("question", () => {
  it("hands on the answers, several and in the user's own words too", async () => {
    b.onQuestion = () => [["Red", 'my "own"'], []]
    const result = await b.call("question", { questions: [{ ...COLOR, multiple: true }, { question: "Why?" }] })
    expect(result).toMatchObject({
      title: "Asked 2 questions",
      metadata: { answers: [["Red", 'my "own"'], []], truncated: false },
    })
    expect(result.output).toContain('"Which color?" = "Red", "my \\"own\\""\n"Why?" = (not answered)')
    expect(b.questions[0]).toEqual([
      { ...COLOR, multiple: true },
      { question: "Why?", header: "", options: [] },
    ])
    expect(b.asks).toEqual([])
  })

  it("is no error when the user dismisses it, and ends the turn", async () => {
    b.onQuestion = () => {
      throw new QuestionDismissedError()
    }
    expect(await b.call("question", { questions: [COLOR] })).toEqual({
      title: "Asked 1 question",
      output: "The user dismissed the question.",
      metadata: { answers: [], dismissed: true, truncated: false },
      endsTurn: true,
    })
  })

  it("fails with its turn", async () => {
    b.onQuestion = () => {
      throw new Error("stop")
    }
    await expect(b.call("question", { questions: [COLOR] })).rejects.toThrow("stop")
  })

  it("shows a choice once", async () => {
    b.onQuestion = () => [["Red"]]
    await b.call("question", { questions: [{ ...COLOR, options: [...COLOR.options, { label: "Red" }] }] })
    expect(b.questions[0]?.[0]?.options).toEqual(COLOR.options)
  })

  it.each([{ questions: [] }, { questions: "Which?" }, { questions: [{ question: "" }] }, {}])(
    "refuses %j",
    async (input) => {
      await expect(b.call("question", input)).rejects.toThrow()
      expect(b.questions).toEqual([])
    },
  )

  it.each([
    [{}, true],
    [{ KILO_CLIENT: "cli" }, true],
    [{ KILO_CLIENT: "jetbrains" }, false],
    [{ KILO_CLIENT: "jetbrains", KILO_ENABLE_QUESTION_TOOL: "true" }, true],
    [{ KILO_CLIENT: "jetbrains", KILO_ENABLE_QUESTION_TOOL: "1" }, true],
    [{ KILO_ENABLE_QUESTION_TOOL: "false" }, false],
  ])("is there with %j: %s", (env, there) => {
    const ids = createTools({ env, outputDir: b.outside }).map((tool) => tool.id)
    expect(ids.includes("question")).toBe(there)
  })
})
