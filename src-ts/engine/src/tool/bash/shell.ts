import { accessSync, constants } from "node:fs"
import { basename } from "node:path"
import type { EngineOptions } from "../../engine.ts"
import { childEnvironment } from "../../process/index.ts"

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

/** Environment of a command: the user's, without our secrets, and told that nobody sits at a terminal. */
export function shellEnvironment(env: EngineOptions["env"], marker: string): NodeJS.ProcessEnv {
  return childEnvironment(env, marker, { TERM: "dumb", PAGER: "cat", GIT_PAGER: "cat", GIT_TERMINAL_PROMPT: "0" })
}
