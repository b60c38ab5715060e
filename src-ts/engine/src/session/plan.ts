import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Part, UserMessage } from "../message/types.ts"
import { QuestionDismissedError, type QuestionInfo } from "../question/index.ts"
import type { TurnInput } from "./turn.ts"

const NEW_SESSION = "Start new session"
const CONTINUE = "Continue here"
const MAX_PLAN = 100_000

/** What the user is asked once a plan stands. Keys are for clients that show it in another language. */
const QUESTION: QuestionInfo = {
  question: "Ready to implement?",
  header: "Implement",
  questionKey: "plan.followup.question",
  headerKey: "plan.followup.header",
  custom: true,
  options: [
    {
      label: NEW_SESSION,
      description: "Implement the plan in a fresh session that knows nothing but the plan",
      labelKey: "plan.followup.answer.newSession",
      descriptionKey: "plan.followup.answer.newSession.description",
    },
    {
      label: CONTINUE,
      description: "Implement the plan in this session",
      labelKey: "plan.followup.answer.continue",
      descriptionKey: "plan.followup.answer.continue.description",
      mode: "code",
    },
  ],
}

/** The path of the plan that a message's tools declared ready. */
export function plannedIn(parts: Part[]): string | undefined {
  for (const part of parts) {
    if (part.type !== "tool" || part.tool !== "plan_exit" || part.state.status !== "completed") continue
    if (typeof part.state.metadata.plan === "string") return part.state.metadata.plan
  }
  return undefined
}

/**
 * Asks how to go on from a plan, while the turn is still open: in a new session, here with the code agent, or, with words of the user's,
 * on with planning. Returns when the next prompt is on its way, or when the user wants none. A prompt that comes meanwhile
 * is an answer too: it closes the question.
 */
export async function askAboutPlan(input: TurnInput, plan: string): Promise<void> {
  const { workspace, sessionID, user, signal } = input
  const queued = new AbortController()
  const unsubscribe = workspace.bus.subscribe(({ type, properties }) => {
    if (type !== "session.queue.changed" || !("queued" in properties) || properties.sessionID !== sessionID) return
    if (Array.isArray(properties.queued) && properties.queued.length > 0) queued.abort(new QuestionDismissedError())
  })
  if (input.queued().length > 0) queued.abort(new QuestionDismissedError())
  try {
    const abort = AbortSignal.any([signal, queued.signal])
    const [answers] = await workspace.questions.ask({ sessionID, questions: [QUESTION], blocking: true, abort })
    const answer = answers?.[0]
    if (answer === undefined) return
    if (answer === NEW_SESSION) return await inNewSession(input, plan)
    const here = { model: withoutVariant(user), ...(user.model.variant ? { variant: user.model.variant } : {}) }
    if (answer === CONTINUE) {
      const text = `Carry out the plan in ${plan} now.`
      await workspace.sessions.promptAsync(sessionID, {
        ...here,
        agent: "code",
        parts: [{ type: "text", text, synthetic: true }],
      })
      return
    }
    await workspace.sessions.promptAsync(sessionID, {
      ...here,
      agent: user.agent,
      parts: [{ type: "text", text: answer }],
    })
  } catch (error) {
    if (!(error instanceof QuestionDismissedError) && !signal.aborted) throw error
  } finally {
    unsubscribe()
  }
}

async function inNewSession({ workspace, user }: TurnInput, plan: string): Promise<void> {
  const content = await readFile(
    join(workspace.worktree === "/" ? workspace.directory : workspace.worktree, plan),
    "utf8",
  )
    .then((text) => text.slice(0, MAX_PLAN))
    .catch(() => "")
  const title = /^#\s+(.{1,80})/m.exec(content)?.[1]?.trim()
  const session = await workspace.sessions.create({ agent: "code", ...(title ? { title: `Implement: ${title}` } : {}) })
  const text = `Carry out this plan, which is in ${plan}:\n\n${content}`.trim()
  await workspace.sessions.promptAsync(session.id, {
    model: withoutVariant(user),
    ...(user.model.variant ? { variant: user.model.variant } : {}),
    agent: "code",
    parts: [{ type: "text", text }],
  })
}

function withoutVariant({ model }: UserMessage) {
  return { providerID: model.providerID, modelID: model.modelID }
}
