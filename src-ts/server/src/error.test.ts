import { BadRequestError, NotFoundError, PathOutsideError, PromptError, SessionBusyError } from "@kilo-split/engine"
import { expect, test } from "vitest"
import { answerOf, RequestError } from "./error.ts"

interface Line {
  message: string
  fields?: Record<string, unknown>
}

function answered(error: unknown, operation = "session.get") {
  const lines: Line[] = []
  const keep = (message: string, fields?: Record<string, unknown>) => {
    lines.push({ message, ...(fields ? { fields } : {}) })
  }
  return { ...answerOf(error, { error: keep, info: keep }, operation), lines }
}

test("an unexpected failure shows only a reference, under which the log has the rest", () => {
  const { status, body, lines } = answered(new TypeError("secret of the inside"))
  expect(status).toBe(500)
  expect(body).toEqual({
    name: "UnknownError",
    data: { message: expect.stringContaining("err_"), ref: expect.stringMatching(/^err_[0-9a-f]{8}$/) },
  })
  expect(JSON.stringify(body)).not.toContain("secret")
  const { ref } = (body as { data: { ref: string } }).data
  expect(lines).toMatchObject([
    { fields: { ref, operation: "session.get", error: expect.stringMatching(/secret of the inside\n\s+at /) } },
  ])
})

test.each([
  [
    new NotFoundError("Session not found: x"),
    404,
    { name: "NotFoundError", data: { message: "Session not found: x" } },
  ],
  [new BadRequestError("bad"), 400, { name: "BadRequest", data: { message: "bad" }, _tag: "BadRequest" }],
  [new RequestError("large", "Payload", 413), 413, { data: { message: "large", kind: "Payload" } }],
  [
    new SessionBusyError("ses_1"),
    409,
    { _tag: "SessionBusyError", sessionID: "ses_1", message: "Session is busy: ses_1" },
  ],
  [new PathOutsideError("/etc", "/p"), 403, { name: "ForbiddenError" }],
  [new PromptError("Model not found: a/b"), 400, { name: "BadRequest", data: { message: "Model not found: a/b" } }],
])("%s is expected: %i, and nothing is logged", (error, status, body) => {
  const answer = answered(error)
  expect(answer).toMatchObject({ status, body, lines: [] })
})

test("what a prompt or a command names and can't be used is a 500 with words, as clients know it", () => {
  for (const operation of ["session.prompt", "session.command"]) {
    const answer = answered(new PromptError("Model not found: a/b"), operation)
    const body = { name: "UnknownError", data: { message: "Model not found: a/b" } }
    expect(answer).toEqual({ status: 500, body, lines: [] })
  }
})
