import { until } from "../wait/index.ts"
import { frameParser } from "./parse.ts"

/** One event as it came from the wire, whichever of the two streams it came from. */
export interface RecordedEvent {
  /** The frame's SSE id, not the event's own. */
  frameID?: string
  /** The raw text of the frame's data. */
  raw: string
  /** Of /global/event only. */
  directory?: string
  project?: string
  /** The event's own id. */
  id?: string
  type: string
  // Tests look into events of every type; each says with matchers what it expects.
  properties: Record<string, unknown>
  /** From performance.now(). */
  at: number
}

export interface RecorderOptions {
  password?: string
  username?: string
  /** Listens to one directory's /event instead of /global/event. */
  directory?: string
  lastEventID?: string
}

export interface Recorder extends AsyncDisposable {
  readonly events: readonly RecordedEvent[]
  /** Without heartbeats, sync twins and the connected frame. */
  readonly news: readonly RecordedEvent[]
  /** Id of the newest frame that had one. */
  readonly lastEventID: string | undefined
  /** True when the server has ended the stream. */
  readonly ended: boolean
  /** The first event, past or coming, that matches; `from` skips the events before that index. */
  waitFor(predicate: (event: RecordedEvent) => boolean, deadline?: number, from?: number): Promise<RecordedEvent>
  /** The end of the turn of a session that was prompted when `events` had `from` entries. */
  turnEnd(sessionID: string, deadline?: number, from?: number): Promise<RecordedEvent>
  waitForEnd(deadline?: number): Promise<void>
  /** Cuts the connection, as a network would. */
  cut(): Promise<void>
  /** Connects again from the last frame (or the id given); new events are added to the same list. */
  reconnect(lastEventID?: string): Promise<void>
  stop(): Promise<void>
}

const QUIET = new Set(["server.connected", "server.heartbeat", "sync"])

/** Connects to the server's event stream and keeps everything that arrives. Resolves once the server has answered. */
export async function recordEvents(url: string, options: RecorderOptions = {}): Promise<Recorder> {
  const events: RecordedEvent[] = []
  const listeners = new Set<() => void>()
  let lastEventID = options.lastEventID
  let ended = false
  let connection: { abort: AbortController; done: Promise<void> } | undefined

  const notify = () => {
    for (const listener of listeners) listener()
  }

  const connect = async (from: string | undefined) => {
    const abort = new AbortController()
    const path = options.directory ? `/event?directory=${encodeURIComponent(options.directory)}` : "/global/event"
    const response = await fetch(url + path, {
      signal: abort.signal,
      headers: {
        accept: "text/event-stream",
        ...authorization(options),
        ...(from ? { "last-event-id": from } : {}),
      },
    })
    if (!response.ok || !response.body) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    ended = false
    connection = { abort, done: read(response.body, abort.signal) }
  }

  const read = async (body: ReadableStream<Uint8Array>, signal: AbortSignal) => {
    const parse = frameParser()
    const decoder = new TextDecoder()
    try {
      for await (const chunk of body) {
        for (const frame of parse(decoder.decode(chunk, { stream: true }))) {
          if (frame.id !== undefined) lastEventID = frame.id
          events.push(toEvent(frame.data, frame.id))
        }
        notify()
      }
    } catch (error) {
      // Cut by us, or by the end of the server's process: both are an end of the stream; anything else is a bug.
      if (!signal.aborted && !(error instanceof TypeError)) throw error
    } finally {
      ended = true
      notify()
    }
  }

  const wake = (look: () => void) => {
    listeners.add(look)
    return () => void listeners.delete(look)
  }

  const waitFor: Recorder["waitFor"] = async (predicate, deadline = 10_000, from = 0) => {
    let at = from
    const look = () => {
      while (at < events.length) {
        const event = events[at++]
        if (event && predicate(event)) return event
      }
      return undefined
    }
    try {
      return await until(look, { deadline, wake, what: `event ${predicate}` })
    } catch (error) {
      const seen = events.slice(from).map((event) => event.type)
      throw new Error(`${String(error)}\nSeen: ${seen.slice(-60).join(" ")}`, { cause: error })
    }
  }

  const cut = async () => {
    connection?.abort.abort()
    await connection?.done
    connection = undefined
  }

  await connect(options.lastEventID)
  return {
    events,
    get news() {
      return events.filter((event) => !QUIET.has(event.type))
    },
    get lastEventID() {
      return lastEventID
    },
    get ended() {
      return ended
    },
    waitFor,
    turnEnd: (sessionID, deadline = 20_000, from = 0) =>
      waitFor(
        (event) => event.type === "session.turn.close" && event.properties.sessionID === sessionID,
        deadline,
        from,
      ),
    waitForEnd: async (deadline = 10_000) => {
      await until(() => ended, { deadline, wake, what: "end of the event stream" })
    },
    cut,
    reconnect: async (id = lastEventID) => {
      await cut()
      await connect(id)
    },
    stop: cut,
    [Symbol.asyncDispose]: cut,
  }
}

function authorization({ username = "kilo", password }: RecorderOptions): Record<string, string> {
  if (password === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` }
}

function toEvent(raw: string, frameID: string | undefined): RecordedEvent {
  const data: {
    directory?: string
    project?: string
    payload?: Payload
  } & Payload = JSON.parse(raw)
  const payload = data.payload ?? data
  return {
    ...(frameID === undefined ? {} : { frameID }),
    ...(data.directory === undefined ? {} : { directory: data.directory }),
    ...(data.project === undefined ? {} : { project: data.project }),
    ...(payload.id === undefined ? {} : { id: payload.id }),
    raw,
    type: payload.type ?? "",
    properties: payload.properties ?? {},
    at: performance.now(),
  }
}

interface Payload {
  id?: string
  type?: string
  properties?: Record<string, unknown>
}
