import { z } from "zod"
import type { EngineOptions } from "../engine.ts"
import { QuestionDismissedError, type QuestionInfo } from "../question/index.ts"
import { define } from "./define.ts"
import type { Tool } from "./types.ts"

const option = z.object({
  label: z.string().min(1).max(200).describe("The choice, in one to five words"),
  description: z.string().max(2000).default("").describe("What choosing it means"),
})

const info = z.object({
  question: z.string().min(1).max(4000).describe("The whole question"),
  header: z.string().max(200).default("").describe("A title of one to three words"),
  options: z.array(option).max(20).default([]).describe("Choices; may be empty for a free answer"),
  multiple: z.boolean().optional().describe("More than one choice may be taken"),
})

/** Asks the user and waits for the answer (contract: behaviour section 5, question). */
export const questionTool: Tool = define({
  id: "question",
  description:
    "Ask the user one or more questions and wait for the answers. Use it when a decision is theirs and the project can't tell: unclear goals, choices that are hard to undo. " +
    "Put the choice you would take first. The user can always answer in words of their own, so offer no option for that.",
  shape: { questions: z.array(info).min(1).max(10).describe("Questions, asked together") },
  async execute(input, context) {
    const questions = input.questions.map(clean)
    const title = `Asked ${questions.length} question${questions.length === 1 ? "" : "s"}`
    try {
      const answers = await context.question(questions)
      const lines = questions.map((each, index) => {
        const given = answers[index] ?? []
        return `${JSON.stringify(each.question)} = ${given.length > 0 ? given.map((text) => JSON.stringify(text)).join(", ") : "(not answered)"}`
      })
      return {
        title,
        output: `The user's answers:\n${lines.join("\n")}`,
        metadata: { answers, truncated: false },
      }
    } catch (error) {
      if (!(error instanceof QuestionDismissedError)) throw error
      return {
        title,
        output: error.message,
        metadata: { answers: [], dismissed: true, truncated: false },
        endsTurn: true,
      }
    }
  },
})

/** A client that can't show questions would wait for ever, so one that is not known must say that it can. */
export function questionEnabled(env: EngineOptions["env"]): boolean {
  const wish = env.KILO_ENABLE_QUESTION_TOOL?.trim().toLowerCase()
  if (wish) return !["0", "false", "no", "off"].includes(wish)
  const client = env.KILO_CLIENT?.trim()
  return !client || ["cli", "app", "desktop", "vscode"].includes(client)
}

/** A label twice could not be told apart in the answer. */
function clean(question: z.output<typeof info>): QuestionInfo {
  const { multiple, options, ...rest } = question
  const labels = new Set<string>()
  const unique = options.filter(({ label }) => !labels.has(label) && labels.add(label))
  return { ...rest, options: unique, ...(multiple === undefined ? {} : { multiple }) }
}
