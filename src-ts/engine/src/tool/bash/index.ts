import { stat } from "node:fs/promises"
import { z } from "zod"
import type { EngineOptions } from "../../engine.ts"
import { define, ToolError } from "../define.ts"
import { BoundedOutput } from "../support/output.ts"
import { askDirectories, locate } from "../support/target.ts"
import type { Tool, ToolContext } from "../types.ts"
import { runCommand } from "./run.ts"
import { commandScope, wholeScope } from "./scope.ts"
import { chooseShell } from "./shell.ts"

export { commandScope } from "./scope.ts"

const DEFAULT_TIMEOUT_MS = 120_000
const MAX_TIMEOUT_MS = 600_000
const UPDATE_MS = 150

export interface BashOptions {
  env: EngineOptions["env"]
  shell?: string
  home?: string
  outputDir: string
  /** Characters that the model sees. */
  maxChars: number
}

/** Runs a shell command in the working directory. */
export function bashTool(options: BashOptions): Tool {
  return define({
    id: "bash",
    description:
      "Run a shell command in the working directory. There is no terminal and no input; what it leaves running is stopped when it ends. " +
      "Long output is shortened and kept in a file. Use the other tools to read, search and edit files.",
    shape: {
      command: z.string().min(1).describe("The command"),
      timeout: z.coerce.number().int().min(1).optional().describe("Milliseconds; default 120000, at most 600000"),
      description: z.string().optional().describe("What it does, in five to ten words"),
    },
    async execute(input, context) {
      const command = input.command.trim()
      if (command === "") throw new ToolError("The command is empty.")
      if (command.includes("\0")) throw new ToolError("A command can't contain a zero character.")
      const info = await stat(context.directory).catch(() => undefined)
      if (!info?.isDirectory()) throw new ToolError(`The working directory ${context.directory} does not exist.`)
      const description = input.description?.trim() || firstLine(command)
      const shell = chooseShell(options.shell, options.env)
      const scope = shell.posix ? commandScope(command, context.directory, options.home) : wholeScope(command)
      await askDirectories(context, await outside(context, scope.paths), { command })
      await context.ask({
        permission: "bash",
        patterns: scope.patterns,
        always: scope.always,
        metadata: { command: input.command, description },
      })

      const output = new BoundedOutput(options.outputDir, options.maxChars)
      const progress = throttled(UPDATE_MS, () => context.update({ metadata: { output: output.text() } }))
      context.update({ metadata: { output: "" } })
      try {
        const timeoutMs = Math.min(input.timeout ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS)
        const result = await runCommand({
          shell,
          command,
          cwd: context.directory,
          env: { ...options.env, ...(await context.environment?.()) },
          timeoutMs,
          abort: context.abort,
          onText(text) {
            output.add(text)
            progress.request()
          },
        })
        progress.stop()
        await output.close()
        const notes: string[] = []
        if (result.ended === "timeout") notes.push(`The command was stopped after ${timeoutMs} ms, its time limit.`)
        if (result.ended === "abort") notes.push("The user stopped this command.")
        if (result.leftovers) notes.push("Processes that were still running in the background were stopped.")
        if (result.exit !== null && result.exit !== 0) notes.push(`Exit code ${result.exit}.`)
        if (result.ended === "exit" && result.exit === null) notes.push("The command was ended by a signal.")
        const text = output.text()
        const note =
          notes.length > 0 ? `${text === "" ? "" : "\n\n"}<shell_metadata>\n${notes.join("\n")}\n</shell_metadata>` : ""
        return {
          title: description,
          output: text + note || "(no output)",
          metadata: { output: text, exit: result.exit, description, truncated: output.truncated },
        }
      } finally {
        progress.stop()
      }
    },
  })
}

async function outside(context: ToolContext, paths: string[]): Promise<string[]> {
  const targets = await Promise.all(paths.map((path) => locate(context, path)))
  return [...new Set(targets.filter((target) => target.outside).map((target) => target.real))]
}

function firstLine(command: string): string {
  const line = command.split("\n")[0] ?? command
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}

/** Calls `body` at most once in each interval, the last request included. */
function throttled(interval: number, body: () => void): { request(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let last = 0
  let stopped = false
  const fire = () => {
    timer = undefined
    last = Date.now()
    body()
  }
  return {
    request() {
      if (stopped || timer) return
      const wait = last + interval - Date.now()
      if (wait <= 0) fire()
      else timer = setTimeout(fire, wait)
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
