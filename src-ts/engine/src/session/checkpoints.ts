import { ascending } from "../id/index.ts"
import type { AssistantMessage } from "../message/types.ts"
import type { Summaries, TurnRange } from "./summary.ts"
import type { Workspace } from "./workspace.ts"

/** Starting git takes some milliseconds of this thread, which belong to the request and to an answer that comes at once. */
const DELAY_MS = 3

/** A checkpoint that is being taken. */
export interface Pending {
  done: Promise<string | undefined>
  /** Takes it now if that is still to be done. */
  take(): Promise<string | undefined>
  /** Nobody needs it any more. */
  end(): void
}

interface Input {
  workspace: Workspace
  summaries: Summaries
  sessionID: string
  /** Whether the client asked to wait for a checkpoint however long it takes. */
  patient: boolean
  closing: AbortSignal
}

/** The checkpoints of one turn: each is noted for the session's changes as soon as it is there. */
export class Checkpoints {
  readonly #input: Input
  readonly #range: TurnRange
  readonly #ended = new AbortController()

  constructor(input: Input, range: TurnRange) {
    this.#input = input
    this.#range = range
  }

  /** The one before a step: that of the step before, or one that is taken while the model thinks. */
  before(assistant: AssistantMessage, known: string | undefined): Pending {
    const checkpoint = Promise.withResolvers<string | undefined>()
    const done = checkpoint.promise.then((hash) => this.note(hash))
    let taken = false
    const take = () => {
      if (taken) return done
      taken = true
      checkpoint.resolve(known ?? this.track(assistant, this.#ended.signal))
      return done
    }
    // `take` resolves it right away when it is known.
    if (known) take().catch(this.#input.workspace.onError)
    const timer = setTimeout(take, DELAY_MS)
    const end = () => {
      clearTimeout(timer)
      taken = true
      checkpoint.resolve(undefined)
    }
    return { done, take, end }
  }

  /** Takes one now, for a step of this message; undefined where that can't be. */
  track(assistant: AssistantMessage, signal: AbortSignal): Promise<string | undefined> {
    const { workspace, sessionID, patient } = this.#input
    return workspace.guard.track(workspace, { sessionID, assistant, wait: patient, signal })
  }

  /** What the tools of a step changed before it was stopped: noted after the turn's end, which must not wait for it. */
  async noteCut(assistant: AssistantMessage, before: string): Promise<void> {
    const { workspace, summaries, sessionID } = this.#input
    const since = assistant.time.created
    const after = await this.track(assistant, this.#input.closing)
    if (!after || after === before) return
    const files = await this.own(before, after, since)
    if (files.length === 0 || !workspace.store.findMessage(assistant.id)) return
    workspace.store.commit(workspace.scope, {
      type: "part",
      part: { id: ascending("prt"), sessionID, messageID: assistant.id, type: "patch", hash: before, files },
    })
    summaries.note(sessionID, after)
    summaries.refresh(sessionID, this.#range)
  }

  /** Files that changed, without those that another session's tools wrote. `since` is epoch milliseconds. */
  async own(from: string, to: string, since: number): Promise<string[]> {
    const { workspace, sessionID } = this.#input
    const files = await (await workspace.snapshot()).changed(from, to)
    return workspace.edits.own(workspace.store.rootOf(sessionID), files, since)
  }

  /** Stops one that is still being taken. */
  close() {
    this.#ended.abort()
  }

  /** Notes one for the session's changes; the turn's first one is where its own begin. */
  note(hash: string | undefined): string | undefined {
    if (!hash) return undefined
    this.#range.first ??= hash
    this.#input.summaries.note(this.#input.sessionID, hash)
    return hash
  }
}
