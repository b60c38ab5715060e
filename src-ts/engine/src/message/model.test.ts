import { expect, test } from "vitest"
import type { Model } from "../provider/types.ts"
import { type AssistantMessage, type MessageWithParts, type Part, toPrompt, type UserMessage } from "./index.ts"

const modalities = { text: true, audio: false, image: true, video: false, pdf: false }
const model: Model = {
  id: "m1",
  providerID: "fake",
  api: { id: "m1", url: "", npm: "x" },
  name: "Model One",
  capabilities: {
    temperature: true,
    reasoning: true,
    attachment: true,
    toolcall: true,
    input: modalities,
    output: modalities,
    interleaved: false,
  },
  cost: { input: 0, output: 0, cache: { read: 0, write: 0 } },
  limit: { context: 1, output: 1 },
  status: "active",
  options: {},
  headers: {},
  release_date: "",
}

type Loose<T> = T extends Part ? Omit<T, "id" | "sessionID" | "messageID"> : never

function parts(messageID: string, list: Loose<Part>[]): Part[] {
  return list.map((part, index) => ({ ...part, id: `prt_${index}`, sessionID: "ses_1", messageID }))
}

function user(id: string, ...list: Loose<Part>[]): MessageWithParts {
  const info: UserMessage = {
    id,
    sessionID: "ses_1",
    role: "user",
    time: { created: 1 },
    agent: "code",
    model: { providerID: "fake", modelID: "m1" },
  }
  return { info, parts: parts(id, list) }
}

function answer(id: string, parentID: string, modelID: string, ...list: Loose<Part>[]): MessageWithParts {
  const info: AssistantMessage = {
    id,
    sessionID: "ses_1",
    role: "assistant",
    time: { created: 2 },
    parentID,
    modelID,
    providerID: "fake",
    mode: "code",
    agent: "code",
    path: { cwd: "/", root: "/" },
    cost: 0,
    tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
  }
  return { info, parts: parts(id, list) }
}

const signature = { anthropic: { signature: "sig" } }
const thought = { type: "reasoning", text: "hm", metadata: signature, time: { start: 1, end: 2 } } as const

test("reasoning goes back with its signature to the model that made it, and to no other", () => {
  const said = { type: "text", text: "yes" } as const
  const own = toPrompt([], [user("u", { type: "text", text: "?" }), answer("a", "u", "m1", thought, said)], model)
  expect(own[1]).toEqual({
    role: "assistant",
    content: [
      { type: "reasoning", text: "hm", providerOptions: signature },
      { type: "text", text: "yes" },
    ],
  })
  const other = toPrompt([], [user("u", { type: "text", text: "?" }), answer("a", "u", "m2", thought, said)], model)
  expect(other[1]).toEqual({ role: "assistant", content: [{ type: "text", text: "yes" }] })
})

test("every call has a result, also one that was cut off", () => {
  const call = { type: "tool", callID: "c1", tool: "read", state: { status: "pending", input: {}, raw: "" } } as const
  const prompt = toPrompt([], [user("u", { type: "text", text: "?" }), answer("a", "u", "m1", call)], model)
  expect(prompt.map((message) => message.role)).toEqual(["user", "assistant", "tool"])
  expect(prompt[2]).toMatchObject({
    content: [{ type: "tool-result", toolCallId: "c1", output: { type: "error-text" } }],
  })
})

test("a prompt that was typed while the agent worked comes after that work", () => {
  const history = [
    user("u1", { type: "text", text: "first" }),
    user("u2", { type: "text", text: "second" }),
    answer("a1", "u1", "m1", { type: "text", text: "done" }),
  ]
  const texts = toPrompt(["System"], history, model).map((message) =>
    typeof message.content === "string"
      ? message.content
      : message.content.map((part) => ("text" in part ? part.text : "")).join(),
  )
  expect(texts).toEqual(["System", "first", "done", "second"])
})

test("pictures go to models that see, others are told that something was attached", () => {
  const file = { type: "file", mime: "image/png", filename: "a.png", url: "data:image/png;base64,aGk=" } as const
  expect(toPrompt([], [user("u", file)], model)[0]?.content).toEqual([
    { type: "file", mediaType: "image/png", filename: "a.png", data: { type: "data", data: "aGk=" } },
  ])
  const blind = { ...model, capabilities: { ...model.capabilities, input: { ...modalities, image: false } } }
  expect(JSON.stringify(toPrompt([], [user("u", file)], blind))).toContain("a.png")
})

test("notices that are only for people stay out, and so do answers without a word", () => {
  const notice = { type: "text", text: "cut", ignored: true } as const
  const prompt = toPrompt([], [user("u", { type: "text", text: "?" }), answer("a", "u", "m1", notice, thought)], model)
  expect(prompt).toHaveLength(1)
})
