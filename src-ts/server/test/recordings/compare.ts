import { type Json, labelOf, list, object, type StreamEvent, text } from "./recording.ts"

/** One way in which a replay differs from its recording. */
export interface Difference {
  kind: /** The recording has an event that the replay lacks at that place. */
    | "missing"
    /** The replay has an event that the recording lacks at that place. */
    | "extra"
    /** Both have the event, at different places among the others. */
    | "moved"
    /** An event of the replay lacks a key. */
    | "key missing"
    /** An event of the replay has one more key. */
    | "key extra"
    /** The value of a key differs, ids and times apart. */
    | "value"
  event: string
  key?: string
  recorded?: Json
  replayed?: Json
}

/** Events that run beside each other in the server, so that their order towards each other says nothing. */
type Track = "turn" | "summary" | "steering"

/**
 * Compares order, keys and values of two streams. Times, hashes and the folder are replaced by their kind; ids differ,
 * but each recorded id must stand for one and the same replayed id everywhere. Deltas in a row count as one, since the
 * network may cut a stream anywhere.
 */
export function compare(recorded: StreamEvent[], replayed: StreamEvent[], directory: string): Difference[] {
  const left = prepare(recorded, "/w")
  const right = prepare(replayed, directory)
  const sameID = idMatcher()
  const found: Difference[] = []
  for (const track of ["turn", "summary", "steering"] as const) {
    const pairs = align(left.get(track) ?? [], right.get(track) ?? [])
    const extra = pairs.flatMap(([a, b]) => (!a && b ? [b] : []))
    for (const [a, b] of pairs) {
      if (a && b) found.push(...keysAndValues(a, b, sameID))
      if (!a || b) continue
      const elsewhere = extra.findIndex((one) => one.label === a.label)
      const [other] = elsewhere < 0 ? [] : extra.splice(elsewhere, 1)
      if (other) found.push({ kind: "moved", event: a.label }, ...keysAndValues(a, other, sameID))
      else found.push({ kind: "missing", event: a.label })
    }
    for (const { label } of extra) found.push({ kind: "extra", event: label })
  }
  return found
}

interface Prepared {
  label: string
  leaves: Map<string, Json>
}

function prepare(events: StreamEvent[], directory: string): Map<Track, Prepared[]> {
  const tracks = new Map<Track, Prepared[]>()
  const firstUser = events.find((event) => labelOf(event) === "message.updated user")
  const firstPrompt = text(object(firstUser?.properties.info).id)
  let previous: Track = "turn"
  for (const event of merged(events)) {
    // What a further prompt changes in the session follows it at once.
    const steered: boolean = previous === "steering" && event.type === "session.updated"
    const track: Track = steered ? "steering" : trackOf(event, firstPrompt)
    previous = track
    const into = tracks.get(track) ?? []
    tracks.set(track, into)
    const leaves = new Map<string, Json>()
    flatten(normal(event.properties, "", directory), "", leaves)
    into.push({ label: labelOf(event), leaves })
  }
  return tracks
}

/**
 * Joins deltas of one part that follow each other within their track, and likewise the growing output of a command:
 * how a command's output is cut is chance.
 */
function merged(events: StreamEvent[]): StreamEvent[] {
  const result: StreamEvent[] = []
  let open: StreamEvent | undefined
  let growing = false
  for (const event of events) {
    if (isGrowing(event)) {
      if (!growing) result.push(withoutOutput(event))
      growing = true
      continue
    }
    if (trackOf(event, "") === "turn") growing = false
    if (event.type === "message.part.delta") {
      if (open && open.properties.partID === event.properties.partID) {
        open.properties.delta = text(open.properties.delta) + text(event.properties.delta)
        continue
      }
      open = { ...event, properties: { ...event.properties } }
      result.push(open)
      continue
    }
    if (trackOf(event, "") === "turn") open = undefined
    result.push(event)
  }
  return result
}

function isGrowing(event: StreamEvent): boolean {
  const part = object(event.properties.part)
  const state = object(part.state)
  return part.tool === "bash" && state.status === "running" && object(state.metadata).output !== undefined
}

function withoutOutput(event: StreamEvent): StreamEvent {
  const copy: StreamEvent = structuredClone(event)
  object(object(object(copy.properties.part).state).metadata).output = "<output so far>"
  return copy
}

/**
 * The recorded server works out a turn's summary (changed files) beside the turn, and takes further prompts at any
 * moment; where those events fall between the turn's own is chance.
 */
function trackOf(event: StreamEvent, firstPrompt: string): Track {
  const { type, properties } = event
  const info = object(properties.info)
  if (type === "session.diff") return "summary"
  if (type === "session.updated" && info.summary !== undefined) return "summary"
  if (type === "message.updated" && info.role === "user" && info.summary !== undefined) return "summary"
  if (firstPrompt === "") return "turn"
  if (type === "message.updated" && info.role === "user" && info.id !== firstPrompt) return "steering"
  const part = object(properties.part)
  if (type === "message.part.updated" && part.type === "text" && part.time === undefined) {
    if (part.messageID !== firstPrompt) return "steering"
  }
  if (type === "session.queue.changed" && list(properties.queued).length > 0) return "steering"
  return "turn"
}

const ID = /\b(?:ses|msg|prt|per|que)_[0-9a-f]{12}[0-9A-Za-z]{14}\b/g
const TIMES = /^(start|end|created|updated|completed|next|time|elapsed|generation)$/

/** Replaces what differs between any two runs, ids apart. */
function normal(value: Json, key: string, directory: string): Json {
  if (Array.isArray(value)) return value.map((one) => normal(one, key, directory))
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, normal(one, name, directory)]))
  }
  if (typeof value === "number" && TIMES.test(key)) return "<time>"
  if (typeof value !== "string") return value
  if (/^(version|slug|date)$/.test(key)) return `<${key}>`
  return value
    .replaceAll(directory, "<directory>")
    .replace(/\b[0-9a-f]{40}\b/g, "<hash>")
    .replace(/\b[0-9a-f]{7,}\.\.[0-9a-f]{7,}\b/g, "<hashes>")
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, "<model>")
}

/** Tells whether two values are equal but for ids, and whether their ids have stood for each other so far. */
function idMatcher(): (recorded: Json, replayed: Json) => boolean {
  const there = new Map<string, string>()
  const back = new Map<string, string>()
  return (recorded, replayed) => {
    if (typeof recorded !== "string" || typeof replayed !== "string") return recorded === replayed
    const left = recorded.match(ID) ?? []
    const right = replayed.match(ID) ?? []
    const blank = (value: string) => value.replace(ID, (id) => `<${id.slice(0, 3)}>`)
    if (blank(recorded) !== blank(replayed)) return false
    return left.every((id, at) => {
      const other = right[at] ?? ""
      if (!there.has(id) && !back.has(other)) {
        there.set(id, other)
        back.set(other, id)
      }
      return there.get(id) === other && back.get(other) === id
    })
  }
}

function flatten(value: Json, path: string, into: Map<string, Json>): void {
  if (Array.isArray(value)) {
    into.set(path, `<list of ${value.length}>`)
    for (const [at, one] of value.entries()) flatten(one, `${path}[${at}]`, into)
  } else if (typeof value === "object" && value !== null) {
    if (path !== "") into.set(path, "<object>")
    for (const [key, one] of Object.entries(value)) flatten(one, path === "" ? key : `${path}.${key}`, into)
  } else into.set(path, value)
}

function keysAndValues(a: Prepared, b: Prepared, same: (recorded: Json, replayed: Json) => boolean): Difference[] {
  const found: Difference[] = []
  for (const [key, recorded] of a.leaves) {
    const replayed = b.leaves.get(key)
    if (replayed === undefined) {
      if (!covered(key, b.leaves)) found.push({ kind: "key missing", event: a.label, key, recorded })
    } else if (!same(recorded, replayed)) found.push({ kind: "value", event: a.label, key, recorded, replayed })
  }
  for (const [key, replayed] of b.leaves) {
    if (!a.leaves.has(key) && !covered(key, a.leaves)) found.push({ kind: "key extra", event: a.label, key, replayed })
  }
  return found
}

/** True when the object that holds the key is absent as a whole: that is reported once. */
function covered(key: string, leaves: Map<string, Json>): boolean {
  const parent = /^(.*)(?:\.[^.[]+|\[\d+\])$/.exec(key)?.[1]
  if (parent === undefined || parent === "") return false
  return !leaves.has(parent)
}

/** Pairs of the longest common subsequence by label; what has no partner stands alone. */
function align(left: Prepared[], right: Prepared[]): [Prepared | undefined, Prepared | undefined][] {
  const width = right.length + 1
  const lengths = new Uint16Array((left.length + 1) * width)
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        left[i]?.label === right[j]?.label ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: [Prepared | undefined, Prepared | undefined][] = []
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i]?.label === right[j]?.label) pairs.push([left[i++], right[j++]])
    else if (j >= right.length || (i < left.length && at(i + 1, j) > at(i, j + 1))) pairs.push([left[i++], undefined])
    else pairs.push([undefined, right[j++]])
  }
  return pairs
}
