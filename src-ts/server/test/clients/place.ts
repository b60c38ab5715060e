import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fakeConfig, repository, startFakeModel, startKilo, tempProject } from "@kilo-split/testkit"
import { basic } from "../http.ts"

/** Path of another server of this API: `KILO_PEER=/path/to/kilo` runs these suites against it, with the same expectations. */
export const peer = process.env.KILO_PEER || undefined

/**
 * A known difference between the servers, explained in openapi/COMPATIBILITY.md under its mark. Gives what is expected of
 * the server that is tested.
 */
export function differs<A, B>(_mark: string, ours: A, theirs: B): A | B {
  return peer ? theirs : ours
}

const QUIET = {
  KILO_TELEMETRY_LEVEL: "off",
  KILO_DISABLE_AUTOUPDATE: "1",
  KILO_DISABLE_MODELS_FETCH: "1",
  KILO_DISABLE_LSP_DOWNLOAD: "1",
  KILO_DISABLE_SESSION_INGEST: "1",
  KILO_DISABLE_PRESENCE: "1",
  KILO_ENABLE_QUESTION_TOOL: "true",
  // Nothing listens there: tests ask nobody outside.
  KILO_API_URL: "http://127.0.0.1:9",
}

export interface PlaceOptions {
  extra?: Record<string, unknown>
  /** User name of the credentials. */
  user?: string
  prefix?: string
  files?: Record<string, string>
  env?: Record<string, string>
}

/** A server, ours or the peer, with a fake model and a project. `seen` collects the operations that clients have called. */
export async function place(options: PlaceOptions = {}) {
  await using stack = new AsyncDisposableStack()
  const model = stack.use(await startFakeModel())
  const files = { "a.txt": "one\ntwo\n", "sub/needle.txt": "find the needle\n", ...options.files }
  const project = stack.use(
    await tempProject({ files, git: true, ...(options.prefix ? { prefix: options.prefix } : {}) }),
  )
  const kilo = stack.use(
    await startKilo({
      config: fakeConfig(model.url, options.extra),
      env: { ...QUIET, ...options.env },
      deadline: 60_000,
      ...(peer ? { launcher: [peer] } : {}),
    }),
  )
  const seen = new Set<string>()
  const spy = (async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    const name = operationOf(request.method, new URL(request.url).pathname)
    if (name) seen.add(name)
    return fetch(request)
  }) as typeof fetch
  const rested = stack.move()
  return {
    model,
    project,
    kilo,
    seen,
    options: {
      baseUrl: kilo.url,
      directory: project.directory,
      fetch: spy,
      headers: { authorization: basic(options.user ?? "kilo", kilo.password ?? "") },
    },
    [Symbol.asyncDispose]: () => rested.disposeAsync(),
  }
}

export type Place = Awaited<ReturnType<typeof place>>

interface Operation {
  priority: string
  method: string
  path: string
}
const { operations } = JSON.parse(readFileSync(join(repository, "openapi/contract.json"), "utf8")) as {
  operations: Operation[]
}
/** Fixed paths first: `/session/status` is not a session. */
const patterns = operations
  .map(({ method, path }) => ({
    method,
    name: `${method} ${path}`,
    test: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  }))
  .sort((a, b) => a.name.split("{").length - b.name.split("{").length)

function operationOf(method: string, path: string): string | undefined {
  return patterns.find((entry) => entry.method === method && entry.test.test(path))?.name
}

const named = (wanted: string) =>
  operations.filter(({ priority }) => priority === wanted).map(({ method, path }) => `${method} ${path}`)

/** Operations by their priority in openapi/contract.json. */
export const [P0, P1] = [named("P0"), named("P1")]

export interface Incoming {
  type: string
  properties: Record<string, unknown>
}

/** Events until one matches; `started` is called once the stream is open. */
export async function follow(
  stream: AsyncGenerator<unknown>,
  started: () => unknown,
  until: (event: Incoming) => boolean | Promise<boolean>,
): Promise<Incoming[]> {
  const seen: Incoming[] = []
  for await (const item of stream) {
    const event = item as Incoming
    seen.push(event)
    if (event.type === "server.connected") await started()
    if (await until(event)) return seen
  }
  throw new Error(`the stream ended after ${seen.map((event) => event.type).join(" ")}`)
}
