import { describe, expect, it } from "vitest"
import { Bus, type BusEvent } from "../bus/index.ts"
import { QuestionNotFoundError } from "../error.ts"
import { createQuestions, type QuestionAskInput, QuestionDismissedError } from "./index.ts"

function setup() {
  const bus = new Bus()
  const events: BusEvent[] = []
  bus.subscribe((event) => events.push(event))
  const questions = createQuestions({ bus, scope: { directory: "/w", project: "p" } })
  const abort = new AbortController()
  const ask = (more: Partial<QuestionAskInput> = {}) =>
    questions.ask({
      sessionID: "ses_1",
      questions: [
        { question: "Which color?", header: "Color", options: [{ label: "Red", description: "warm" }] },
        { question: "Why?", header: "", options: [] },
      ],
      tool: { messageID: "msg_1", callID: "call_1" },
      abort: abort.signal,
      ...more,
    })
  const open = () => questions.list()[0]?.id ?? ""
  return { questions, events, ask, open, abort }
}

describe("a question", () => {
  it("is announced with its keys in their order on the wire, listed, and answered", async () => {
    const { questions, events, ask, open } = setup()
    const answer = ask()
    expect(events[0]?.type).toBe("question.asked")
    expect(Object.keys(events[0]?.properties ?? {})).toEqual(["id", "sessionID", "questions", "tool"])
    expect(questions.list()).toEqual([events[0]?.properties])
    const requestID = open()
    await questions.reply(requestID, [["Red"], [" because ", ""]])
    expect(await answer).toEqual([["Red"], ["because"]])
    expect(events[1]).toMatchObject({
      type: "question.replied",
      properties: { sessionID: "ses_1", requestID, answers: [["Red"], ["because"]] },
    })
    expect(questions.list()).toEqual([])
  })

  it("takes missing answers as left out and drops those that nobody asked for", async () => {
    const { questions, ask, open } = setup()
    const first = ask()
    await questions.reply(open(), [["Red"]])
    expect(await first).toEqual([["Red"], []])
    const second = ask()
    await questions.reply(open(), [[], ["x"], ["y"]])
    expect(await second).toEqual([[], ["x"]])
  })

  it("needs no tool call, for the engine's own questions", async () => {
    const { events, questions, open } = setup()
    const answer = questions.ask({
      sessionID: "ses_1",
      questions: [],
      blocking: true,
      abort: new AbortController().signal,
    })
    expect(events[0]?.properties).toEqual({ id: open(), sessionID: "ses_1", questions: [], blocking: true })
    await questions.reply(open(), [])
    expect(await answer).toEqual([])
  })

  it("that is rejected tells the asker so", async () => {
    const { questions, events, ask, open } = setup()
    const settled = Promise.allSettled([ask()])
    const requestID = open()
    await questions.reject(requestID)
    expect((await settled)[0]).toMatchObject({ status: "rejected", reason: expect.any(QuestionDismissedError) })
    expect(events[1]).toMatchObject({ type: "question.rejected", properties: { sessionID: "ses_1", requestID } })
  })

  it("is closed when its turn is aborted, and not asked at all after that", async () => {
    const { questions, events, ask, abort } = setup()
    const settled = Promise.allSettled([ask()])
    abort.abort(new Error("stop"))
    expect((await settled)[0]).toMatchObject({ reason: { message: "stop" } })
    expect(events.at(-1)?.type).toBe("question.rejected")
    expect(questions.list()).toEqual([])
    await expect(ask()).rejects.toThrow("stop")
    expect(events).toHaveLength(2)
  })

  it("is closed with its session, and no other session's", async () => {
    const { questions, ask } = setup()
    const settled = Promise.allSettled([ask()])
    const other = Promise.allSettled([ask({ sessionID: "ses_2" })])
    questions.cancelSession("ses_1")
    expect((await settled)[0]).toMatchObject({ reason: expect.any(QuestionDismissedError) })
    expect(questions.list().map((each) => each.sessionID)).toEqual(["ses_2"])
    questions.cancelSession("ses_2")
    await other
  })

  it("can be answered once", async () => {
    const { questions, ask, open } = setup()
    const answer = ask()
    const id = open()
    await questions.reply(id, [])
    await answer
    await expect(questions.reply(id, [])).rejects.toThrow(QuestionNotFoundError)
    await expect(questions.reject("que_x")).rejects.toThrow("Question not found: que_x")
  })
})
