import { readFile } from "node:fs/promises"
import { basename } from "node:path"
import type { EngineOptions } from "../engine.ts"
import { findProgram } from "../process/index.ts"
import type { Shell } from "./types.ts"

/** Shells whose line editing a terminal view copes with. */
const KNOWN = new Set(["bash", "zsh", "fish", "sh", "dash", "ksh", "pwsh", "powershell", "cmd", "nu"])
const NOT_FOR_PEOPLE = new Set(["nologin", "false", "git-shell", "rbash", "screen", "tmux"])

/** The user's own shell first, then those that the system names. */
export async function findShells(env: EngineOptions["env"], platform = process.platform): Promise<Shell[]> {
  const found = new Set<string>()
  const own = defaultShell(env, platform)
  if (own) found.add(own)
  if (platform === "win32") {
    for (const name of ["pwsh.exe", "powershell.exe", "cmd.exe"]) {
      const path = await findProgram(name, env)
      if (path) found.add(path)
    }
  } else {
    const text = await readFile("/etc/shells", "utf8").catch(() => "")
    for (const line of text.split("\n")) if (line.startsWith("/")) found.add(line.trim())
  }
  return [...found].map((path) => {
    const name = basename(path).replace(/\.exe$/i, "")
    return { path, name, acceptable: KNOWN.has(name) && !NOT_FOR_PEOPLE.has(name) }
  })
}

export function defaultShell(env: EngineOptions["env"], platform = process.platform): string {
  if (platform === "win32") return env.ComSpec ?? "cmd.exe"
  return env.SHELL || "/bin/sh"
}
