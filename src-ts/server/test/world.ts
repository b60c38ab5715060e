import {
  type FakeModel,
  fakeConfig,
  type KiloOptions,
  type Recorder,
  type RunningKilo,
  startFakeModel,
  startKilo,
  type TempProject,
  tempProject,
} from "@kilo-split/testkit"

/** A running CLI that talks to the fake model, with a git project and an open event stream. */
export interface World extends AsyncDisposable {
  model: FakeModel
  kilo: RunningKilo
  project: TempProject
  events: Recorder
  /** A new session in the project. */
  session(body?: Record<string, unknown>): Promise<string>
  /** Sends a prompt and does not wait for the turn. */
  prompt(sessionID: string, text: string, more?: Record<string, unknown>): Promise<Response>
}

export interface WorldOptions extends KiloOptions {
  /** Merged into the configuration. */
  extra?: Record<string, unknown>
  files?: Record<string, string>
}

export async function world(options: WorldOptions = {}): Promise<World> {
  const { extra, files, ...rest } = options
  await using stack = new AsyncDisposableStack()
  const model = stack.use(await startFakeModel())
  const project = stack.use(await tempProject({ files: files ?? { "a.txt": "one\ntwo\nthree\n" }, git: true }))
  const kilo = stack.use(await startKilo({ config: fakeConfig(model.url, extra), ...rest }))
  const events = stack.use(await kilo.events())
  const rested = stack.move()
  return {
    model,
    kilo,
    project,
    events,
    async session(body = {}) {
      const made = await kilo.api<{ id: string }>("/session", { json: body, directory: project.directory })
      return made.id
    },
    prompt: (sessionID, text, more = {}) =>
      kilo.fetch(`/session/${sessionID}/prompt_async`, { json: { parts: [{ type: "text", text }], ...more } }),
    [Symbol.asyncDispose]: () => rested.disposeAsync(),
  }
}
