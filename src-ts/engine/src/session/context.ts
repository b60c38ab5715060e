import { estimateText } from "../message/index.ts"
import type { AssistantMessage, MessageWithParts, ToolPart, UserMessage } from "../message/types.ts"
import type { Change } from "./change.ts"
import type { Compacted } from "./compaction.ts"
import type { Prepared } from "./request.ts"
import { type CompactionSettings, canCompact, prunable, usableTokens, usedTokens } from "./room.ts"
import type { TurnInput } from "./turn.ts"

/** Sessions with fewer tokens have nothing worth dropping. */
const PRUNE_FROM = 1_000

/** Keeps what one turn sends within the model's context: condenses the session when it gets full, drops old tool output. */
export class TurnContext {
  readonly #input: TurnInput
  readonly #settings: CompactionSettings
  /** Estimate of what every request carries beside the history. */
  #overhead = 0
  /** Compactions since the last step that went well. */
  #vain = 0

  constructor(input: TurnInput, settings: CompactionSettings) {
    this.#input = input
    this.#settings = settings
  }

  /** A step went well: the next time there is no room is a new one. */
  progressed() {
    this.#vain = 0
  }

  /** Whether the session must be condensed before the next request. */
  isFull(prepared: Prepared, history: MessageWithParts[]): boolean {
    if (this.#settings.auto === false || this.#vain > 0) return false
    const usable = usableTokens(prepared.resolved.model, this.#settings)
    if (usable === undefined) return false
    if (this.#overhead === 0) this.#overhead = overheadOf(prepared)
    return usedTokens(history, this.#overhead) > usable && canCompact(history)
  }

  /** Whether a request that the provider finds too long can be made shorter. */
  canShrink(history: MessageWithParts[]): boolean {
    return this.#settings.auto !== false && this.#vain < 2 && canCompact(history)
  }

  /** Condenses the session in the middle of a turn that answers `user`. */
  makeRoom(prepared: Prepared, user: UserMessage, overflow: boolean): Promise<Compacted> {
    this.#vain += 1
    return this.#compact(prepared, user, { auto: true, overflow })
  }

  /** Condenses the session because this message asks for it. */
  sumUp(prepared: Prepared, marker: UserMessage): Promise<Compacted> {
    return this.#compact(prepared, marker, marker)
  }

  /** Takes back an answer that never began. */
  forget(assistant: AssistantMessage) {
    const { store, scope } = this.#input.workspace
    store.commit(scope, { type: "message.removed", sessionID: assistant.sessionID, messageID: assistant.id })
  }

  /** Drops old tool output from what models are shown, when enough has come together. */
  prune(prepared: Prepared) {
    const { store, scope } = this.#input.workspace
    if (this.#settings.prune === false) return
    const session = store.find(this.#input.sessionID)
    // A look at the whole history is only worth it where there can be something to drop.
    if (!session || (session.tokens?.input ?? 0) + (session.tokens?.cache.read ?? 0) < PRUNE_FROM) return
    const now = Date.now()
    const usable = usableTokens(prepared.resolved.model, this.#settings)
    const parts = prunable(store.recent(session.id), usable)
    if (parts.length > 0) store.commit(scope, ...parts.map((part) => dropped(part, now)))
  }

  async #compact(prepared: Prepared, user: UserMessage, marker: UserMessage | { auto: true; overflow: boolean }) {
    const { workspace, sessionID, signal, setStatus, queued, current } = this.#input
    const { compact } = await import("./compaction.ts")
    return compact({
      workspace,
      sessionID,
      user,
      agents: await workspace.agents(),
      resolved: prepared.resolved,
      settings: this.#settings,
      signal,
      setStatus,
      queued: queued(),
      current: [...current(), user.id],
      marker,
    })
  }
}

function dropped(part: ToolPart, now: number): Change {
  if (part.state.status !== "completed") return { type: "part", part }
  return { type: "part", part: { ...part, state: { ...part.state, time: { ...part.state.time, compacted: now } } } }
}

/** Tokens of system prompt and tools. */
function overheadOf(prepared: Prepared): number {
  const tools = [...prepared.toolset.functions.values()]
  return estimateText(prepared.system.join("\n")) + estimateText(JSON.stringify(tools))
}
