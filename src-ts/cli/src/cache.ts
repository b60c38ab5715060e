import { existsSync } from "node:fs"
import { enableCompileCache } from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"

/**
 * Lets Node keep compiled code between starts: beside the bundle where the build has put some, else in the user's
 * cache folder. Not through NODE_COMPILE_CACHE, which every command that the agent runs would inherit.
 */
export function keepCompiledCode(): void {
  if (process.env.NODE_COMPILE_CACHE) return
  const bundled = join(import.meta.dirname, "cache")
  enableCompileCache({ directory: existsSync(bundled) ? bundled : join(userCache(), "kilo", "node"), portable: true })
}

function userCache(): string {
  if (process.env.XDG_CACHE_HOME) return process.env.XDG_CACHE_HOME
  if (process.platform === "win32" && process.env.LOCALAPPDATA) return process.env.LOCALAPPDATA
  return join(homedir(), ".cache")
}
