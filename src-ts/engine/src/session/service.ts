import { findAgent } from "../agent/index.ts"
import type { Agent } from "../agent/types.ts"
import type { SessionService } from "../engine.ts"
import { BadRequestError, NotFoundError, PromptError, SessionBusyError } from "../error.ts"
import { ascending, isId } from "../id/index.ts"
import type { Message, MessageWithParts, ModelRef, Part, PromptInput, UserMessage } from "../message/types.ts"
import type { Point } from "./changes.ts"
import { fork, freshSession } from "./copy.ts"
import { messageOf } from "./failure.ts"
import { shapedPrompt } from "./hooks.ts"
import { summaryRequest, userParts } from "./prompt.ts"
import { closeRun, isAlive } from "./recover.ts"
import { permanent, revert, unrevert } from "./revert.ts"
import { Runner, type TurnEnd } from "./runner.ts"
import { SHELL_NOTE, shellCall } from "./shell.ts"
import { type Change, event, type RunOwner } from "./store.ts"
import type { DirectCall } from "./subtasks.ts"
import { Summaries } from "./summary.ts"
import { defaultTitle } from "./title.ts"
import type {
  CommandInput,
  Session,
  SessionChangeInput,
  SessionCreateInput,
  SessionExport,
  SessionFindInput,
  SessionFindResult,
  SessionListInput,
  SessionModel,
  SessionUpdateInput,
  ShellInput,
  SummarizeInput,
} from "./types.ts"
import type { Workspace } from "./workspace.ts"

const DEFAULT_AGENT = "code"

interface Accepted {
  message: Message
  /** The end of the prompt's turn, when it is running or about to. */
  end?: Promise<TurnEnd>
}

/** Sessions of one directory: their rows, and the turns that run in them. */
export class Sessions implements SessionService {
  readonly #workspace: Workspace
  readonly #owner: RunOwner
  readonly #summaries: Summaries
  readonly #runner: Runner
  /** Prompts of one session are taken in one after the other, in the order they came. */
  readonly #intake = new Map<string, Promise<unknown>>()

  constructor(workspace: Workspace, owner: RunOwner) {
    this.#workspace = workspace
    this.#owner = owner
    this.#summaries = new Summaries(workspace)
    this.#runner = new Runner(workspace, this.#summaries)
  }

  list(input: SessionListInput): Session[] {
    const { store, directory, projectID } = this.#workspace
    return store.list({ directory, projectID }, input)
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
    if (archived === null) delete time.archived
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
    return this.#intake.size > 0 || Object.keys(this.statuses()).length > 0
  }

  async promptAsync(sessionID: string, input: PromptInput): Promise<void> {
    try {
      await this.#accept(sessionID, input)
    } catch (error) {
      if (!(error instanceof PromptError)) throw error
      this.#announce(sessionID, error)
    }
  }

  async prompt(sessionID: string, input: PromptInput, signal?: AbortSignal): Promise<MessageWithParts> {
    signal?.throwIfAborted()
    const { store } = this.#workspace
    const accepted = await this.#accept(sessionID, input).catch((error: unknown) => {
      if (error instanceof PromptError) this.#announce(sessionID, error)
      throw error
    })
    const { message } = accepted
    if (input.noReply) return store.message(sessionID, message.id)
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
    const { message, end } = await this.#inTurn(sessionID, async () => {
      store.get(sessionID)
      const known = input.messageID !== undefined && store.findMessage(input.messageID)
      if (!known && this.#runner.isBusy(sessionID)) throw new SessionBusyError(sessionID)
      const call = await shellCall(this.#workspace, command)
      return this.#take(sessionID, { ...rest, parts: [{ type: "text", text: SHELL_NOTE, synthetic: true }] }, [call])
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
    this.#claim(sessionID)
    const message = await summaryRequest(this.#workspace, await this.#agent(sessionID, {}), sessionID, input)
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
    await this.#runner.close()
    await Promise.allSettled(this.#intake.values())
  }

  #announce(sessionID: string, error: PromptError) {
    this.#workspace.bus.publish(this.#workspace.scope, "session.error", {
      sessionID,
      error: { name: "UnknownError", data: { message: messageOf(error) } },
    })
  }

  revert(sessionID: string, point: Point): Promise<Session> {
    return this.#alone(sessionID, () => revert(this.#workspace, this.#summaries, sessionID, point))
  }

  unrevert(sessionID: string): Promise<Session> {
    return this.#alone(sessionID, () => unrevert(this.#workspace, this.#summaries, sessionID))
  }

  fork(sessionID: string, messageID?: string): Session {
    return fork(this.#workspace, sessionID, messageID)
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

  keepChange(sessionID: string, input: SessionChangeInput) {
    return this.#inTurn(sessionID, async () => {
      const { keepChange } = await import("./keep.ts")
      return keepChange(this.#workspace, this.#summaries, sessionID, input)
    })
  }

  undoChange(sessionID: string, input: SessionChangeInput) {
    return this.#alone(sessionID, async () => {
      const { undoChange } = await import("./keep.ts")
      return undoChange(this.#workspace, this.#summaries, sessionID, input)
    })
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

  #accept(sessionID: string, input: PromptInput): Promise<Accepted> {
    return this.#inTurn(sessionID, () => this.#take(sessionID, input))
  }

  /** Runs while no turn does, and keeps prompts waiting meanwhile. Throws SessionBusyError. */
  #alone<T>(sessionID: string, body: () => Promise<T>): Promise<T> {
    return this.#inTurn(sessionID, async () => {
      this.#workspace.store.get(sessionID)
      if (this.#runner.isBusy(sessionID)) throw new SessionBusyError(sessionID)
      this.#claim(sessionID)
      await this.#runner.late()
      return body()
    })
  }

  #inTurn<T>(sessionID: string, body: () => Promise<T>): Promise<T> {
    const before = this.#intake.get(sessionID)
    const work = before ? before.then(body) : body()
    const settled = work.then(
      () => undefined,
      () => undefined,
    )
    this.#intake.set(sessionID, settled)
    settled
      .then(() => {
        if (this.#intake.get(sessionID) === settled) this.#intake.delete(sessionID)
      })
      .catch(this.#workspace.onError)
    return work
  }

  async #take(sessionID: string, input: PromptInput, calls?: DirectCall[]): Promise<Accepted> {
    const { store, scope } = this.#workspace
    store.get(sessionID)
    if (input.messageID !== undefined) {
      if (!isId("msg", input.messageID)) throw new BadRequestError(`Not a message id: ${input.messageID}`)
      const known = store.findMessage(input.messageID)
      if (known && known.sessionID !== sessionID) {
        throw new BadRequestError(`Message ${input.messageID} belongs to another session`)
      }
      if (known) {
        if (!this.#runner.isOpen(sessionID, known.id)) return { message: known }
        return { message: known, end: this.#runner.wait(known.id) }
      }
    }
    this.#claim(sessionID)
    const agent = await this.#agent(sessionID, input)
    const model = await this.#model(sessionID, input, agent)
    const ids = { sessionID, messageID: input.messageID ?? ascending("msg") }
    const given = await userParts(this.#workspace, ids, input.parts, agent)
    const drafted: UserMessage = {
      id: ids.messageID,
      sessionID,
      role: "user",
      time: { created: Date.now() },
      ...(input.format ? { format: input.format } : {}),
      agent: agent.name,
      model,
      ...(input.system ? { system: input.system } : {}),
      ...(input.tools ? { tools: input.tools } : {}),
      ...(input.editorContext ? { editorContext: input.editorContext } : {}),
    }
    const { message, parts } = await shapedPrompt(await this.#workspace.plugins(), drafted, given)
    // Read again: the session may have been renamed, or removed, while files were read.
    const session = store.get(sessionID)
    const chosen: SessionModel = {
      id: model.modelID,
      providerID: model.providerID,
      variant: model.variant ?? "default",
    }
    const same =
      session.agent === agent.name &&
      session.model?.id === chosen.id &&
      session.model.providerID === chosen.providerID &&
      session.model.variant === chosen.variant
    const hidden = permanent(store, sessionID)
    if (hidden.length > 0) this.#summaries.forget(sessionID)
    const { revert: _, ...current } = same ? session : { ...session, agent: agent.name, model: chosen }
    const changes: Change[] = [
      ...hidden,
      ...(same ? [] : [{ type: "session" as const, info: current }]),
      { type: "message", info: message },
      ...parts.map((part) => ({ type: "part" as const, part })),
      { type: "session", info: { ...current, time: { ...current.time, updated: Date.now() } } },
    ]
    if (input.noReply) {
      store.commit(scope, ...changes)
      return { message }
    }
    // Before the start: a turn that is refused at once is over before its caller hears of it.
    const end = this.#runner.wait(message.id)
    this.#runner.start(message, changes, input.snapshotInitialization === "wait", calls)
    return { message, end }
  }

  /** A session is worked on by one process at a time; what a dead one left open is closed first. */
  #claim(sessionID: string) {
    if (this.#runner.isBusy(sessionID)) return
    const { store } = this.#workspace
    const owner = store.runOwner(sessionID)
    if (!owner || owner.boot === this.#owner.boot) return
    if (isAlive(owner, this.#owner)) throw new SessionBusyError(sessionID)
    closeRun(store.db, sessionID)
  }

  async #agent(sessionID: string, input: Pick<PromptInput, "agent">): Promise<Agent> {
    const { store } = this.#workspace
    const agents = await this.#workspace.agents()
    const usable = agents.filter((agent) => !agent.hidden && agent.mode !== "subagent")
    const name =
      input.agent ??
      store.get(sessionID).agent ??
      (await this.#workspace.defaultAgent()) ??
      usable.find((agent) => agent.name === DEFAULT_AGENT)?.name ??
      usable[0]?.name
    const agent = name === undefined ? undefined : findAgent(agents, name)
    if (agent) return agent
    throw new PromptError(
      `Agent not found: "${name ?? ""}". Available agents: ${usable.map((item) => item.name).join(", ")}`,
    )
  }

  async #model(sessionID: string, input: PromptInput, agent: Agent): Promise<ModelRef> {
    const { store, providers } = this.#workspace
    const variant = input.variant ? { variant: input.variant } : {}
    if (input.model) return { providerID: input.model.providerID, modelID: input.model.modelID, ...variant }
    if (agent.model) {
      return { ...agent.model, ...(agent.variant ? { variant: agent.variant } : {}), ...variant }
    }
    const chosen = store.get(sessionID).model
    if (chosen) {
      const kept = chosen.variant && chosen.variant !== "default" ? { variant: chosen.variant } : {}
      return { providerID: chosen.providerID, modelID: chosen.id, ...kept, ...variant }
    }
    return { ...(await providers.defaultModel()), ...variant }
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
