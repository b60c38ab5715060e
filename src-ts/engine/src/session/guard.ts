import { ascending } from "../id/index.ts"
import type { AssistantMessage, TextPart } from "../message/types.ts"
import { QuestionDismissedError } from "../question/index.ts"
import type { Workspace } from "./workspace.ts"

/** From here on a checkpoint counts as slow (contract: seed of the runtime, slow-track guard). */
export const SLOW_MS = 10_000
/** From here on the wait is shown in the conversation. */
const SHOWN_MS = 2_000

const WAIT = "Keep waiting"
const OFF = "Turn checkpoints off"

export interface GuardedTrack {
  sessionID: string
  /** The answer in which the wait is shown. */
  assistant: AssistantMessage
  /** The client asked to wait however long it takes. */
  wait: boolean
  signal: AbortSignal
}

/**
 * Keeps a worktree that is slow to look through from holding a turn for ever. After ten seconds the user is asked once;
 * where nobody can be asked, or the question is dismissed, no more checkpoints are tried until the directory is loaded anew.
 */
export class SlowGuard {
  readonly #slowMs: number
  /** What is known of this worktree: nothing yet, wait always, or do without. */
  #choice: "ask" | "wait" | "skip" = "ask"
  /** A question that is open already; the others wait for its answer. */
  #asking: Promise<void> | undefined

  constructor(slowMs = SLOW_MS) {
    this.#slowMs = slowMs
  }

  /** A checkpoint, or undefined when there are none here, it failed, or it was given up. Never rejects. */
  async track(workspace: Workspace, input: GuardedTrack): Promise<string | undefined> {
    if (this.#choice === "skip") return undefined
    const stop = new AbortController()
    const signal = AbortSignal.any([input.signal, stop.signal])
    try {
      const snapshot = await workspace.snapshot()
      if (snapshot.absent) return undefined
      const work = snapshot.track(signal)
      const done = work.then(() => undefined)
      const shown = setTimeout(() => show(workspace, input, done), Math.min(SHOWN_MS, this.#slowMs))
      const slow = setTimeout(() => {
        if (input.wait) return
        this.#decide(workspace, input, done, stop).catch(workspace.onError)
      }, this.#slowMs)
      try {
        return await work
      } finally {
        clearTimeout(shown)
        clearTimeout(slow)
      }
    } catch (error) {
      // Checkpoints are a comfort; the turn goes on without.
      if (!signal.aborted) workspace.onError(error)
      return undefined
    }
  }

  async #decide(workspace: Workspace, input: GuardedTrack, done: Promise<void>, stop: AbortController): Promise<void> {
    if (this.#choice === "ask") {
      this.#asking ??= this.#ask(workspace, input, done).finally(() => {
        this.#asking = undefined
      })
      await this.#asking
    }
    if (this.#choice === "skip") stop.abort()
  }

  async #ask(workspace: Workspace, input: GuardedTrack, done: Promise<void>): Promise<void> {
    if (!workspace.asks) {
      this.#choice = "skip"
      return
    }
    const close = new AbortController()
    const closed = AbortSignal.any([close.signal, input.signal])
    // A checkpoint that is there after all needs no answer.
    done.then(() => close.abort()).catch(() => close.abort())
    try {
      const [answer] = await workspace.questions.ask({
        sessionID: input.sessionID,
        questions: [
          {
            header: "Checkpoints",
            question:
              "Looking through this project for the first checkpoint takes long. Without checkpoints the agent's changes can't be taken back. Wait for it?",
            options: [
              { label: WAIT, description: "Checkpoints of later steps are much faster." },
              { label: OFF, description: 'For this project; writes "snapshot": false into its configuration.' },
            ],
            custom: false,
          },
        ],
        abort: closed,
      })
      if (answer?.includes(OFF)) {
        this.#choice = "skip"
        await workspace.switchCheckpointsOff()
        return
      }
      this.#choice = "wait"
    } catch (error) {
      if (error instanceof QuestionDismissedError) this.#choice = "skip"
      // The first checkpoint is there: whatever the next ones take, nobody is asked again.
      else if (close.signal.aborted) this.#choice = "wait"
      else if (!closed.aborted) throw error
    }
  }
}

/** A line in the answer while the user waits, taken away when the checkpoint is there. */
function show(workspace: Workspace, input: GuardedTrack, done: Promise<void>) {
  const { store, scope } = workspace
  const part: TextPart = {
    id: ascending("prt"),
    sessionID: input.sessionID,
    messageID: input.assistant.id,
    type: "text",
    text: "Taking a checkpoint of the project …",
    synthetic: true,
    ignored: true,
    time: { start: Date.now() },
  }
  try {
    if (!store.findMessage(input.assistant.id)) return
    store.commit(scope, { type: "part", part })
  } catch (error) {
    workspace.onError(error)
    return
  }
  const remove = () => store.commit(scope, { type: "part.removed", part })
  done.then(remove, remove).catch(workspace.onError)
}
