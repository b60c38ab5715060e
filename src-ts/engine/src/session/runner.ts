import { DirectoryClosedError } from "../error.ts"
import type { AssistantMessage, Message, UserMessage } from "../message/types.ts"
import { AbortedError, messageOf } from "./failure.ts"
import { type Change, event } from "./store.ts"
import type { DirectCall } from "./subtasks.ts"
import type { Summaries } from "./summary.ts"
import { runTurn, type TurnResult } from "./turn.ts"
import type { SessionStatus } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** How a prompt's turn ended, for the caller that waits for it. */
export interface TurnEnd {
  last?: AssistantMessage
  /** It could not start, or its end could not be stored. */
  refused?: Error
}

interface Run {
  abort: AbortController
  status: SessionStatus
  /** Prompts for the next turn. */
  queue: UserMessage[]
  /** How many of `queue` waited when the turn was stopped: they go with it. What came later is answered. */
  stopped?: number
  /** Prompts that the current turn answers. */
  current: string[]
  done: Promise<void>
}

/** Runs the turns of one directory's sessions: one at a time for each session, prompts that come meanwhile wait. */
export class Runner {
  readonly #workspace: Workspace
  readonly #summaries: Summaries
  readonly #ended: (sessionID: string, reason: TurnResult["reason"]) => void
  readonly #runs = new Map<string, Run>()
  readonly #waiting = new Map<string, ((end: TurnEnd) => void)[]>()
  readonly #closing = new AbortController()
  /** Sessions whose newest prompt asked to wait for checkpoints. */
  readonly #patient = new Set<string>()
  readonly #late = new Set<Promise<void>>()

  /** `ended` hears of each session that has become idle, and how its last turn ended. */
  constructor(
    workspace: Workspace,
    summaries: Summaries,
    ended: (sessionID: string, reason: TurnResult["reason"]) => void,
  ) {
    this.#workspace = workspace
    this.#summaries = summaries
    this.#ended = ended
  }

  isBusy(sessionID: string): boolean {
    return this.#runs.has(sessionID)
  }

  statuses(): Record<string, SessionStatus> {
    return Object.fromEntries([...this.#runs].map(([id, run]) => [id, run.status]))
  }

  /** Whether the prompt's turn is running or waiting. */
  isOpen(sessionID: string, messageID: string): boolean {
    const run = this.#runs.get(sessionID)
    return run !== undefined && (run.current.includes(messageID) || run.queue.some((user) => user.id === messageID))
  }

  /** Whether the running turn answers or writes this message. */
  owns(message: Message): boolean {
    const run = this.#runs.get(message.sessionID)
    return run?.current.includes(message.role === "user" ? message.id : message.parentID) ?? false
  }

  /** Takes a waiting prompt out of the queue and returns those that are left; undefined when it does not wait. */
  unqueue(sessionID: string, messageID: string): string[] | undefined {
    const run = this.#runs.get(sessionID)
    if (!run?.queue.some((user) => user.id === messageID)) return undefined
    run.queue = run.queue.filter((user) => user.id !== messageID)
    return run.queue.map((user) => user.id)
  }

  /** Tells who waits for a prompt that it will not be answered. */
  drop(messageID: string): void {
    for (const resolve of this.#waiting.get(messageID) ?? []) resolve({})
    this.#waiting.delete(messageID)
  }

  /** Resolves when the turn that answers this prompt has ended. Ask before starting it. */
  wait(messageID: string): Promise<TurnEnd> {
    return new Promise((resolve) => {
      const list = this.#waiting.get(messageID)
      if (list) list.push(resolve)
      else this.#waiting.set(messageID, [resolve])
    })
  }

  /**
   * Commits a stored prompt together with the start of its turn, or with its place in the queue. With `calls`, which an idle
   * session only may get, these are run instead of asking the model.
   */
  start(user: UserMessage, changes: Change[], patient = false, calls?: DirectCall[]): void {
    if (this.#closing.signal.aborted) throw new DirectoryClosedError(user.sessionID)
    if (patient) this.#patient.add(user.sessionID)
    else this.#patient.delete(user.sessionID)
    const { store, scope } = this.#workspace
    const { sessionID } = user
    const running = this.#runs.get(sessionID)
    if (running) {
      const queue = [...running.queue, user]
      store.commit(
        scope,
        ...changes,
        event("session.queue.changed", { sessionID, queued: queue.map((item) => item.id) }),
      )
      running.queue = queue
      return
    }
    this.#begin(user, changes, [user.id], calls)
  }

  #begin(user: UserMessage, changes: Change[], current: string[], calls?: DirectCall[]) {
    const { store, scope } = this.#workspace
    const { sessionID } = user
    store.commit(
      scope,
      ...changes,
      { type: "run", sessionID, running: true },
      event("session.turn.open", { sessionID }),
      event("session.status", { sessionID, status: { type: "busy" } }),
    )
    const run: Run = {
      abort: new AbortController(),
      status: { type: "busy" },
      queue: [],
      current,
      done: Promise.resolve(),
    }
    this.#runs.set(sessionID, run)
    run.done = this.#loop(sessionID, run, user, calls).catch((error: unknown) => this.#failed(sessionID, run, error))
  }

  /** Resolves when the session has no turn any more; prompts that waited have been answered by then. */
  async idle(sessionID: string): Promise<void> {
    for (let run = this.#runs.get(sessionID); run; run = this.#runs.get(sessionID)) await run.done
  }

  /** Stops the session's turn and resolves when it has ended. */
  async abort(sessionID: string): Promise<void> {
    const run = this.#runs.get(sessionID)
    if (!run) return
    run.stopped = run.queue.length
    run.abort.abort(new AbortedError())
    await run.done
  }

  /** Resolves when the changes of turns that were cut short are noted. */
  async late(): Promise<void> {
    await Promise.all(this.#late)
  }

  /** Stops everything; nothing can be started afterwards. */
  async close(): Promise<void> {
    this.#closing.abort(new AbortedError())
    await Promise.all([...this.#runs.keys()].map((sessionID) => this.abort(sessionID)))
    await this.late()
    await this.#summaries.settled()
  }

  async #loop(sessionID: string, run: Run, first: UserMessage, calls?: DirectCall[]): Promise<void> {
    const { store, bus, scope } = this.#workspace
    const setStatus = (status: SessionStatus) => {
      run.status = status
      bus.publish(scope, "session.status", { sessionID, status })
    }
    const session = store.find(sessionID)
    const parent = session?.parentID ? { parentID: session.parentID } : {}
    let user = first
    for (;;) {
      const result = await runTurn({
        workspace: this.#workspace,
        summaries: this.#summaries,
        sessionID,
        user,
        ...(calls && user === first ? { calls } : {}),
        signal: run.abort.signal,
        queued: () => run.queue.map((item) => item.id),
        current: () => run.current,
        setStatus,
        closing: this.#closing.signal,
        patient: this.#patient.has(sessionID),
        later: (work) => {
          const settled = work.catch((error: unknown) => this.#workspace.onError(error))
          this.#late.add(settled)
          settled.finally(() => this.#late.delete(settled)).catch(this.#workspace.onError)
        },
      })
      const answered = run.current
      const next = run.abort.signal.aborted ? undefined : run.queue.at(-1)
      if (next) {
        // No idle between the two: clients take it for the end.
        run.current = run.queue.map((item) => item.id)
        run.queue = []
        user = next
        bus.publish(scope, "session.turn.close", { sessionID, ...parent, reason: result.reason })
        bus.publish(scope, "session.queue.changed", { sessionID, queued: [] })
        bus.publish(scope, "session.turn.open", { sessionID })
        this.#sumUp(sessionID, result)
        setStatus({ type: "busy" })
        this.#tell(answered, result)
        continue
      }
      this.#runs.delete(sessionID)
      this.#workspace.idle()
      const gone = store.find(sessionID) === undefined
      // A stopped turn may take a while to end: who has asked something new meanwhile wants an answer.
      const late = gone || this.#closing.signal.aborted ? [] : run.queue.slice(run.stopped ?? run.queue.length)
      const dropped = run.queue.slice(0, run.queue.length - late.length).map((item) => item.id)
      store.commit(
        scope,
        ...(gone ? [] : [{ type: "run" as const, sessionID, running: false }]),
        ...(run.queue.length > 0 ? [event("session.queue.changed", { sessionID, queued: [] })] : []),
        event("session.status", { sessionID, status: { type: "idle" } }),
        event("session.idle", { sessionID }),
        event("session.turn.close", { sessionID, ...parent, reason: result.reason }),
      )
      this.#sumUp(sessionID, result)
      if (store.find(sessionID)?.share) this.#publish(sessionID, first.time.created)
      this.#tell([...answered, ...dropped], result)
      const again = late.at(-1)
      if (again) {
        const ids = late.map((item) => item.id)
        this.#begin(again, [], ids)
      } else if (!gone && !this.#closing.signal.aborted) this.#ended(sessionID, result.reason)
      return
    }
  }

  #publish(sessionID: string, since: number) {
    import("./share.ts")
      .then(({ syncShare }) => syncShare(this.#workspace, sessionID, since))
      .catch(this.#workspace.onError)
  }

  /** What the turn cost and changed, announced after its end. A turn that never reached the model has nothing to tell. */
  #sumUp(sessionID: string, result: TurnResult) {
    if (result.last && (result.reason === "completed" || result.reason === "superseded" || result.range.first)) {
      this.#summaries.refresh(sessionID, result.range)
    }
  }

  /** The end of a turn could not be stored (a full disk, say): nobody may wait for it any longer. */
  #failed(sessionID: string, run: Run, error: unknown) {
    const { bus, scope, onError } = this.#workspace
    onError(error)
    if (this.#runs.get(sessionID) === run) this.#runs.delete(sessionID)
    const refused = error instanceof Error ? error : new Error(String(error))
    this.#tell([...run.current, ...run.queue.map(({ id }) => id)], { refused })
    bus.publish(scope, "session.error", {
      sessionID,
      error: { name: "UnknownError", data: { message: messageOf(error) } },
    })
    bus.publish(scope, "session.status", { sessionID, status: { type: "idle" } })
    bus.publish(scope, "session.idle", { sessionID })
    bus.publish(scope, "session.turn.close", { sessionID, reason: "error" })
  }

  #tell(messageIDs: string[], result: TurnEnd) {
    for (const id of messageIDs) {
      for (const resolve of this.#waiting.get(id) ?? []) {
        resolve({
          ...(result.last ? { last: result.last } : {}),
          ...(result.refused ? { refused: result.refused } : {}),
        })
      }
      this.#waiting.delete(id)
    }
  }
}
