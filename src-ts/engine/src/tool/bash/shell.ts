import { accessSync, constants } from "node:fs"
import { basename } from "node:path"
import type { EngineOptions } from "../../engine.ts"

export interface Shell {
  program: string
  /** Whether it reads the language that permission patterns are taken from. */
  posix: boolean
  args(command: string): string[]
}

const POSIX = new Set(["sh", "bash", "zsh", "dash", "ksh"])

/** The shell that commands run in: the configured one, else the user's when it reads POSIX syntax, else /bin/sh; cmd on Windows. */
export function chooseShell(configured: string | undefined, env: EngineOptions["env"]): Shell {
  if (process.platform === "win32" && !configured) {
    const program = env.ComSpec ?? env.COMSPEC ?? "cmd.exe"
    return { program, posix: false, args: (command) => ["/d", "/s", "/c", `"${command}"`] }
  }
  const program = configured || (isUsable(env.SHELL) ? env.SHELL : "/bin/sh")
  return { program, posix: POSIX.has(basename(program, ".exe")), args: (command) => ["-c", command] }
}

function isUsable(shell: string | undefined): shell is string {
  if (!shell || !POSIX.has(basename(shell))) return false
  try {
    accessSync(shell, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Secrets of our own that no command needs. */
const PRIVATE = ["KILO_SERVER_PASSWORD", "KILO_SERVER_USERNAME", "KILO_AUTH_CONTENT", "KILO_PARENT_PID"]

/** Environment of a command: the user's, without our secrets, and told that nobody sits at a terminal. */
export function shellEnvironment(env: EngineOptions["env"], marker: string): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = {}
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined && !PRIVATE.includes(key)) result[key] = value
  }
  return { ...result, TERM: "dumb", PAGER: "cat", GIT_PAGER: "cat", GIT_TERMINAL_PROMPT: "0", [MARKER]: marker }
}

/** Set to a value of its own for each call, so that descendants are recognised wherever they went. */
export const MARKER = "KILO_CALL_MARKER"
