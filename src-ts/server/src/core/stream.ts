import type { IncomingMessage, ServerResponse } from "node:http"
import { ascending, type Bus, type BusEvent } from "@kilo-split/engine"
import { Backlog } from "./backlog.ts"

const HEARTBEAT_MS = 10_000

/** Which events a client gets: those of one directory, or all. */
type Topic = { directory: string } | "all"

/** The last event that a client has seen. */
function positionOf(request: IncomingMessage): string | undefined {
  const header = request.headers["last-event-id"]?.toString()
  return header ?? URL.parse(request.url ?? "", "http://kilo")?.searchParams.get("since") ?? undefined
}

interface Group {
  topic: Topic
  clients: Set<Client>
  /** Events since the last write, the same for all clients of the group. */
  pending: BusEvent[]
}

/**
 * The SSE streams of one server. Events of one turn of the event loop go out in one write, whose bytes all clients of a
 * group share; a client that reads slower than events come gets a bounded backlog of its own and harms nobody else.
 *
 * Every frame has an `id`, the bus cursor. `Last-Event-ID`, or `?since=` where a client can't set headers, replays what came after it; when that is no longer known the
 * stream starts with `server.connected` and `server.reload`.
 */
export class EventStreams {
  readonly #bus: Bus
  readonly #groups = new Map<string, Group>()
  #unsubscribe: (() => void) | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #scheduled = false

  constructor(bus: Bus) {
    this.#bus = bus
  }

  /** Answers a request with the stream and keeps it open until the client leaves or the directory is disposed. */
  open(request: IncomingMessage, response: ServerResponse, topic: Topic): void {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
    })
    // What happened before must not reach the new client a second time.
    this.#flush()
    const group = this.#join(topic)
    const client = new Client(response, topic)
    client.write(this.#greeting(positionOf(request), topic))
    group.clients.add(client)
    response.once("close", () => this.#leave(group, client))
  }

  /** Ends all streams. */
  close(): void {
    this.#flush()
    for (const group of this.#groups.values()) for (const client of group.clients) client.end()
  }

  #greeting(last: string | undefined, topic: Topic): string {
    const cursor = this.#bus.cursor()
    if (last === undefined || last === "") return notice(topic, cursor, "server.connected", {})
    const missed = this.#bus.since(last)
    if (!missed) {
      const reason = last.startsWith(`${this.#bus.epoch}-`) ? "gap" : "restart"
      return notice(topic, cursor, "server.connected", {}) + notice(topic, cursor, "server.reload", { reason })
    }
    // The greeting keeps the client's own id: were the stream cut right after it, the missed events would be lost.
    let text = notice(topic, last, "server.connected", {})
    for (const event of missed) if (concerns(topic, event)) text += frame(topic, event)
    return text
  }

  #join(topic: Topic): Group {
    const key = topic === "all" ? "" : topic.directory
    const known = this.#groups.get(key)
    if (known) return known
    const group: Group = { topic, clients: new Set(), pending: [] }
    this.#groups.set(key, group)
    this.#unsubscribe ??= this.#bus.subscribe((event) => this.#take(event))
    if (!this.#heartbeat) {
      this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
      this.#heartbeat.unref()
    }
    return group
  }

  #leave(group: Group, client: Client) {
    group.clients.delete(client)
    if (group.clients.size > 0) return
    this.#groups.delete(group.topic === "all" ? "" : group.topic.directory)
    if (this.#groups.size > 0) return
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
  }

  #take(event: BusEvent) {
    this.#groups.get("")?.pending.push(event)
    this.#groups.get(event.scope.directory)?.pending.push(event)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush() {
    const flushed: BusEvent[][] = []
    for (const group of this.#groups.values()) {
      if (group.pending.length === 0) continue
      const events = group.pending
      flushed.push(events)
      group.pending = []
      let bytes: Buffer | undefined
      const shared = () => {
        bytes ??= Buffer.from(events.map((event) => frame(group.topic, event)).join(""))
        return bytes
      }
      const over = group.topic !== "all" && events.some((event) => event.type === "server.instance.disposed")
      for (const client of group.clients) {
        client.send(events, shared)
        if (over) client.end()
      }
    }
    for (const events of flushed) for (const event of events) event.sent()
  }

  #beat() {
    this.#flush()
    for (const group of this.#groups.values()) {
      const text = notice(group.topic, this.#bus.cursor(), "server.heartbeat", {})
      for (const client of group.clients) client.beat(text)
    }
  }
}

/** One open stream. */
class Client {
  readonly #response: ServerResponse
  readonly #topic: Topic
  /** What waits while the client does not read; undefined while it does. */
  #backlog: Backlog | undefined
  #ending = false

  constructor(response: ServerResponse, topic: Topic) {
    this.#response = response
    this.#topic = topic
    response.on("drain", () => this.#drain())
  }

  send(events: BusEvent[], shared: () => Buffer) {
    if (this.#ending) return
    if (!this.#backlog) {
      this.write(shared())
      return
    }
    for (const event of events) this.#backlog.add(event)
    // It may come back with Last-Event-ID; keeping everything for a client that does not read would eat the memory.
    if (this.#backlog.tooLong) this.#response.destroy()
  }

  write(data: Buffer | string) {
    if (!this.#response.write(data)) this.#backlog ??= new Backlog()
  }

  beat(text: string) {
    if (!this.#backlog && !this.#ending) this.write(text)
  }

  /** Ends the stream once everything is written. */
  end() {
    this.#ending = true
    if (!this.#backlog) this.#response.end()
  }

  #drain() {
    const waiting = this.#backlog
    this.#backlog = undefined
    if (waiting && !waiting.empty)
      this.write(waiting.text((event, properties) => frame(this.#topic, event, properties)))
    if (this.#ending && !this.#backlog) this.#response.end()
  }
}

function concerns(topic: Topic, event: BusEvent): boolean {
  return topic === "all" || event.scope.directory === topic.directory
}

/** The frame of an event; with `merged`, of an event that stands for several and ends where the newest did. */
function frame(topic: Topic, event: BusEvent, merged?: { cursor: string; properties: unknown }): string {
  if (!merged) return `id: ${event.cursor}\ndata: ${topic === "all" ? event.globalJson() : event.instanceJson()}\n\n`
  const payload = { id: event.id, type: event.type, properties: merged.properties }
  const data = topic === "all" ? { directory: event.scope.directory, project: event.scope.project, payload } : payload
  return `id: ${merged.cursor}\ndata: ${JSON.stringify(data)}\n\n`
}

/** A frame about the stream itself, which belongs to no directory. */
function notice(topic: Topic, cursor: string, type: string, properties: Record<string, unknown>): string {
  const event = { id: ascending("evt"), type, properties }
  return `id: ${cursor}\ndata: ${JSON.stringify(topic === "all" ? { payload: event } : event)}\n\n`
}
