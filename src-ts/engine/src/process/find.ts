import { constants } from "node:fs"
import { access } from "node:fs/promises"
import { delimiter, isAbsolute, join } from "node:path"
import type { EngineOptions } from "../engine.ts"

/**
 * Absolute path of a program in the first of `folders` that has it, or of PATH when none are given. Relative entries of PATH
 * are skipped: they would find programs in whatever directory is worked on. Undefined when there is none.
 */
export async function findProgram(
  name: string,
  env: EngineOptions["env"],
  folders?: readonly string[],
): Promise<string | undefined> {
  const places = folders ?? (env.PATH ?? env.Path ?? "").split(delimiter).filter((folder) => isAbsolute(folder))
  const names = process.platform === "win32" ? endings(env).map((ending) => `${name}${ending}`) : [name]
  for (const folder of places) {
    for (const each of names) {
      const file = join(folder, each)
      try {
        await access(file, constants.X_OK)
        return file
      } catch {
        // Not here.
      }
    }
  }
  return undefined
}

function endings(env: EngineOptions["env"]): string[] {
  return [...(env.PATHEXT ?? ".EXE;.CMD;.BAT").split(";").filter(Boolean), ""]
}
