import type { Failure, Finish, Usage, Wire } from "../types.ts"
import { frame, parsedOrEmpty, record, records, resultText, string, textOf } from "./json.ts"

const FINISH: Record<Finish, string> = {
  stop: "STOP",
  "tool-calls": "STOP",
  length: "MAX_TOKENS",
  "content-filter": "SAFETY",
}

const STATUS: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
}

/** Gemini generateContent; a tool call is one whole part, its arguments are a value and not a text. */
export const gemini: Wire = {
  name: "gemini",
  matches: (path) => /:(stream)?generateContent$/i.test(path),

  parse(body, path) {
    const contents = records(body.contents)
    const isResult = (content: Record<string, unknown>) =>
      records(content.parts).some((part) => part.functionResponse !== undefined)
    const last = contents.findLastIndex((content) => content.role === "user" && !isResult(content))
    const after = contents.slice(last + 1)
    return {
      model: /\/models\/([^/:]+):/.exec(path)?.[1] ?? "",
      stream: path.includes(":streamGenerateContent"),
      system: textOf(record(body.systemInstruction).parts),
      user: textOf(contents[last]?.parts),
      round: after.filter(isResult).length,
      tools: records(body.tools).flatMap((tool) =>
        records(tool.functionDeclarations).map((declaration) => string(declaration.name)),
      ),
      results: records(after.findLast(isResult)?.parts)
        .filter((part) => part.functionResponse !== undefined)
        .map((part) => {
          const response = record(record(part.functionResponse).response)
          return resultText(response.content ?? response.output ?? response)
        }),
    }
  },

  encoder({ model, id }) {
    const chunk = (parts: unknown[], rest: Record<string, unknown> = {}, candidate: Record<string, unknown> = {}) =>
      frame({
        candidates: [{ content: { role: "model", parts }, index: 0, ...candidate }],
        modelVersion: model,
        responseId: id,
        ...rest,
      })
    return {
      start: () => "",
      text: (delta) => chunk([{ text: delta }]),
      reasoning: (delta) => chunk([{ text: delta, thought: true }]),
      tool: (call) => chunk([callPart(call.name, call.args, id)]),
      error: (failure) => frame(failed(failure)),
      end: (finish, usage) => chunk([{ text: "" }], { usageMetadata: counts(usage) }, { finishReason: FINISH[finish] }),
    }
  },

  whole: ({ model, id }, answer) => ({
    candidates: [
      {
        index: 0,
        finishReason: FINISH[answer.finish],
        content: {
          role: "model",
          parts: [
            ...(answer.reasoning ? [{ text: answer.reasoning, thought: true }] : []),
            ...(answer.text ? [{ text: answer.text }] : []),
            ...answer.tools.map((call) => callPart(call.name, call.args, id)),
          ],
        },
      },
    ],
    usageMetadata: counts(answer.usage),
    modelVersion: model,
    responseId: id,
  }),

  failure: failed,
}

function callPart(name: string, args: string, id: string) {
  return { functionCall: { name, args: parsedOrEmpty(args) }, thoughtSignature: `signed-${id}` }
}

/** Here the candidates' count leaves the thoughts out. */
function counts(usage: Usage) {
  return {
    promptTokenCount: usage.input,
    cachedContentTokenCount: usage.cacheRead,
    candidatesTokenCount: usage.output - usage.reasoning,
    thoughtsTokenCount: usage.reasoning,
    totalTokenCount: usage.input + usage.output,
  }
}

function failed(failure: Failure) {
  return {
    error: { code: failure.status, message: failure.message, status: STATUS[failure.status] ?? "UNKNOWN" },
  }
}
