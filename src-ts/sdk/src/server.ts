/// <reference lib="esnext.disposable" preserve="true" />
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { createKiloClient, type KiloClientOptions } from "./client.ts"
import { KiloError } from "./error.ts"
import type { KiloClient } from "./gen/sdk.gen.ts"

export interface KiloServerOptions {
  /** Path of the `kilo` command; the one on PATH when missing. */
  command?: string
  /** Loopback when missing. */
  hostname?: string
  /** 0, or missing: any free one. */
  port?: number
  /** Milliseconds until it must listen; 10,000 when missing. */
  timeout?: number
  /** Ends the server, also while it starts. */
  signal?: AbortSignal
  /** Configuration beside the user's files (KILO_CONFIG_CONTENT). */
  config?: Record<string, unknown>
  /** Made up when missing, so that no other program of this machine can use the server. */
  password?: string
  /** Directory of requests that name none. */
  cwd?: string
  /** Added to this process's environment; undefined takes one out. */
  env?: Record<string, string | undefined>
}

export interface KiloServer extends AsyncDisposable {
  readonly url: string
  readonly password: string
  readonly pid: number
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<void>
  /** A client of this server. */
  client(options?: Omit<KiloClientOptions, "baseUrl" | "password" | "username">): KiloClient
  /** Stops it and waits for the end; killed when it takes longer than 5 s. */
  close(): Promise<void>
}

const START_MS = 10_000
const STOP_MS = 5000
const LINE = /^(?:kilo|opencode) server listening on (https?:\/\/\S+)/m
const MOST_OUTPUT = 16 * 1024

/**
 * Starts `kilo serve` and resolves when it listens. It ends with this process, with `close()`, or with the signal.
 * Rejects with a KiloError that holds what the command printed, or with the signal's reason.
 */
export async function createKiloServer(options: KiloServerOptions = {}): Promise<KiloServer> {
  const { command = "kilo", hostname = "127.0.0.1", port = 0, timeout = START_MS, signal } = options
  signal?.throwIfAborted()
  const password = options.password ?? randomUUID()
  const child = spawn(command, ["serve", `--hostname=${hostname}`, `--port=${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
    // The command is a script there.
    shell: process.platform === "win32",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: {
      ...process.env,
      ...options.env,
      KILO_SERVER_PASSWORD: password,
      KILO_PARENT_PID: String(process.pid),
      ...(options.config ? { KILO_CONFIG_CONTENT: JSON.stringify(options.config) } : {}),
    },
  })
  const exited = new Promise<void>((done) => {
    child.once("exit", () => done())
    child.once("error", () => done())
  })
  const close = () => stop(child, exited)
  const abort = () => void close()
  signal?.addEventListener("abort", abort, { once: true })
  void exited.then(() => signal?.removeEventListener("abort", abort))
  try {
    const url = await listening(child, command, timeout, signal)
    return {
      url,
      password,
      pid: child.pid ?? 0,
      exited,
      client: (more = {}) => createKiloClient({ ...more, baseUrl: url, password }),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function listening(child: ChildProcess, command: string, timeout: number, signal?: AbortSignal): Promise<string> {
  return new Promise((done, failed) => {
    let output = ""
    let found = false
    const timer = setTimeout(() => fail(`did not listen within ${timeout} ms`), timeout)
    const aborted = () => end(() => failed(signal?.reason))
    const end = (report: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", aborted)
      report()
    }
    const fail = (what: string) => {
      const said = output.trim() ? `\n${output.trim()}` : ""
      end(() => failed(new KiloError(`${command} serve ${what}.${said}`)))
    }
    signal?.addEventListener("abort", aborted, { once: true })
    const read = (text: string) => {
      // Read on, so that the server never waits for us; kept only until the line is there.
      if (found) return
      output = (output + text).slice(-MOST_OUTPUT)
      // A line that is still being written is not yet one.
      const url = LINE.exec(output.slice(0, output.lastIndexOf("\n") + 1))?.[1]
      if (!url) return
      found = true
      end(() => done(url))
    }
    child.stdout?.setEncoding("utf8").on("data", read)
    child.stderr?.setEncoding("utf8").on("data", read)
    child.once("error", (error) => fail(`could not be started (${error.message})`))
    child.once("exit", (code, by) => fail(`ended with ${by ?? `code ${code}`} before it listened`))
  })
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS)
  await exited
  clearTimeout(timer)
}
