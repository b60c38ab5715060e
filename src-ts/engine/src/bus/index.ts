import { randomBytes } from "node:crypto"
import { ascending } from "../id/index.ts"
import type { EventMap, EventScope, EventType } from "./types.ts"

export * from "./types.ts"

/**
 * One published event. Serialised at most once for each of its two wire forms while it is being sent, however many subscribers
 * it has; who has sent it calls `sent`, so that the replay log does not keep three forms of everything.
 * Key order matters: Kotlin clients take the first `"type"` of the raw text (contract: behaviour section 3).
 */
export class BusEvent<T extends EventType = EventType> {
  readonly id = ascending("evt")
  /** Position in this process's log, from 1. */
  readonly seq: number
  /** Boot epoch and sequence: the SSE `id` and the value of `X-Kilo-Event-Id`. */
  readonly cursor: string
  readonly scope: EventScope
  readonly type: T
  readonly properties: EventMap[T]
  #instance: string | undefined
  #global: string | undefined

  constructor(seq: number, cursor: string, scope: EventScope, type: T, properties: EventMap[T]) {
    this.seq = seq
    this.cursor = cursor
    this.scope = scope
    this.type = type
    this.properties = properties
  }

  /** JSON of the event as GET /event sends it. */
  instanceJson(): string {
    this.#instance ??= JSON.stringify({ id: this.id, type: this.type, properties: this.properties })
    return this.#instance
  }

  /** JSON of the event as GET /global/event sends it, wrapped with its directory. */
  globalJson(): string {
    this.#global ??= `${JSON.stringify({ directory: this.scope.directory, project: this.scope.project }).slice(0, -1)},"payload":${this.instanceJson()}}`
    return this.#global
  }

  /** Forgets the serialised forms; they are made again when somebody needs them. */
  sent(): void {
    this.#instance = undefined
    this.#global = undefined
  }
}

export type BusListener = (event: BusEvent) => void

const LOG_EVENTS = 20_000
/** Rough bound of the replay log in characters of delta and part text, so that large tool outputs cannot pile up. */
const LOG_CHARS = 16_000_000

/** The process's event bus with a bounded replay log. Publishing is synchronous and ordered. */
export class Bus {
  /** Differs for every start of the process: a cursor of another epoch can't be replayed. */
  readonly epoch = randomBytes(6).toString("hex")
  #seq = 0
  #log: BusEvent[] = []
  #head = 0
  #chars = 0
  #listeners = new Set<BusListener>()

  readonly #onListenerError: (error: unknown) => void

  constructor(onListenerError: (error: unknown) => void = (error) => console.error(error)) {
    this.#onListenerError = onListenerError
  }

  /**
   * Publishes to all listeners. Events that announce state are published only after their transaction is committed
   * (the design's durability rule): that is the caller's duty. `properties` must not be changed afterwards.
   */
  publish<T extends EventType>(scope: EventScope, type: T, properties: EventMap[T]): BusEvent<T> {
    this.#seq += 1
    const event = new BusEvent(this.#seq, `${this.epoch}-${this.#seq}`, scope, type, properties)
    this.#remember(event as BusEvent)
    for (const listener of this.#listeners) {
      try {
        listener(event as BusEvent)
      } catch (error) {
        this.#onListenerError(error)
      }
    }
    return event
  }

  /** Calls `listener` for every later event until the returned function is called. */
  subscribe(listener: BusListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Cursor of the newest event: what a snapshot taken now includes. */
  cursor(): string {
    return `${this.epoch}-${this.#seq}`
  }

  /** Events after `cursor`, oldest first, or undefined when they are no longer known and a reload is due. */
  since(cursor: string): BusEvent[] | undefined {
    const match = /^([0-9a-f]+)-(\d+)$/.exec(cursor)
    if (!match || match[1] !== this.epoch) return undefined
    const seq = Number(match[2])
    const oldest = this.#seq - (this.#log.length - this.#head)
    if (seq < oldest || seq > this.#seq) return undefined
    return this.#log.slice(this.#head + (seq - oldest))
  }

  #remember(event: BusEvent) {
    this.#log.push(event)
    this.#chars += weight(event)
    while (
      this.#log.length - this.#head > LOG_EVENTS ||
      (this.#chars > LOG_CHARS && this.#log.length - this.#head > 1)
    ) {
      const dropped = this.#log[this.#head]
      if (dropped) this.#chars -= weight(dropped)
      this.#head += 1
    }
    // Dropping from the front one by one would be quadratic; cut in batches.
    if (this.#head > 4096) {
      this.#log = this.#log.slice(this.#head)
      this.#head = 0
    }
  }
}

/** Rough size of an event in characters: exact ones would need the serialised form, which may never be asked for. */
function weight(event: BusEvent): number {
  // Most events are words of a model, and this is counted twice for each.
  if (event.type === "message.part.delta")
    return 200 + (event.properties as EventMap["message.part.delta"]).delta.length
  return 200 + chars(event.properties, DEPTH)
}

/** No event nests deeper where it is large. */
const DEPTH = 8

function chars(value: unknown, depth: number): number {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null || depth === 0) return 8
  let sum = 0
  for (const key in value) sum += key.length + chars((value as Record<string, unknown>)[key], depth - 1)
  return sum
}
