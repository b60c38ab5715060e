import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { type Recorder, type RecorderOptions, recordEvents } from "../events/index.ts"
import { type TempHome, tempHome } from "../project/index.ts"
import { until } from "../wait/index.ts"

/** Root of the repository: tests start the CLI as users get it. */
export const repository = resolve(import.meta.dirname, "../../../..")

export interface KiloOptions {
  /** Added to the isolated environment. */
  env?: Record<string, string>
  cwd?: string
  /** Goes into KILO_CONFIG_CONTENT. */
  config?: Record<string, unknown>
  /** A home of its own when not given; a given one is kept, so that a second server can find its data. */
  home?: TempHome
  /** Command and its first arguments; the bundled CLI when not given. */
  launcher?: string[]
  /** Arguments after `serve`; `--port 0` when not given. */
  args?: string[]
  /** `null` starts it without a password. */
  password?: string | null
  /** Milliseconds until the port line must have come. */
  deadline?: number
}

export interface RunningKilo extends AsyncDisposable {
  readonly url: string
  readonly password: string | undefined
  readonly pid: number
  readonly home: TempHome
  /** Everything printed so far. */
  readonly stdout: string
  readonly stderr: string
  /** Settles when the process has ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** fetch with the credentials; `json` is sent as the body, `directory` as the query. */
  fetch(path: string, init?: RequestInit & { json?: unknown; directory?: string }): Promise<Response>
  /** The same, parsed; rejects with status and body unless the answer is 2xx. */
  api<T = Record<string, unknown>>(
    path: string,
    init?: RequestInit & { json?: unknown; directory?: string },
  ): Promise<T>
  events(options?: Omit<RecorderOptions, "password" | "username">): Promise<Recorder>
  /** SIGTERM, then waits for the end; SIGKILL when it does not come within the deadline, which rejects. */
  stop(deadline?: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Ends the process without any chance to clean up. */
  kill9(): Promise<void>
}

/**
 * Starts `kilo serve` as a real process and waits for the line that names its port. It ends with the test process even
 * when that one is killed (KILO_PARENT_PID). Rejects with the printed output when the line does not come.
 */
export async function startKilo(options: KiloOptions = {}): Promise<RunningKilo> {
  const home = options.home ?? (await tempHome())
  const launcher = options.launcher ?? [bundledCli()]
  const password = options.password === null ? undefined : (options.password ?? randomUUID())
  const [command = "", ...first] = launcher
  const child = spawn(command, [...first, "serve", ...(options.args ?? ["--port", "0"])], {
    cwd: options.cwd ?? home.directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...home.env,
      KILO_PARENT_PID: String(process.pid),
      ...(password === undefined ? {} : { KILO_SERVER_PASSWORD: password }),
      ...(options.config ? { KILO_CONFIG_CONTENT: JSON.stringify(options.config) } : {}),
      ...options.env,
    },
  })
  const output = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text
  })
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done, failed) => {
    child.once("exit", (code, signal) => done({ code, signal }))
    child.once("error", failed)
  })
  let over = false
  exited.then(
    () => {
      over = true
    },
    () => {
      over = true
    },
  )

  const listening = /listening on (http:\/\/\S+)/
  const wake = (look: () => void) => {
    child.stdout.on("data", look)
    child.once("exit", look)
    child.once("error", look)
    return () => {
      child.stdout.off("data", look)
      child.off("exit", look)
      child.off("error", look)
    }
  }
  const url = await until(() => listening.exec(output.stdout)?.[1] ?? (over ? "over" : undefined), {
    wake,
    deadline: options.deadline ?? 20_000,
    what: "line with the port",
  }).catch(() => "late")
  if (!url.startsWith("http")) {
    child.kill("SIGKILL")
    await exited.catch(() => undefined)
    if (!options.home) await home[Symbol.asyncDispose]()
    const why = url === "over" ? "ended without listening" : "did not listen in time"
    throw new Error(`${launcher.join(" ")} serve ${why}.\nstdout: ${output.stdout}\nstderr: ${output.stderr}`)
  }

  const ask: RunningKilo["fetch"] = (path, { json, directory, ...init } = {}) => {
    const target = new URL(path, url)
    if (directory !== undefined) target.searchParams.set("directory", directory)
    const headers = new Headers(init.headers)
    if (password !== undefined && !headers.has("authorization")) {
      headers.set("authorization", `Basic ${Buffer.from(`kilo:${password}`).toString("base64")}`)
    }
    if (json !== undefined) headers.set("content-type", "application/json")
    const body = json === undefined ? {} : { body: JSON.stringify(json) }
    return fetch(target, { method: json === undefined ? "GET" : "POST", ...init, ...body, headers })
  }

  const stop: RunningKilo["stop"] = async (deadline = 10_000) => {
    if (over) return exited
    child.kill("SIGTERM")
    const timer = setTimeout(() => child.kill("SIGKILL"), deadline)
    const end = await exited
    clearTimeout(timer)
    if (end.signal === "SIGKILL") throw new Error(`kilo serve did not end within ${deadline} ms after SIGTERM`)
    return end
  }

  return {
    url,
    password,
    pid: child.pid ?? 0,
    home,
    get stdout() {
      return output.stdout
    },
    get stderr() {
      return output.stderr
    },
    exited,
    fetch: ask,
    async api(path, init) {
      const response = await ask(path, init)
      const text = await response.text()
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
      return text === "" ? undefined : JSON.parse(text)
    },
    events: (recorder) => recordEvents(url, { ...recorder, ...(password === undefined ? {} : { password }) }),
    stop,
    async kill9() {
      if (over) return
      const end = once(child, "exit")
      child.kill("SIGKILL")
      await end
    },
    async [Symbol.asyncDispose]() {
      if (!over) {
        child.kill("SIGTERM")
        const timer = setTimeout(() => child.kill("SIGKILL"), 5000)
        await exited
        clearTimeout(timer)
      }
      if (!options.home) await home[Symbol.asyncDispose]()
    },
  }
}

/** Path of the CLI as users get it. Throws when it is not built. */
export function bundledCli(): string {
  const file = join(repository, "cli-bundle", "dist", process.platform === "win32" ? "kilo.cmd" : "kilo")
  if (!existsSync(file)) throw new Error(`${file} is missing: build it with "node cli-bundle/build.mjs"`)
  return file
}
