import { BadRequestError, NotFoundError } from "../error.ts"
import { ascending } from "../id/index.ts"
import type { PartInput } from "../message/types.ts"
import type { CommandInput, OutboxEntry, OutboxInput } from "./types.ts"
import type { Workspace } from "./workspace.ts"

/** More than a person keeps in mind; a client that goes wild must not fill the database. */
const MOST = 50

interface Sender {
  isBusy(sessionID: string): boolean
  /** Resolves once the prompt is stored, or refused with session.error. */
  send(entry: OutboxEntry): Promise<void>
}

/**
 * Prompts that wait until their session's turn has ended well; then they are sent, one turn for each, in the order that the user
 * wants. They are stored, so that they outlive the process, but after a turn that failed or was stopped nothing is sent by
 * itself. A prompt that shall reach the running turn instead is simply sent.
 */
export class Outbox {
  readonly #workspace: Workspace
  readonly #sender: Sender
  readonly #sending = new Map<string, Promise<void>>()

  constructor(workspace: Workspace, sender: Sender) {
    this.#workspace = workspace
    this.#sender = sender
  }

  /** Throws NotFoundError for an unknown session. */
  list(sessionID: string): OutboxEntry[] {
    const { store } = this.#workspace
    store.get(sessionID)
    return store.db
      .all<{ data: string }>("select data from session_outbox where session_id = ? order by position", sessionID)
      .map((row) => JSON.parse(row.data) as OutboxEntry)
  }

  /** Adds at the end; in a session that has nothing to do and nothing waiting it is sent at once. */
  add(sessionID: string, input: OutboxInput): OutboxEntry {
    const known = this.list(sessionID)
    const { messageID } = input.prompt
    const same = messageID === undefined ? undefined : known.find((entry) => entry.prompt.messageID === messageID)
    if (same) return same
    if (known.length >= MOST) {
      throw new BadRequestError(`${MOST} prompts are waiting already. Send or remove some of them first.`)
    }
    const entry = checked({ ...input, id: ascending("out"), sessionID, time: { created: Date.now() } })
    this.#write(sessionID, [...known, entry])
    if (known.length === 0 && !this.#sender.isBusy(sessionID)) this.next(sessionID)
    return entry
  }

  /** Another text for an entry, at its place. Throws NotFoundError when it does not wait any more. */
  change(sessionID: string, id: string, input: OutboxInput): OutboxEntry {
    const known = this.list(sessionID)
    const old = known.find((entry) => entry.id === id)
    if (!old || this.#sending.has(id)) throw new NotFoundError("The prompt does not wait any more.")
    const entry = checked({ ...input, id, sessionID, time: old.time })
    this.#write(
      sessionID,
      known.map((each) => (each.id === id ? entry : each)),
    )
    return entry
  }

  /** Puts entries into the order of `ids`; those that are not named keep their order behind them. */
  order(sessionID: string, ids: string[]): OutboxEntry[] {
    const known = this.list(sessionID)
    const place = new Map(ids.map((id, index) => [id, index]))
    const entries = known.toSorted((a, b) => (place.get(a.id) ?? MOST) - (place.get(b.id) ?? MOST))
    if (entries.some((entry, index) => entry !== known[index])) this.#write(sessionID, entries)
    return entries
  }

  /** False when it does not wait any more. */
  remove(sessionID: string, id: string): boolean {
    const known = this.list(sessionID)
    const left = known.filter((entry) => entry.id !== id)
    if (left.length === known.length || this.#sending.has(id)) return false
    this.#write(sessionID, left)
    return true
  }

  /** Sends an entry now: a running turn takes it in with its next step. False when it does not wait any more. */
  async send(sessionID: string, id: string): Promise<boolean> {
    if (this.#sending.has(id) || !this.list(sessionID).some((entry) => entry.id === id)) return false
    await this.#send(sessionID, id)
    return true
  }

  /** Sends the first entry, if there is one. */
  next(sessionID: string): void {
    if (!this.#workspace.store.find(sessionID)) return
    const first = this.list(sessionID)[0]
    if (first && !this.#sending.has(first.id)) {
      this.#send(sessionID, first.id).catch((error: unknown) => this.#workspace.onError(error))
    }
  }

  /** Resolves when nothing is being sent. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#sending.values())
  }

  #send(sessionID: string, id: string): Promise<void> {
    const work = this.#sendOne(sessionID, id).finally(() => this.#sending.delete(id))
    this.#sending.set(id, work)
    return work
  }

  async #sendOne(sessionID: string, id: string): Promise<void> {
    // The id is stored before it is used: sent again after a crash, it is recognised. Its time is now, not when it was written.
    const messageID = ascending("msg")
    const entries = this.list(sessionID).map((entry) =>
      entry.id === id ? { ...entry, prompt: { ...entry.prompt, messageID } } : entry,
    )
    const entry = entries.find((each) => each.id === id)
    if (!entry) return
    this.#write(sessionID, entries, true)
    await this.#sender.send(entry)
    if (!this.#workspace.store.find(sessionID)) return
    this.#write(
      sessionID,
      this.list(sessionID).filter((each) => each.id !== id),
    )
  }

  #write(sessionID: string, entries: OutboxEntry[], quiet = false) {
    const { store, scope } = this.#workspace
    store.commit(scope, { type: "outbox", sessionID, entries, ...(quiet ? { quiet } : {}) })
  }
}

/** The slash command that an entry stands for. */
export function commandOf(entry: OutboxEntry): CommandInput | undefined {
  if (entry.command === undefined) return undefined
  const { messageID, agent, model, variant, parts } = entry.prompt
  const files = parts.filter((part): part is Extract<PartInput, { type: "file" }> => part.type === "file")
  return {
    command: entry.command,
    arguments: entry.arguments ?? "",
    ...(messageID ? { messageID } : {}),
    ...(agent ? { agent } : {}),
    ...(model ? { model: `${model.providerID}/${model.modelID}` } : {}),
    ...(variant ? { variant } : {}),
    ...(files.length > 0 ? { parts: files } : {}),
  }
}

function checked(entry: OutboxEntry): OutboxEntry {
  if (entry.command === undefined && entry.prompt.parts.length === 0) throw new BadRequestError("The prompt is empty.")
  return entry
}
