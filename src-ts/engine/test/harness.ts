import { type FakeModel, fakeConfig, startFakeModel, tempHome, tempProject, until } from "@kilo-split/testkit"
import {
  type Bus,
  type BusEvent,
  createEngine,
  type Engine,
  type EventMap,
  type EventType,
  type Instance,
  type MessageWithParts,
  type Part,
  type Session,
} from "../src/index.ts"

/** Every event of an engine, with waiting for one that is there or comes. */
export class Log {
  readonly events: BusEvent[] = []
  readonly #bus: Bus

  constructor(bus: Bus) {
    this.#bus = bus
    bus.subscribe((event) => this.events.push(event))
  }

  of<T extends EventType>(type: T): EventMap[T][] {
    return this.events.filter((event) => event.type === type).map((event) => event.properties as EventMap[T])
  }

  types(): string[] {
    return this.events.map((event) => event.type)
  }

  wait<T extends EventType>(type: T, accept: (properties: EventMap[T]) => boolean = () => true): Promise<EventMap[T]> {
    return until(() => this.of(type).find(accept), {
      what: `event ${type}`,
      wake: (look) => this.#bus.subscribe(() => queueMicrotask(look)),
    })
  }

  /** Event types in order, runs of deltas folded, the events named in `but` left out. */
  outline(...but: string[]): string[] {
    const out: string[] = []
    for (const event of this.events) {
      if (but.includes(event.type)) continue
      const line = describe(event)
      if (line === "delta" && out.at(-1) === "delta") continue
      // A checkpoint that was slower than the model is added to the step-start part later.
      if (line === "step-start" && out.includes(line) && out.lastIndexOf("assistant") < out.lastIndexOf(line)) continue
      out.push(line)
    }
    return out
  }
}

function describe(event: BusEvent): string {
  if (event.type === "message.part.delta") return "delta"
  if (event.type === "message.updated") return (event.properties as EventMap["message.updated"]).info.role
  if (event.type === "session.status") return (event.properties as EventMap["session.status"]).status.type
  if (event.type === "message.part.updated") {
    const { part } = event.properties as EventMap["message.part.updated"]
    return part.type === "tool" ? `tool ${part.state.status}` : part.type
  }
  return event.type
}

export interface World extends AsyncDisposable {
  engine: Engine
  instance: Instance
  model: FakeModel
  log: Log
  directory: string
  env: Record<string, string | undefined>
  session(): Promise<Session>
  /** Runs one prompt to its end and returns the session's messages. */
  ask(session: Session, text: string): Promise<MessageWithParts[]>
}

export interface WorldOptions {
  files?: Record<string, string>
  git?: boolean
  config?: Record<string, unknown>
  /** Changes the configuration of the fake provider's options. */
  provider?: Record<string, unknown>
  /** Whether the fake models can call tools; they can unless told otherwise. */
  toolcall?: boolean
  /** Limits of the fake models, for tests with a small context. */
  limit?: { context: number; input?: number; output: number }
  env?: Record<string, string>
}

/** An engine with a fake model, a home and a project of its own. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack()
  const model = stack.use(await startFakeModel())
  const home = stack.use(await tempHome())
  const project = stack.use(
    await tempProject({ files: options.files ?? { "a.txt": "one\ntwo\nthree\n" }, git: options.git ?? false }),
  )
  const config = fakeConfig(model.url, options.config)
  Object.assign(config.provider.fake?.options ?? {}, options.provider)
  if (config.provider.fake) config.provider.fake.models = structuredClone(config.provider.fake.models)
  for (const model of Object.values(config.provider.fake?.models ?? {})) {
    if (options.limit) model.limit = options.limit
    if (options.toolcall !== undefined) model.tool_call = options.toolcall
  }
  const env = {
    ...home.env,
    KILO_CONFIG_CONTENT: JSON.stringify(config),
    ...options.env,
  }
  const engine = createEngine({ version: "0.1.0", env, cwd: project.directory })
  stack.defer(() => engine.close())
  const log = new Log(engine.bus)
  const instance = await engine.instance(project.directory)
  return {
    engine,
    instance,
    model,
    log,
    directory: project.directory,
    env,
    session: () => instance.sessions.create({ title: "Test" }),
    async ask(session, text) {
      await instance.sessions.prompt(session.id, { parts: [{ type: "text", text }] })
      return engine.sessions.messages(session.id).items
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** The parts of one type of all messages. */
export function partsOf<T extends Part["type"]>(messages: MessageWithParts[], type: T): Extract<Part, { type: T }>[] {
  return messages.flatMap((item) => item.parts).filter((part): part is Extract<Part, { type: T }> => part.type === type)
}
