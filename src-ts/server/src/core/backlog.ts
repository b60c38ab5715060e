import type { BusEvent, EventMap } from "@kilo-split/engine"

const MAX_CHARS = 4 * 1024 * 1024

/** Text that an entry costs beside its own: names, ids, quotes. */
const FRAME_CHARS = 400

type Delta = EventMap["message.part.delta"]

interface Entry {
  event: BusEvent
  /** Set when the entry stands for several deltas of one part in a row. */
  merged?: { cursor: string; delta: string[] }
}

/**
 * Events that wait for a client which reads slower than they come. Deltas of one part that follow each other become
 * one; others are never reordered, because a client that is cut off in between continues after the last id it saw.
 */
export class Backlog {
  readonly #entries: Entry[] = []
  #chars = 0

  add(event: BusEvent): void {
    const last = this.#entries.at(-1)
    const delta = deltaOf(event)
    const before = last && deltaOf(last.event)
    if (last && delta && before && delta.partID === before.partID && delta.field === before.field) {
      last.merged ??= { cursor: event.cursor, delta: [before.delta] }
      last.merged.cursor = event.cursor
      last.merged.delta.push(delta.delta)
      this.#chars += delta.delta.length
      return
    }
    this.#entries.push({ event })
    this.#chars += FRAME_CHARS + (delta ? delta.delta.length : event.instanceJson().length)
  }

  get empty(): boolean {
    return this.#entries.length === 0
  }

  get tooLong(): boolean {
    return this.#chars > MAX_CHARS
  }

  /** Everything as one text. */
  text(frame: (event: BusEvent, merged?: { cursor: string; properties: unknown }) => string): string {
    return this.#entries
      .map(({ event, merged }) =>
        merged
          ? frame(event, { cursor: merged.cursor, properties: { ...event.properties, delta: merged.delta.join("") } })
          : frame(event),
      )
      .join("")
  }
}

function deltaOf(event: BusEvent): Delta | undefined {
  return event.type === "message.part.delta" ? (event.properties as Delta) : undefined
}
