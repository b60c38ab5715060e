import { findAgent } from "../agent/index.ts"
import type { Agent } from "../agent/types.ts"
import { BadRequestError, PromptError, SessionBusyError } from "../error.ts"
import { ascending, isId } from "../id/index.ts"
import type { Message, ModelRef, PromptInput, UserMessage } from "../message/types.ts"
import { shapedPrompt } from "./hooks.ts"
import { userParts } from "./prompt.ts"
import { closeRun, isAlive } from "./recover.ts"
import { permanent } from "./revert.ts"
import type { Runner, TurnEnd } from "./runner.ts"
import type { Change, RunOwner } from "./store.ts"
import type { DirectCall } from "./subtasks.ts"
import type { Summaries } from "./summary.ts"
import type { SessionModel } from "./types.ts"
import type { Workspace } from "./workspace.ts"

const DEFAULT_AGENT = "code"

/** A prompt that has been stored. */
export interface Accepted {
  message: Message
  /** The end of the prompt's turn, when it is running or about to. */
  end?: Promise<TurnEnd>
}

/** Takes prompts in: one after the other for each session, in the order they came. */
export class Intake {
  readonly #workspace: Workspace
  readonly #owner: RunOwner
  readonly #runner: Runner
  readonly #summaries: Summaries
  readonly #waiting = new Map<string, Promise<unknown>>()

  constructor(parts: { workspace: Workspace; owner: RunOwner; runner: Runner; summaries: Summaries }) {
    this.#workspace = parts.workspace
    this.#owner = parts.owner
    this.#runner = parts.runner
    this.#summaries = parts.summaries
  }

  /** Whether something is being taken in. */
  get busy(): boolean {
    return this.#waiting.size > 0
  }

  /** Resolves when nothing is being taken in any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#waiting.values())
  }

  /** Takes a prompt in after those that came before it. Throws NotFoundError, BadRequestError, PromptError, SessionBusyError. */
  accept(sessionID: string, input: PromptInput): Promise<Accepted> {
    return this.inTurn(sessionID, () => this.take(sessionID, input))
  }

  /** Runs while no turn does, and keeps prompts waiting meanwhile. Throws SessionBusyError. */
  alone<T>(sessionID: string, body: () => Promise<T>): Promise<T> {
    return this.inTurn(sessionID, async () => {
      this.#workspace.store.get(sessionID)
      if (this.#runner.isBusy(sessionID)) throw new SessionBusyError(sessionID)
      this.claim(sessionID)
      await this.#runner.late()
      return body()
    })
  }

  /** Runs after what came before it for the session. */
  inTurn<T>(sessionID: string, body: () => Promise<T>): Promise<T> {
    const before = this.#waiting.get(sessionID)
    const work = before ? before.then(body) : body()
    const settled = work.then(
      () => undefined,
      () => undefined,
    )
    this.#waiting.set(sessionID, settled)
    settled
      .then(() => {
        if (this.#waiting.get(sessionID) === settled) this.#waiting.delete(sessionID)
      })
      .catch(this.#workspace.onError)
    return work
  }

  /** Stores the prompt and starts or queues its turn, right now. */
  async take(sessionID: string, input: PromptInput, calls?: DirectCall[]): Promise<Accepted> {
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
    this.claim(sessionID)
    const agent = await this.agent(sessionID, input)
    const model = await this.#model(sessionID, input, agent)
    const ids = { sessionID, messageID: input.messageID ?? ascending("msg") }
    const given = await userParts(this.#workspace, ids, input.parts, agent)
    const drafted: UserMessage = {
      id: ids.messageID,
      sessionID,
      role: "user",
      time: { created: store.nextTime(sessionID) },
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
  claim(sessionID: string) {
    if (this.#runner.isBusy(sessionID)) return
    const { store } = this.#workspace
    const owner = store.runOwner(sessionID)
    if (!owner || owner.boot === this.#owner.boot) return
    if (isAlive(owner, this.#owner)) throw new SessionBusyError(sessionID)
    closeRun(store.db, sessionID)
  }

  async agent(sessionID: string, input: Pick<PromptInput, "agent">): Promise<Agent> {
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
