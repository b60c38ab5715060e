import type { Bus, EventScope } from "../bus/index.ts"
import type { QuestionService } from "../engine.ts"
import { QuestionNotFoundError } from "../error.ts"
import { ascending } from "../id/index.ts"
import type { QuestionInfo, QuestionRequest } from "./types.ts"

export * from "./types.ts"

/** The user closed the question without an answer. */
export class QuestionDismissedError extends Error {
  override readonly name = "QuestionDismissedError"
  constructor() {
    super("The user dismissed the question.")
  }
}

export interface QuestionAskInput {
  sessionID: string
  questions: QuestionInfo[]
  /** Whether the session can't go on before the answer; shown to clients. */
  blocking?: boolean
  tool?: { messageID: string; callID: string }
  /** Closes the question: it is announced as rejected, and `ask` throws the reason. */
  abort: AbortSignal
}

export interface Questions extends QuestionService {
  /**
   * Resolves with the answers, one list for each question: labels of options, or the user's own words. An empty list is
   * a question that was left out. Throws QuestionDismissedError, or the abort reason.
   */
  ask(input: QuestionAskInput): Promise<string[][]>
  /** Closes the session's open questions as dismissed: its turn was aborted or it is being removed. */
  cancelSession(sessionID: string): void
}

interface Pending {
  request: QuestionRequest
  resolve(answers: string[][]): void
  reject(error: unknown): void
}

/**
 * The open questions of one directory. They live as long as the process: clients that reconnect find them in `list`,
 * and after a restart the calls that asked are closed as aborted.
 */
export function createQuestions(options: { bus: Bus; scope: EventScope }): Questions {
  const { bus, scope } = options
  const pending = new Map<string, Pending>()

  const take = (requestID: string): Pending => {
    const entry = pending.get(requestID)
    if (!entry) throw new QuestionNotFoundError(requestID)
    pending.delete(requestID)
    return entry
  }

  const close = (requestID: string, error: unknown) => {
    const entry = take(requestID)
    bus.publish(scope, "question.rejected", { sessionID: entry.request.sessionID, requestID })
    entry.reject(error)
  }

  return {
    async ask(input) {
      input.abort.throwIfAborted()
      const request: QuestionRequest = {
        id: ascending("que"),
        sessionID: input.sessionID,
        questions: structuredClone(input.questions),
        ...(input.blocking === undefined ? {} : { blocking: input.blocking }),
        ...(input.tool ? { tool: { messageID: input.tool.messageID, callID: input.tool.callID } } : {}),
      }
      const { promise, resolve, reject } = Promise.withResolvers<string[][]>()
      pending.set(request.id, { request, resolve, reject })
      const onAbort = () => {
        if (pending.has(request.id)) close(request.id, input.abort.reason)
      }
      input.abort.addEventListener("abort", onAbort, { once: true })
      bus.publish(scope, "question.asked", request)
      try {
        return await promise
      } finally {
        input.abort.removeEventListener("abort", onAbort)
      }
    },

    list: () => [...pending.values()].map((entry) => entry.request),

    async reply(requestID, given) {
      const entry = take(requestID)
      const { sessionID, questions } = entry.request
      const answers = questions.map((_, index) =>
        (given[index] ?? []).map((answer) => answer.trim()).filter((answer) => answer !== ""),
      )
      bus.publish(scope, "question.replied", { sessionID, requestID, answers })
      entry.resolve(answers)
    },

    async reject(requestID) {
      close(requestID, new QuestionDismissedError())
    },

    cancelSession(sessionID) {
      for (const { request } of [...pending.values()]) {
        if (request.sessionID === sessionID) close(request.id, new QuestionDismissedError())
      }
    },
  }
}
