import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { StringDecoder } from "node:string_decoder"
import type { EngineOptions } from "../../engine.ts"
import { groupEnds, killTree } from "../../process/index.ts"
import { ToolError } from "../define.ts"
import { type Shell, shellEnvironment } from "./shell.ts"

export interface RunOptions {
  shell: Shell
  command: string
  cwd: string
  env: EngineOptions["env"]
  timeoutMs: number
  abort: AbortSignal
  onText(text: string): void
}

export interface RunResult {
  /** Null when a signal ended the command. */
  exit: number | null
  ended: "exit" | "timeout" | "abort"
  /** Processes that the command left running were stopped. */
  leftovers: boolean
}

/** How long pipes may stay open after everything that could write to them is dead. */
const DRAIN_MS = 1000

/**
 * Runs a command in a session of its own, with nothing on standard input. Resolves when it and everything it started in
 * its group is gone; timeout and abort end the whole tree. Throws ToolError when the shell can't be started.
 */
export async function runCommand(options: RunOptions): Promise<RunResult> {
  const { shell, abort } = options
  const marker = randomUUID()
  const child = spawn(shell.program, shell.args(options.command), {
    cwd: options.cwd,
    env: shellEnvironment(options.env, marker),
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
    windowsVerbatimArguments: process.platform === "win32",
  })
  const exited = Promise.withResolvers<number | null>()
  const closed = Promise.withResolvers<void>()
  child.on("error", (error) => {
    exited.reject(new ToolError(`Can't start ${shell.program} in ${options.cwd}: ${error.message}`))
    closed.resolve()
  })
  child.on("exit", (code) => exited.resolve(code))
  child.on("close", () => closed.resolve())
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder("utf8")
    stream.on("data", (chunk: Buffer) => options.onText(decoder.write(chunk)))
    stream.on("end", () => options.onText(decoder.end()))
  }

  let ended: RunResult["ended"] = "exit"
  let killing: Promise<void> | undefined
  const stop = (why: "timeout" | "abort") => {
    if (killing || child.pid === undefined) return
    ended = why
    killing = killTree(child.pid, marker)
  }
  const onAbort = () => stop("abort")
  const timer = setTimeout(() => stop("timeout"), options.timeoutMs)
  abort.addEventListener("abort", onAbort, { once: true })
  if (abort.aborted) onAbort()
  try {
    const code = await exited.promise
    await killing
    let leftovers = false
    // A process substitution may still be writing its last lines.
    if (!killing && child.pid !== undefined && !(await groupEnds(child.pid))) {
      leftovers = true
      killing = killTree(child.pid, marker)
      await killing
    }
    await settled(closed.promise, DRAIN_MS)
    child.stdout.destroy()
    child.stderr.destroy()
    return { exit: ended === "exit" ? code : null, ended, leftovers }
  } finally {
    clearTimeout(timer)
    abort.removeEventListener("abort", onAbort)
  }
}

/** A descendant that left the tree on purpose may hold the pipe open for ever: it is not waited for. */
async function settled(wait: Promise<void>, limit: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, limit)
  await Promise.race([wait, promise])
  clearTimeout(timer)
}
