/** A provider adapter for a chat application that runs several agents: it sees models, threads and a few kinds of events, and nothing of Kilo. */
import { createKiloClient, type Event, type KiloClient, type PermissionRequest } from "@kilo-split/sdk"

/** What the application shows. Ids of models are "provider/model", also in its settings. */
export type ThreadEvent =
  | { type: "text"; delta: string }
  | { type: "reasoning"; delta: string }
  | { type: "tool"; id: string; name: string; status: "pending" | "running" | "completed" | "error"; title?: string }
  | { type: "approval"; id: string; kind: "command" | "edit" | "other"; patterns: string[] }
  | { type: "end"; reason: "completed" | "interrupted" | "failed"; message?: string }

export type Decision = "accept" | "accept-for-session" | "decline"

export interface ThreadOptions {
  directory: string
  /** "provider/model"; the server's default when missing. */
  model?: string
  /** Session of an earlier thread, as `Thread.id` gave it. */
  resume?: string
}

/** The one agent that this application uses. */
const AGENT = "code"

export class KiloAdapter {
  readonly #server: { baseUrl: string; password: string }

  constructor(server: { url: string; password: string }) {
    this.#server = { baseUrl: server.url, password: server.password }
  }

  /** Models that can be used now, the default of each provider first. */
  async models(directory: string): Promise<{ id: string; name: string; provider: string }[]> {
    const { data } = await this.#client(directory).provider.list()
    return data.all
      .filter(({ id }) => data.connected.includes(id))
      .flatMap((provider) =>
        Object.values(provider.models)
          .sort((a, b) => Number(b.id === data.default[provider.id]) - Number(a.id === data.default[provider.id]))
          .map((model) => ({ id: `${provider.id}/${model.id}`, name: model.name, provider: provider.name })),
      )
  }

  /** Starts a thread, or goes on with an old one, also after the server or the application was started anew. */
  async thread(options: ThreadOptions): Promise<Thread> {
    const client = this.#client(options.directory)
    const session = options.resume
      ? (await client.session.get({ path: { sessionID: options.resume } })).data
      : (await client.session.create({ body: { agent: AGENT } })).data
    return new Thread(client, session.id, options.model)
  }

  #client(directory: string): KiloClient {
    return createKiloClient({ ...this.#server, directory })
  }
}

export class Thread {
  readonly id: string
  readonly #client: KiloClient
  readonly #model: string | undefined

  constructor(client: KiloClient, id: string, model: string | undefined) {
    this.#client = client
    this.id = id
    this.#model = model
  }

  /** Texts of the thread so far, oldest first. */
  async history(): Promise<{ role: string; text: string }[]> {
    const { data } = await this.#client.session.messages({ path: { sessionID: this.id } })
    return data.map(({ info, parts }) => ({
      role: info.role,
      text: parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(""),
    }))
  }

  /** Sends a prompt and gives what happens until the turn is over. Leaving the loop early does not stop the turn. */
  async *send(text: string): AsyncGenerator<ThreadEvent> {
    const abort = new AbortController()
    const { stream } = await this.#client.event.subscribe({ signal: abort.signal })
    const turn: Turn = { kinds: new Map(), family: new Set([this.id]) }
    try {
      for await (const event of stream) {
        // Sent once the stream is open, so that nothing of the turn is missed.
        if (event.type === "server.connected") await this.#prompt(text)
        const shown = this.#shown(event, turn)
        if (shown) yield shown
        if (shown?.type === "end") return
      }
      // The server is gone; the session is not.
      yield { type: "end", reason: "failed", message: "The server has ended or forgotten the directory." }
    } finally {
      abort.abort()
    }
  }

  async decide(id: string, decision: Decision): Promise<void> {
    const reply = ({ accept: "once", "accept-for-session": "always", decline: "reject" } as const)[decision]
    await this.#client.permission.reply({ path: { requestID: id }, body: { reply } })
  }

  async interrupt(): Promise<void> {
    await this.#client.session.abort({ path: { sessionID: this.id } })
  }

  async #prompt(text: string): Promise<void> {
    // A model's own id may hold slashes.
    const [providerID = "", ...rest] = this.#model?.split("/") ?? []
    const model = this.#model ? { model: { providerID, modelID: rest.join("/") } } : {}
    await this.#client.session.promptAsync({
      path: { sessionID: this.id },
      body: { agent: AGENT, ...model, parts: [{ type: "text", text }] },
    })
  }

  #shown(event: Event, turn: Turn): ThreadEvent | undefined {
    switch (event.type) {
      case "session.created": {
        const { id, parentID } = event.properties.info
        if (parentID !== undefined && turn.family.has(parentID)) turn.family.add(id)
        return undefined
      }
      case "message.part.updated": {
        const { part } = event.properties
        if (part.sessionID !== this.id) return undefined
        turn.kinds.set(part.id, part.type)
        if (part.type !== "tool") return undefined
        const title = "title" in part.state ? part.state.title : undefined
        return {
          type: "tool",
          id: part.callID,
          name: part.tool,
          status: part.state.status,
          ...(title ? { title } : {}),
        }
      }
      case "message.part.delta": {
        const { sessionID, partID, delta } = event.properties
        const kind = sessionID === this.id ? turn.kinds.get(partID) : undefined
        return kind === "text" || kind === "reasoning" ? { type: kind, delta } : undefined
      }
      case "permission.asked":
        // Sub-agents work in sessions of their own; unanswered, they would keep this one waiting.
        return turn.family.has(event.properties.sessionID) ? approval(event.properties) : undefined
      case "session.error": {
        const { sessionID, error } = event.properties
        const message = error && "message" in error.data ? error.data.message : error?.name
        if (sessionID === this.id && typeof message === "string") turn.problem = message
        return undefined
      }
      case "session.turn.close": {
        const { sessionID, reason } = event.properties
        if (sessionID !== this.id) return undefined
        if (reason === "completed" || reason === "interrupted") return { type: "end", reason }
        return { type: "end", reason: "failed", ...(turn.problem === undefined ? {} : { message: turn.problem }) }
      }
    }
    return undefined
  }
}

interface Turn {
  /** Types of the parts that were announced. */
  kinds: Map<string, string>
  /** This session and those of its sub-agents. */
  family: Set<string>
  /** What went wrong last. */
  problem?: string
}

function approval({ id, permission, patterns }: PermissionRequest): ThreadEvent {
  const kind = permission === "bash" ? "command" : permission === "edit" ? "edit" : "other"
  return { type: "approval", id, kind, patterns }
}
