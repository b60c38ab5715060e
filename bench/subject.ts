import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A server program to measure. */
export interface Subject {
  name: string
  command: string
}

const PASSWORD = "bench"
const AUTH = `Basic ${Buffer.from(`kilo:${PASSWORD}`).toString("base64")}`

/** A throw-away home with nothing of the user's in it. */
export function makeHome(): string {
  return mkdtempSync(join(tmpdir(), "kilo-bench-"))
}

export interface Running {
  url: string
  pid: number
  /** Milliseconds from spawn to the first successful health answer. */
  ready: number
  /** In the directory that it was started in unless another one is given. */
  call(method: string, path: string, body?: unknown, directory?: string): Promise<Response>
  events(signal: AbortSignal): Promise<EventStream>
  /** Sends SIGTERM; resolves with the milliseconds until the process was gone. */
  stop(): Promise<number>
}

/** Starts the subject with a clean environment and waits until it is healthy. */
export async function start(
  subject: Subject,
  options: { home: string; cwd: string; model?: string },
): Promise<Running> {
  const port = await freePort()
  const started = performance.now()
  const child = spawn(subject.command, ["serve", "--hostname", "127.0.0.1", "--port", String(port)], {
    cwd: options.cwd,
    env: environment(options.home, options.model),
    stdio: ["ignore", "pipe", "ignore"],
  })
  // A request before this line can be left without an answer for good.
  const listening = new Promise<void>((resolve) => {
    let text = ""
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk
      if (text.includes("listening on http")) resolve()
    })
  })
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const url = `http://127.0.0.1:${port}`
  await Promise.race([listening, exited])
  await healthy(url, child)
  const ready = performance.now() - started
  const call = (method: string, path: string, body?: unknown, directory = options.cwd) =>
    fetch(url + path, {
      method,
      headers: {
        authorization: AUTH,
        "content-type": "application/json",
        "x-kilo-directory": encodeURIComponent(directory),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  return {
    url,
    pid: child.pid ?? 0,
    ready,
    call,
    events: (signal) => EventStream.open(`${url}/global/event`, signal),
    stop: async () => {
      const at = performance.now()
      child.kill("SIGTERM")
      await exited
      return performance.now() - at
    },
  }
}

async function healthy(url: string, child: ChildProcess) {
  const deadline = performance.now() + 60_000
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode} before it was healthy`)
    const ok = await fetch(`${url}/global/health`, {
      headers: { authorization: AUTH },
      signal: AbortSignal.timeout(1000),
    }).then(
      async (response) => {
        await response.arrayBuffer()
        return response.ok
      },
      () => false,
    )
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error("the server was not healthy within 60 s")
}

function environment(home: string, model?: string): Record<string, string> {
  for (const dir of ["data", "config", "state", "cache"]) mkdirSync(join(home, dir), { recursive: true })
  const content = model
    ? {
        model: "fake/m1",
        small_model: "fake/m1",
        provider: {
          fake: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: model, apiKey: "k" },
            models: { m1: { name: "M1", tool_call: true, limit: { context: 200_000, output: 8000 } } },
          },
        },
      }
    : {}
  return {
    PATH: process.env.PATH ?? "",
    LANG: "C.UTF-8",
    SHELL: "/bin/sh",
    HOME: home,
    TMPDIR: tmpdir(),
    XDG_DATA_HOME: join(home, "data"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_STATE_HOME: join(home, "state"),
    XDG_CACHE_HOME: join(home, "cache"),
    KILO_SERVER_PASSWORD: PASSWORD,
    KILO_TELEMETRY_LEVEL: "off",
    KILO_DISABLE_AUTOUPDATE: "1",
    KILO_DISABLE_MODELS_FETCH: "1",
    KILO_DISABLE_LSP_DOWNLOAD: "1",
    KILO_DISABLE_SESSION_INGEST: "1",
    KILO_DISABLE_PRESENCE: "1",
    KILO_CONFIG_CONTENT: JSON.stringify(content),
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0))
    })
  })
}

export interface Frame {
  at: number
  type: string
  properties: Record<string, unknown>
}

/** Reads /global/event and keeps the arrival time of each frame. */
export class EventStream {
  readonly frames: Frame[] = []
  #waiting: { test: (frame: Frame) => boolean; resolve: (frame: Frame) => void }[] = []

  static async open(url: string, signal: AbortSignal): Promise<EventStream> {
    const response = await fetch(url, { headers: { authorization: AUTH }, signal })
    if (!response.ok || !response.body) throw new Error(`event stream: ${response.status}`)
    const stream = new EventStream()
    const connected = stream.next((frame) => frame.type === "server.connected")
    stream.#read(response.body).catch((error: unknown) => {
      if (!signal.aborted) console.error(error)
    })
    await connected
    return stream
  }

  /** Resolves with the next frame that fits; fails after a minute, which no measured step takes. */
  next(test: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        const last = this.frames.slice(-5).map((frame) => frame.type)
        reject(new Error(`an expected event did not come within 60 s; the last ones were ${last.join(", ")}`))
      }, 60_000)
      const found = (frame: Frame) => {
        clearTimeout(late)
        resolve(frame)
      }
      this.#waiting.push({ test, resolve: found })
    })
  }

  async #read(body: ReadableStream<Uint8Array>) {
    const decoder = new TextDecoder()
    let rest = ""
    for await (const chunk of body) {
      const at = performance.now()
      rest += decoder.decode(chunk, { stream: true })
      const frames = rest.split("\n\n")
      rest = frames.pop() ?? ""
      for (const raw of frames) this.#take(raw, at)
    }
  }

  #take(raw: string, at: number) {
    const data = raw.split("\n").find((line) => line.startsWith("data: "))
    if (!data) return
    const { payload } = JSON.parse(data.slice(6)) as { payload: { type: string; properties?: Record<string, unknown> } }
    const frame = { at, type: payload.type, properties: payload.properties ?? {} }
    this.frames.push(frame)
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!test(frame)) return true
      resolve(frame)
      return false
    })
  }
}

function tree(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    const stat = statOf(Number(name))
    if (stat) parents.set(Number(name), Number(stat[1]))
  }
  const found = [pid]
  for (let i = 0; i < found.length; i++)
    for (const [child, parent] of parents) if (parent === found[i]) found.push(child)
  return found
}

/** Fields of /proc/PID/stat after the command name; undefined when the process is gone. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    return text.slice(text.lastIndexOf(")") + 2).split(" ")
  } catch {
    return undefined
  }
}

/** CPU seconds that the process and its living children have used. */
export function cpu(pid: number): number {
  return tree(pid).reduce((sum, one) => {
    const stat = statOf(one)
    return stat ? sum + (Number(stat[11]) + Number(stat[12])) / 100 : sum
  }, 0)
}

/** Resident MiB of the process and its children. */
export function resident(pid: number): number {
  return tree(pid).reduce((sum, one) => {
    const pages = statOf(one)?.[21]
    return pages ? sum + (Number(pages) * 4096) / 2 ** 20 : sum
  }, 0)
}

export function removeHome(home: string) {
  rmSync(home, { recursive: true, force: true })
}
