import { type ChildProcessByStdio, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { isAbsolute } from "node:path"
import type { Readable, Writable } from "node:stream"
import type { EngineOptions } from "../engine.ts"
import { childEnvironment } from "./environment.ts"
import { findProgram } from "./find.ts"
import { killTree } from "./kill.ts"

const STDERR_KEPT = 4000

export interface ChildOptions {
  /** Program and arguments; a bare name is looked for on PATH. */
  command: readonly string[]
  cwd: string
  env: EngineOptions["env"]
  /** Added to the environment. */
  more?: Record<string, string>
}

/** A long-running helper process that is talked to over its standard streams. */
export interface Child {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Settles when the process is gone: says how it ended, with the end of what it wrote to standard error. */
  readonly ended: Promise<string>
  /** The last lines on standard error so far. */
  complaint(): string
  /** Closes its input, then ends it with everything it started. */
  stop(): Promise<void>
}

/**
 * Starts a helper in a process group of its own. Rejects with a message for people when it can't be started.
 * Errors on its streams are swallowed here: a process that is gone is told by `ended`.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const [name, ...args] = options.command
  if (!name) throw new Error("The command is empty.")
  const env = { ...options.env, ...options.more }
  const bare = !isAbsolute(name) && !/[/\\]/.test(name)
  const program = bare ? await findProgram(name, env) : name
  if (program === undefined)
    throw new Error(`The program "${name}" is not found on PATH. Install it or name its full path.`)
  const marker = randomUUID()
  const batch = process.platform === "win32" && /\.(cmd|bat)$/i.test(program)
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    batch ? "cmd.exe" : program,
    batch ? ["/d", "/c", program, ...args] : args,
    {
      cwd: options.cwd,
      env: childEnvironment(options.env, marker, options.more),
      stdio: ["pipe", "pipe", "pipe"],
      detached: process.platform !== "win32",
      windowsHide: true,
    },
  )
  let errors = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-STDERR_KEPT)
  })
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => undefined)
  const complaint = () => errors.trim()
  const gone = Promise.withResolvers<string>()
  const started = Promise.withResolvers<void>()
  child.once("spawn", () => started.resolve())
  child.once("error", (error) => {
    started.reject(new Error(`Can't start ${program}: ${error.message}`))
    gone.resolve(error.message)
  })
  child.once("exit", (code, signal) => {
    // What it wrote last may still be in the pipe.
    setImmediate(() => gone.resolve(said(signal ? `ended by ${signal}` : `ended with exit code ${code}`, complaint())))
  })
  await started.promise
  const pid = child.pid ?? 0
  // At once, while its number can't belong to anybody else: what it started must not go on alone.
  let leftovers: Promise<void> | undefined
  child.once("exit", () => {
    leftovers ??= killTree(pid, marker)
  })
  let stopping: Promise<void> | undefined
  return {
    pid,
    stdin: child.stdin,
    stdout: child.stdout,
    ended: gone.promise,
    complaint,
    stop() {
      stopping ??= (async () => {
        child.stdin.end()
        leftovers ??= killTree(pid, marker)
        await leftovers
        await gone.promise
        child.stdout.destroy()
        child.stderr.destroy()
      })()
      return stopping
    },
  }
}

function said(how: string, complaint: string): string {
  const last = complaint.split("\n").slice(-5).join("\n")
  return last === "" ? how : `${how}: ${last}`
}
