import type { FileDiff, UserMessage } from "../message/types.ts"
import { changedByPrompt, changedFiles } from "./changes.ts"
import { sum } from "./revert.ts"
import { event } from "./store.ts"
import type { Workspace } from "./workspace.ts"

interface Known {
  first: string | undefined
  last: string | undefined
  /** What `diff` was computed for. */
  range: string
  diff: FileDiff[]
}

/** The running turn's own range of checkpoints. */
export interface TurnRange {
  user: UserMessage
  first?: string
  range?: string
  diff: FileDiff[]
}

/**
 * Keeps what changed in the files, for each session and turn. Announcements of one session stay in order; git is only
 * asked when a checkpoint differs, so a turn that changes nothing costs nothing.
 */
export class Summaries {
  readonly #workspace: Workspace
  readonly #known = new Map<string, Known>()
  readonly #tail = new Map<string, Promise<void>>()
  /** Announcements that wait for their turn; asking again for the same one changes nothing. */
  readonly #waiting = new Map<string, TurnRange>()

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  /** Notes a checkpoint of the session: before its first step or after a step. */
  note(sessionID: string, hash: string) {
    const known = this.#load(sessionID)
    known.first ??= hash
    known.last = hash
  }

  /** Publishes session.updated, session.diff and message.updated of the turn's prompt: at once when nothing is to be computed. */
  refresh(sessionID: string, turn: TurnRange): void {
    const busy = this.#tail.get(sessionID)
    if (!busy && this.#isFresh(sessionID, turn)) {
      this.#announce(sessionID, turn)
      return
    }
    if (busy && this.#waiting.get(sessionID) === turn) return
    this.#waiting.set(sessionID, turn)
    const next = (busy ?? Promise.resolve())
      .then(() => {
        if (this.#waiting.get(sessionID) === turn) this.#waiting.delete(sessionID)
        return this.#compute(sessionID, turn)
      })
      .then(() => this.#announce(sessionID, turn))
      .catch((error: unknown) => this.#workspace.onError(error))
      .finally(() => {
        if (this.#tail.get(sessionID) === next) this.#tail.delete(sessionID)
      })
    this.#tail.set(sessionID, next)
  }

  /** All that the session changed, or what one of its prompts led to. */
  async diff(sessionID: string, messageID?: string): Promise<FileDiff[]> {
    if (messageID) {
      const { info } = this.#workspace.store.message(sessionID, messageID)
      const user = info.role === "user" ? info : this.#workspace.store.findMessage(info.parentID)
      return (user?.role === "user" && user.summary?.diffs) || []
    }
    await this.#tail.get(sessionID)
    const known = this.#load(sessionID)
    await this.#computeSession(sessionID, known)
    return known.diff
  }

  /** Resolves when everything due has been announced. */
  async settled(): Promise<void> {
    await Promise.all(this.#tail.values())
  }

  forget(sessionID: string) {
    this.#known.delete(sessionID)
  }

  #load(sessionID: string): Known {
    const known = this.#known.get(sessionID)
    if (known) return known
    const { first, last } = this.#workspace.store.snapshots(sessionID)
    const loaded: Known = { first, last, range: "", diff: [] }
    this.#known.set(sessionID, loaded)
    return loaded
  }

  #isFresh(sessionID: string, turn: TurnRange): boolean {
    const known = this.#load(sessionID)
    return isKnown(known.first, known.last, known.range) && isKnown(turn.first, known.last, turn.range ?? "")
  }

  async #compute(sessionID: string, turn: TurnRange): Promise<void> {
    const known = this.#load(sessionID)
    await this.#computeSession(sessionID, known)
    const { first } = turn
    const last = known.last
    if (isKnown(first, last, turn.range ?? "") && !(first === last && turn.diff.length > 0)) return
    turn.diff =
      first === known.first
        ? known.diff
        : await this.#between(first, last, () => changedByPrompt(this.#workspace.store.db, sessionID, turn.user.id))
    turn.range = `${first}:${last}`
  }

  async #computeSession(sessionID: string, known: Known): Promise<void> {
    const { first, last } = known
    if (isKnown(first, last, known.range)) {
      if (first === last) known.diff = []
      return
    }
    known.diff = await this.#between(first, last, () => changedFiles(this.#workspace.store.db, sessionID))
    known.range = `${first}:${last}`
  }

  /** Changes of these files only: others may have been edited by the user or by another session. */
  async #between(from: string | undefined, to: string | undefined, files: () => string[]): Promise<FileDiff[]> {
    if (!from || !to || from === to) return []
    return (await this.#workspace.snapshot()).diff(from, to, files())
  }

  #announce(sessionID: string, turn: TurnRange) {
    const { store, scope } = this.#workspace
    // The session may be gone by now.
    const session = store.find(sessionID)
    const message = store.findMessage(turn.user.id)
    if (!session || message?.role !== "user") return
    const { diff, first, last } = this.#load(sessionID)
    const shown = first === last ? [] : diff
    const own = turn.first === last ? [] : turn.diff
    store.commit(
      scope,
      {
        type: "session",
        info: {
          ...session,
          summary: sum(shown),
        },
      },
      event("session.diff", { sessionID, diff: shown }),
      { type: "message", info: { ...message, summary: { ...message.summary, diffs: own } } },
    )
  }
}

/** Whether the diff between two checkpoints needs no computing: it is empty, or was computed already. */
function isKnown(first: string | undefined, last: string | undefined, range: string): boolean {
  return !first || !last || first === last || range === `${first}:${last}`
}
