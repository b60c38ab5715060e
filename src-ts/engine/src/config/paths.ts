import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"
import type { EngineOptions } from "../engine.ts"
import type { Paths } from "../project/types.ts"

/** Folders of this user: XDG variables where they are absolute, else below HOME (contract: behaviour section 7). */
export function resolvePaths(env: EngineOptions["env"]): Paths {
  const home = env.HOME || env.USERPROFILE || homedir()
  // The XDG specification says that a relative value is to be ignored.
  const base = (value: string | undefined, ...fallback: string[]) =>
    join(value && isAbsolute(value) ? value : join(home, ...fallback), "kilo")
  const data = base(env.XDG_DATA_HOME, ".local", "share")
  return {
    home,
    config: base(env.XDG_CONFIG_HOME, ".config"),
    data,
    state: base(env.XDG_STATE_HOME, ".local", "state"),
    cache: base(env.XDG_CACHE_HOME, ".cache"),
    log: join(data, "log"),
  }
}
