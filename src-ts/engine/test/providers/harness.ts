import { type FakeModel, fakeConfig, startFakeModel, tempHome, tempProject, until } from "@kilo-split/testkit"
import {
  type AssistantMessage,
  type BusEvent,
  createEngine,
  type Instance,
  type Part,
  type Session,
} from "../../src/index.ts"

/** The wires, by the provider of the test configuration that speaks each. */
export const WIRES = [
  ["OpenAI chat completions", "fake", "chat"],
  ["OpenAI Responses", "fake-responses", "responses"],
  ["Anthropic Messages", "fake-anthropic", "anthropic"],
  ["Gemini", "fake-google", "gemini"],
] as const

export interface Answer {
  info: AssistantMessage
  parts: Part[]
}

/** An engine of its own on a project of its own, with every provider leading to one fake model. */
export interface Bench extends AsyncDisposable {
  fake: FakeModel
  instance: Instance
  directory: string
  events: BusEvent[]
  session(): Promise<Session>
  /** The first event, past or coming, that matches. */
  waitFor(predicate: (event: BusEvent) => boolean): Promise<BusEvent>
  /** Prompts and waits for the end of the turn: the last assistant message. */
  prompt(text: string, options?: { session?: string; signal?: AbortSignal }): Promise<Answer>
  /** All assistant messages of a session, oldest first. */
  answers(session: string): Answer[]
}

const FILES = { "a.txt": "alpha\n", "b.txt": "beta\n" }

export async function startBench(
  providerID: string,
  options: {
    env?: Record<string, string>
    providerOptions?: Record<string, unknown>
    /** Package of a provider that the test configuration does not hold; it gets the fake model's OpenAI address. */
    npm?: string
  } = {},
): Promise<Bench> {
  const fake = await startFakeModel()
  const home = await tempHome()
  const project = await tempProject({ files: FILES })
  const base = fakeConfig(fake.url)
  const providers = base.provider
  const like = providers[providerID] ?? providers.fake
  if (like) {
    const npm = options.npm ?? like.npm
    providers[providerID] = { ...like, npm, options: { ...like.options, ...options.providerOptions } }
  }
  const env = { ...home.env, KILO_CONFIG_CONTENT: JSON.stringify(base), KILO_SESSION_RETRY_LIMIT: "0", ...options.env }
  const engine = createEngine({ version: "0.0.0", env, cwd: project.directory })
  const events: BusEvent[] = []
  engine.bus.subscribe((event) => events.push(event))
  const instance = await engine.instance(project.directory)
  // A title of its own keeps the extra call that makes one out of the way.
  const session = () => instance.sessions.create({ title: "A test" })
  return {
    fake,
    instance,
    directory: project.directory,
    events,
    session,
    waitFor: (predicate) =>
      until(() => events.find(predicate), { wake: (look) => engine.bus.subscribe(look), what: String(predicate) }),
    async prompt(text, { session: id, signal } = {}) {
      const sessionID = id ?? (await session()).id
      const message = await instance.sessions.prompt(
        sessionID,
        { model: { providerID, modelID: "m1" }, parts: [{ type: "text", text }] },
        signal,
      )
      if (message.info.role !== "assistant") throw new Error("The turn ended without an answer")
      return { info: message.info, parts: message.parts }
    },
    answers: (id) =>
      engine.sessions
        .messages(id)
        .items.flatMap(({ info, parts }) => (info.role === "assistant" ? [{ info, parts }] : [])),
    async [Symbol.asyncDispose]() {
      await engine.close()
      await fake.stop()
      await project[Symbol.asyncDispose]()
      await home[Symbol.asyncDispose]()
    },
  }
}

/** Parts of one type. */
export function ofType<T extends Part["type"]>(parts: Part[], type: T): Extract<Part, { type: T }>[] {
  return parts.filter((part): part is Extract<Part, { type: T }> => part.type === type)
}

/** The visible text of an answer. */
export function textOf(answer: Answer): string {
  return ofType(answer.parts, "text")
    .filter((part) => !part.ignored)
    .map((part) => part.text)
    .join("")
}
