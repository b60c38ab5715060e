import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Plan, startModel } from "./model.ts"
import { cpu, type EventStream, makeHome, type Running, removeHome, resident, type Subject, start } from "./subject.ts"

/** Figures of one subject by name of the measure; several values of one measure give a median. */
export type Figures = Record<string, number[]>

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function quantile(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
}

/** A small git repository of its own for one run. */
function makeProject(): string {
  const dir = mkdtempSync(join(tmpdir(), "kilo-bench-project-"))
  mkdirSync(join(dir, "src"))
  for (let i = 0; i < 20; i++) writeFileSync(join(dir, "src", `file${i}.ts`), `export const value${i} = ${i}\n`)
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=b", "-c", "user.email=b@b", ...args], { cwd: dir, stdio: "ignore" })
  git("init", "-q")
  git("add", "-A")
  git("commit", "-qm", "start")
  return dir
}

/** Start, memory, idle CPU and stop. */
export async function lifecycle(subject: Subject, runs: number): Promise<Figures> {
  const figures: Figures = {}
  const project = makeProject()
  const warm = makeHome()
  await (await start(subject, { home: warm, cwd: project })).stop()
  for (let i = 0; i < runs; i++) {
    const empty = makeHome()
    const first = await start(subject, { home: empty, cwd: project })
    add(figures, "spawn -> health, empty home (ms)", first.ready)
    await first.stop()
    removeHome(empty)
    const running = await start(subject, { home: warm, cwd: project })
    add(figures, "spawn -> health, warm (ms)", running.ready)
    await pause(3000)
    add(figures, "resident memory, idle (MiB)", resident(running.pid))
    if (i === 0) {
      const before = cpu(running.pid)
      await pause(10_000)
      add(figures, "CPU when idle (% of a core)", ((cpu(running.pid) - before) / 10) * 100)
    }
    add(figures, "SIGTERM -> exit (ms)", await running.stop())
  }
  removeHome(warm)
  rmSync(project, { recursive: true, force: true })
  return figures
}

/** Everything that happens in turns. */
export async function turns(subject: Subject, runs: number): Promise<Figures> {
  const figures: Figures = {}
  const model = await startModel()
  const project = makeProject()
  const home = makeHome()
  const running = await start(subject, { home, cwd: project, model: model.url })
  const closing = new AbortController()
  const stream = await running.events(closing.signal)
  const bench = new Bench(running, stream, model, project)
  const more = Array.from({ length: 5 }, makeProject)
  try {
    add(figures, "first request of a new directory (ms)", await bench.timed(() => running.call("GET", "/path")))
    add(figures, "first prompt of a new directory -> model request (ms)", (await bench.promptToModel()).ms)
    for (let i = 0; i < runs; i++) {
      const { ms, bytes } = await bench.promptToModel()
      add(figures, "prompt -> model request (ms)", ms)
      add(figures, "request for a one-line prompt (KiB)", bytes / 1024)
    }
    for (let i = 0; i < runs; i++)
      add(
        figures,
        "first delta of a turn -> SSE client (ms)",
        (await bench.deltas({ deltas: 1, every: 0 }))[0] ?? Number.NaN,
      )
    const steady = await bench.deltas({ deltas: 300, every: 10 })
    add(figures, "delta every 10 ms -> SSE client, p50 (ms)", quantile(steady, 0.5))
    add(figures, "delta every 10 ms -> SSE client, p99 (ms)", quantile(steady, 0.99))
    for (let i = 0; i < Math.min(3, runs); i++) {
      const before = cpu(running.pid)
      const at = performance.now()
      await bench.deltas({ deltas: 5000, every: 0 })
      add(figures, "5,000 deltas at once: wall (ms)", performance.now() - at)
      add(figures, "5,000 deltas at once: server CPU (s)", cpu(running.pid) - before)
    }
    for (let i = 0; i < runs; i++) {
      add(
        figures,
        "turn with one read tool call (ms)",
        await bench.turn({
          deltas: 1,
          every: 0,
          tool: { name: "read", args: { filePath: join(project, "src", "file1.ts") } },
        }),
      )
      add(
        figures,
        "turn with one bash tool call (ms)",
        await bench.turn({
          deltas: 1,
          every: 0,
          tool: { name: "bash", args: { command: "echo hi", description: "Say hi" } },
        }),
      )
      add(figures, "abort -> first idle event (ms)", await bench.abort())
    }
    const many = await bench.parallel(20, { deltas: 300, every: 5 })
    add(figures, "20 sessions x 300 deltas: p50 (ms)", quantile(many.latencies, 0.5))
    add(figures, "20 sessions x 300 deltas: p99 (ms)", quantile(many.latencies, 0.99))
    add(figures, "20 sessions x 300 deltas: server CPU (s)", many.cpu)
    add(figures, "resident memory after that (MiB)", resident(running.pid))
    await bench.fill(figures, runs)
    // Last, because turns that were given up go on; a server that loses deltas here has no figure.
    const spread = await bench.parallel(20, { deltas: 300, every: 5 }, more).catch((error: unknown) => {
      console.error(`${subject.name}, 20 sessions over 5 directories: ${error}`)
      return { latencies: [] }
    })
    add(figures, "20 sessions over 5 directories: p50 (ms)", quantile(spread.latencies, 0.5))
    add(figures, "20 sessions over 5 directories: p99 (ms)", quantile(spread.latencies, 0.99))
  } finally {
    closing.abort()
    await running.stop()
    model.close()
    removeHome(home)
    for (const directory of [project, ...more]) rmSync(directory, { recursive: true, force: true })
  }
  return figures
}

class Bench {
  readonly #running: Running
  readonly #stream: EventStream
  readonly #model: Awaited<ReturnType<typeof startModel>>
  readonly #project: string

  constructor(running: Running, stream: EventStream, model: Awaited<ReturnType<typeof startModel>>, project: string) {
    this.#running = running
    this.#stream = stream
    this.#model = model
    this.#project = project
  }

  async timed(action: () => Promise<Response>): Promise<number> {
    const at = performance.now()
    const response = await action()
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`${response.url}: ${response.status}`)
    return performance.now() - at
  }

  async session(directory?: string): Promise<string> {
    const response = await this.#running.call("POST", "/session", { title: "bench" }, directory)
    return ((await response.json()) as { id: string }).id
  }

  /** Sends a prompt and resolves when its turn is over: the first idle event after the model was called. */
  async #prompt(
    session: string,
    plan: Partial<Plan>,
  ): Promise<{ called: Promise<{ at: number; bytes: number }>; idle: Promise<number> }> {
    const called = this.#model.nextCall()
    const idle = called
      .then(() => this.#stream.next((frame) => isIdle(frame.type, frame.properties, session)))
      .then((frame) => frame.at)
    const response = await this.#running.call("POST", `/session/${session}/prompt_async`, {
      parts: [{ type: "text", text: `plan${JSON.stringify(plan)}endplan` }],
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`prompt: ${response.status}`)
    return { called, idle }
  }

  async promptToModel(): Promise<{ ms: number; bytes: number }> {
    const session = await this.session()
    const at = performance.now()
    const { called, idle } = await this.#prompt(session, { deltas: 1 })
    const call = await called
    await idle
    return { ms: call.at - at, bytes: call.bytes }
  }

  async turn(plan: Plan): Promise<number> {
    const session = await this.session()
    const at = performance.now()
    const { idle } = await this.#prompt(session, plan)
    return (await idle) - at
  }

  /** Milliseconds from the model writing each delta until the SSE client has it. */
  async deltas(plan: Plan): Promise<number[]> {
    const from = this.#stream.frames.length
    const session = await this.session()
    await (await this.#prompt(session, plan)).idle
    return latencies(this.#stream, from, new Set([session]))
  }

  async abort(): Promise<number> {
    const session = await this.session()
    const delta = this.#stream.next(
      (frame) => frame.type === "message.part.delta" && frame.properties.sessionID === session,
    )
    const { called, idle } = await this.#prompt(session, { deltas: 10_000, every: 5 })
    await called
    await delta
    const at = performance.now()
    const response = await this.#running.call("POST", `/session/${session}/abort`)
    await response.arrayBuffer()
    return (await idle) - at
  }

  /** Streams in many sessions at once, spread over directories when some are given. Throws when a delta was lost or came out of turn. */
  async parallel(count: number, plan: Plan, directories: string[] = []): Promise<{ latencies: number[]; cpu: number }> {
    const sessions: string[] = []
    for (const directory of directories) {
      await (await this.#prompt(await this.session(directory), { deltas: 1 })).idle
    }
    for (let i = 0; i < count; i++) sessions.push(await this.session(directories[i % directories.length]))
    const from = this.#stream.frames.length
    const before = cpu(this.#running.pid)
    const turns = await Promise.all(sessions.map((session) => this.#prompt(session, plan)))
    await Promise.all(turns.map((turn) => turn.idle))
    for (const session of sessions) inOrder(this.#stream, from, session, plan.deltas)
    return { latencies: latencies(this.#stream, from, new Set(sessions)), cpu: cpu(this.#running.pid) - before }
  }

  /** Lists: 1,000 sessions, and a session with 300 messages. */
  async fill(figures: Figures, runs: number) {
    const session = await this.session()
    for (let i = 0; i < 300; i++) {
      const body = { noReply: true, parts: [{ type: "text", text: `message ${i} of a long conversation` }] }
      await (await this.#running.call("POST", `/session/${session}/message`, body)).arrayBuffer()
    }
    for (let i = 0; i < 1000; i++) await this.session()
    for (let i = 0; i < runs * 3; i++) {
      add(
        figures,
        "list of 1,000 sessions (ms)",
        await this.timed(() =>
          this.#running.call("GET", `/session?limit=1000&directory=${encodeURIComponent(this.#project)}`),
        ),
      )
      add(
        figures,
        "300 messages of a session (ms)",
        await this.timed(() => this.#running.call("GET", `/session/${session}/message`)),
      )
    }
  }
}

function isIdle(type: string, properties: Record<string, unknown>, session: string): boolean {
  if (properties.sessionID !== session) return false
  return type === "session.idle"
}

/** Every delta of a session has arrived, once, in the order in which the model sent them. */
function inOrder(stream: EventStream, from: number, session: string, count: number) {
  const stamps = stream.frames
    .slice(from)
    .filter((frame) => frame.type === "message.part.delta" && frame.properties.sessionID === session)
    .flatMap((frame) => [...String(frame.properties.delta).matchAll(/@([\d.]+) /g)].map((stamp) => Number(stamp[1])))
  if (stamps.length !== count) throw new Error(`${session}: ${stamps.length} of ${count} deltas arrived`)
  if (stamps.some((stamp, at) => at > 0 && stamp < (stamps[at - 1] ?? 0))) {
    throw new Error(`${session}: deltas arrived out of order`)
  }
}

function latencies(stream: EventStream, from: number, sessions: Set<string>): number[] {
  const found: number[] = []
  for (const frame of stream.frames.slice(from)) {
    if (frame.type !== "message.part.delta" || !sessions.has(String(frame.properties.sessionID))) continue
    for (const stamp of String(frame.properties.delta).matchAll(/@([\d.]+) /g)) found.push(frame.at - Number(stamp[1]))
  }
  return found
}

function add(figures: Figures, name: string, value: number) {
  const values = figures[name] ?? []
  values.push(value)
  figures[name] = values
}
