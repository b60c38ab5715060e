import type { SessionService } from "../engine.ts"
import { NotFoundError, PromptError, SessionBusyError } from "../error.ts"
import type { MessageWithParts, Part, PromptInput } from "../message/types.ts"
import type { Point } from "./changes.ts"
import { fork, freshSession } from "./copy.ts"
import { messageOf } from "./failure.ts"
import { type Accepted, Intake } from "./intake.ts"
import { commandOf, Outbox } from "./outbox.ts"
import { summaryRequest } from "./prompt.ts"
import { revert, unrevert } from "./revert.ts"
import { Runner } from "./runner.ts"
import { SHELL_NOTE, shellCall } from "./shell.ts"
import { type Change, event, type RunOwner } from "./store.ts"
import { Summaries } from "./summary.ts"
import { defaultTitle } from "./title.ts"
import type {
  CommandInput,
  ContextShares,
  RevertPreview,
  Session,
  SessionChangeInput,
  SessionCreateInput,
  SessionExport,
  SessionFindInput,
  SessionFindResult,
  SessionListInput,
  SessionUpdateInput,
  ShellInput,
  SummarizeInput,
} from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** Sessions of one directory: their rows, and the turns that run in them. */
export class Sessions implements SessionService {
  readonly #workspace: Workspace
  readonly #summaries: Summaries
  readonly #runner: Runner
  readonly #intake: Intake
  readonly outbox: Outbox
  readonly #closing = new AbortController()

  constructor(workspace: Workspace, owner: RunOwner) {
    this.#workspace = workspace
    this.#summaries = new Summaries(workspace)
    this.#runner = new Runner(workspace, this.#summaries, (sessionID, reason) => {
      // What went wrong is looked at by a person before more is sent.
      if (reason === "completed") this.outbox.next(sessionID)
    })
    this.#intake = new Intake({ workspace, owner, runner: this.#runner, summaries: this.#summaries })
    this.outbox = new Outbox(workspace, {
      isBusy: (sessionID) => this.#runner.isBusy(sessionID),
      send: (entry) => {
        const command = commandOf(entry)
        return command ? this.commandAsync(entry.sessionID, command) : this.promptAsync(entry.sessionID, entry.prompt)
      },
    })
  }

  list(input: SessionListInput): Session[] {
    const { store, directory, projectID } = this.#workspace
    return store.list({ directory, projectID }, input)
  }

  listJson(input: SessionListInput): string {
    const { store, directory, projectID } = this.#workspace
    return store.listJson({ directory, projectID }, input)
  }

  async create(input: SessionCreateInput): Promise<Session> {
    const { store, scope } = this.#workspace
    if (input.parentID) store.get(input.parentID)
    const now = Date.now()
    const title = input.title || defaultTitle(new Date(now), input.parentID !== undefined)
    const info: Session = {
      ...freshSession(this.#workspace, title, now),
      ...(input.parentID ? { parentID: input.parentID } : {}),
      ...(input.agent ? { agent: input.agent } : {}),
      ...(input.model ? { model: { ...input.model } } : {}),
      ...(input.metadata ? { metadata: structuredClone(input.metadata) } : {}),
      ...(input.permission ? { permission: structuredClone(input.permission) } : {}),
    }
    store.commit(scope, { type: "session", info, created: true })
    return info
  }

  update(sessionID: string, input: SessionUpdateInput): Session {
    const { store, scope } = this.#workspace
    const session = store.get(sessionID)
    const time = { ...session.time }
    const archived = input.time?.archived
    // Generated clients leave nulls out, so zero says the same.
    if (archived === null || archived === 0) delete time.archived
    else if (archived !== undefined) time.archived = archived
    // Renaming alone is no activity: the session keeps its place in lists.
    if (input.metadata || input.permission || archived !== undefined) time.updated = Date.now()
    const info: Session = {
      ...session,
      time,
      ...(input.title === undefined ? {} : { title: input.title }),
      ...(input.metadata ? { metadata: structuredClone(input.metadata) } : {}),
      ...(input.permission
        ? { permission: [...(session.permission ?? []), ...structuredClone(input.permission)] }
        : {}),
    }
    store.commit(scope, { type: "session", info })
    return info
  }

  async remove(sessionID: string): Promise<void> {
    const { store, scope, permissions, questions } = this.#workspace
    const tree = store.tree(sessionID)
    await Promise.all(tree.map((session) => this.#runner.abort(session.id)))
    for (const session of tree) {
      permissions.cancelSession(session.id)
      questions.cancelSession(session.id)
    }
    // Children may have come or gone while their turns ended.
    if (!store.find(sessionID)) return
    const doomed = store.tree(sessionID)
    store.commit(scope, ...doomed.map((info) => ({ type: "session.deleted" as const, info })))
    for (const session of doomed) this.#summaries.forget(session.id)
  }

  statuses() {
    return this.#runner.statuses()
  }

  /** Whether a turn is running, or a request to a session is on its way into one. */
  busy(): boolean {
    return this.#intake.busy || Object.keys(this.statuses()).length > 0
  }

  async promptAsync(sessionID: string, input: PromptInput): Promise<void> {
    try {
      await this.#intake.accept(sessionID, input)
    } catch (error) {
      if (!(error instanceof PromptError)) throw error
      this.#announce(sessionID, error)
    }
  }

  async prompt(sessionID: string, input: PromptInput, signal?: AbortSignal): Promise<MessageWithParts> {
    return (await this.begin(sessionID, input, signal))()
  }

  async begin(sessionID: string, input: PromptInput, signal?: AbortSignal): Promise<() => Promise<MessageWithParts>> {
    signal?.throwIfAborted()
    const accepted = await this.#intake.accept(sessionID, input).catch((error: unknown) => {
      if (error instanceof PromptError) this.#announce(sessionID, error)
      throw error
    })
    return () => this.#answer(sessionID, accepted, input.noReply === true, signal)
  }

  async #answer(sessionID: string, accepted: Accepted, noReply: boolean, signal?: AbortSignal) {
    const { store } = this.#workspace
    const { message } = accepted
    if (noReply) return store.message(sessionID, message.id)
    if (accepted.end) {
      const end = await abortable(accepted.end, signal)
      if (end.refused) throw end.refused
      if (end.last) return store.message(sessionID, end.last.id)
    }
    const answer = store
      .messages(sessionID)
      .items.findLast((item) => item.info.role === "assistant" && item.info.parentID === message.id)
    return answer ?? store.message(sessionID, message.id)
  }

  /** Runs a slash command; resolves with the last message of its turn. Throws PromptError for one that can't be run. */
  async command(sessionID: string, input: CommandInput, signal?: AbortSignal): Promise<MessageWithParts> {
    const { store, bus, scope } = this.#workspace
    store.get(sessionID)
    // The same message again: its commands have run already.
    const known = input.messageID === undefined ? undefined : store.findMessage(input.messageID)
    const prompt = known
      ? { messageID: known.id, parts: [] }
      : await this.#expand(sessionID, input, signal ?? new AbortController().signal)
    const answer = await this.prompt(sessionID, prompt, signal)
    const { command: name, arguments: args } = input
    bus.publish(scope, "command.executed", { name, sessionID, arguments: args, messageID: answer.info.id })
    return answer
  }

  async commandAsync(sessionID: string, input: CommandInput): Promise<void> {
    const { store, bus, scope } = this.#workspace
    store.get(sessionID)
    const known = input.messageID === undefined ? undefined : store.findMessage(input.messageID)
    if (known) return
    try {
      const accepted = await this.#intake.accept(sessionID, await this.#expand(sessionID, input, this.#closing.signal))
      const { command: name, arguments: args } = input
      accepted.end
        ?.then(({ last }) => {
          if (last) bus.publish(scope, "command.executed", { name, sessionID, arguments: args, messageID: last.id })
        })
        .catch(this.#workspace.onError)
    } catch (error) {
      // It was announced where it was thrown, except by the intake.
      if (!(error instanceof PromptError)) throw error
    }
  }

  async #expand(sessionID: string, input: CommandInput, signal: AbortSignal): Promise<PromptInput> {
    try {
      const { commandPrompt } = await import("./command.ts")
      return await commandPrompt(this.#workspace, sessionID, input, signal)
    } catch (error) {
      if (error instanceof PromptError) this.#announce(sessionID, error)
      throw error
    }
  }

  /** Runs a command of the user's in the shell. Throws SessionBusyError while a turn runs. */
  async shell(sessionID: string, input: ShellInput, signal?: AbortSignal): Promise<MessageWithParts> {
    const { store } = this.#workspace
    const { command, ...rest } = input
    const { message, end } = await this.#intake.inTurn(sessionID, async () => {
      store.get(sessionID)
      const known = input.messageID !== undefined && store.findMessage(input.messageID)
      if (!known && this.#runner.isBusy(sessionID)) throw new SessionBusyError(sessionID)
      const call = await shellCall(this.#workspace, command)
      return this.#intake.take(sessionID, { ...rest, parts: [{ type: "text", text: SHELL_NOTE, synthetic: true }] }, [
        call,
      ])
    })
    const done = end && (await abortable(end, signal))
    if (done?.refused) throw done.refused
    const answer = store
      .messages(sessionID)
      .items.findLast((item) => item.info.role === "assistant" && item.info.parentID === message.id)
    return answer ?? store.message(sessionID, message.id)
  }

  async abort(sessionID: string, scope: "session" | "tree" = "session"): Promise<void> {
    const { store, permissions, questions } = this.#workspace
    const session = store.find(sessionID)
    if (!session) return
    const ids = scope === "tree" ? store.tree(sessionID).map((item) => item.id) : [sessionID]
    await Promise.all(
      ids.map(async (id) => {
        await this.#runner.abort(id)
        permissions.cancelSession(id)
        questions.cancelSession(id)
      }),
    )
  }

  async summarize(sessionID: string, input: SummarizeInput): Promise<void> {
    const { store } = this.#workspace
    store.get(sessionID)
    await this.#runner.idle(sessionID)
    this.#intake.claim(sessionID)
    const message = await summaryRequest(this.#workspace, await this.#intake.agent(sessionID, {}), sessionID, input)
    // Somebody may have sent a prompt while the model was looked up: the summary waits again.
    if (this.#runner.isBusy(sessionID)) return this.summarize(sessionID, input)
    const end = this.#runner.wait(message.info.id)
    this.#runner.start(message.info, message.changes)
    const { refused } = await end
    if (refused) throw refused
  }

  async diff(sessionID: string, messageID?: string, more: { file?: string; full?: boolean } = {}) {
    this.#workspace.store.get(sessionID)
    const all = await this.#summaries.diff(sessionID, messageID)
    const diff = more.file === undefined ? all : all.filter((entry) => entry.file === more.file)
    if (!more.full) return diff
    const { withTexts } = await import("./full.ts")
    return withTexts(this.#workspace, sessionID, diff, messageID)
  }

  /** Stops all turns and waits for what they still have to store. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#runner.close()
    await this.#intake.settled()
    await this.outbox.settled()
  }

  #announce(sessionID: string, error: PromptError) {
    this.#workspace.bus.publish(this.#workspace.scope, "session.error", {
      sessionID,
      error: { name: "UnknownError", data: { message: messageOf(error) } },
    })
  }

  revert(sessionID: string, point: Point): Promise<Session> {
    return this.#intake.alone(sessionID, () => revert(this.#workspace, this.#summaries, sessionID, point))
  }

  unrevert(sessionID: string): Promise<Session> {
    return this.#intake.alone(sessionID, () => unrevert(this.#workspace, this.#summaries, sessionID))
  }

  fork(sessionID: string, messageID?: string): Session {
    return fork(this.#workspace, sessionID, messageID)
  }

  async context(sessionID: string, chosen: Parameters<SessionService["context"]>[1]): Promise<ContextShares> {
    const { contextShares } = await import("./shares.ts")
    return contextShares(this.#workspace, sessionID, chosen)
  }

  async find(input: SessionFindInput): Promise<SessionFindResult> {
    const { findText } = await import("./find.ts")
    return findText(this.#workspace.store, this.#workspace, input)
  }

  async share(sessionID: string): Promise<Session> {
    return (await import("./share.ts")).share(this.#workspace, sessionID)
  }

  async unshare(sessionID: string): Promise<Session> {
    return (await import("./share.ts")).unshare(this.#workspace, sessionID)
  }

  async export(sessionID: string): Promise<SessionExport> {
    const { exportSession } = await import("./transfer/index.ts")
    return exportSession(this.#workspace.store, sessionID)
  }

  async import(value: unknown): Promise<Session> {
    const { importSession } = await import("./transfer/index.ts")
    return importSession(this.#workspace, value)
  }

  async previewRevert(sessionID: string, point: Point): Promise<RevertPreview> {
    const { previewRevert } = await import("./preview.ts")
    return previewRevert(this.#workspace, sessionID, point)
  }

  keepChange(sessionID: string, input: SessionChangeInput) {
    const { file } = input
    return this.#intake.inTurn(sessionID, async () => {
      if (file === undefined) return (await import("./settle.ts")).keepAll(this.#workspace, this.#summaries, sessionID)
      const { keepChange } = await import("./keep.ts")
      return keepChange(this.#workspace, this.#summaries, sessionID, { ...input, file })
    })
  }

  undoChange(sessionID: string, input: SessionChangeInput) {
    const { file } = input
    return this.#intake.alone(sessionID, async () => {
      if (file === undefined) return (await import("./settle.ts")).undoAll(this.#workspace, this.#summaries, sessionID)
      const { undoChange } = await import("./keep.ts")
      return undoChange(this.#workspace, this.#summaries, sessionID, { ...input, file })
    })
  }

  async settledChanges(sessionID: string) {
    return (await import("./settle.ts")).settledChanges(this.#workspace, sessionID)
  }

  takeBackChange(sessionID: string) {
    return this.#intake.alone(sessionID, async () =>
      (await import("./settle.ts")).takeBack(this.#workspace, this.#summaries, sessionID),
    )
  }

  /** Removes a message for good. False when the running turn works on it. */
  removeMessage(sessionID: string, messageID: string, onlyQueued = false): boolean {
    const { store, scope } = this.#workspace
    store.get(sessionID)
    const message = store.findMessage(messageID)
    if (message && message.sessionID !== sessionID) return true
    const removed: Change = { type: "message.removed", sessionID, messageID }
    const left = this.#runner.unqueue(sessionID, messageID)
    if (left) {
      store.commit(scope, removed, event("session.queue.changed", { sessionID, queued: left }))
      this.#runner.drop(messageID)
      return true
    }
    if (onlyQueued || (message && this.#runner.owns(message))) return false
    store.commit(scope, removed)
    this.#summaries.forget(sessionID)
    return true
  }

  updatePart(part: Part): Part {
    const { store, scope } = this.#workspace
    const { parts } = store.message(part.sessionID, part.messageID)
    if (!parts.some((known) => known.id === part.id)) throw new NotFoundError(`Part not found: ${part.id}`)
    store.commit(scope, { type: "part", part })
    return part
  }

  removePart(sessionID: string, messageID: string, partID: string): void {
    const { store, scope } = this.#workspace
    store.get(sessionID)
    const part = store.findPart(sessionID, messageID, partID)
    if (part) store.commit(scope, { type: "part.removed", part })
    else store.commit(scope, event("message.part.removed", { sessionID, messageID, partID }))
  }
}

/** Stops waiting, not the turn, when the caller goes away. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener("abort", onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort))
  })
}
