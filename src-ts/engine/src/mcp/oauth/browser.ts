import { spawn } from "node:child_process"
import type { EngineOptions } from "../../engine.ts"
import { childEnvironment, findProgram } from "../../process/index.ts"

/** How long a browser's starter is watched for failing. */
const WATCH_MS = 3000

/** Opens a web address in the user's browser. False when there is none to open it with. */
export async function openBrowser(address: string, env: EngineOptions["env"]): Promise<boolean> {
  // It comes from a server: only a web page may be opened with it, not a file or a program.
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) return false
  const url = new URL(address).href
  if (process.platform === "win32") return start("rundll32", ["url.dll,FileProtocolHandler", url], env)
  if (process.platform === "darwin") return start("/usr/bin/open", [url], env)
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY && !env.BROWSER) return false
  const program = await findProgram("xdg-open", env)
  return program === undefined ? false : start(program, [url], env)
}

function start(program: string, args: string[], env: EngineOptions["env"]): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const child = spawn(program, args, { env: childEnvironment(env, "browser"), stdio: "ignore", detached: true })
  const timer = setTimeout(() => resolve(true), WATCH_MS)
  child.once("error", () => resolve(false))
  child.once("exit", (code) => resolve(code === 0))
  child.unref()
  return promise.finally(() => clearTimeout(timer))
}
