import { resolve } from "node:path"
import { withInstance } from "./engine.ts"
import { sentence, UserError } from "./fail.ts"

/** `kilo plugin list`: what extends the agent in this directory, and what does not run and why. */
export function pluginList(): Promise<number> {
  return withInstance(async (instance) => {
    const infos = await instance.plugins.list()
    if (infos.length === 0)
      process.stdout.write("No plugins. They are files in .kilo/plugin, or `plugin` in kilo.json.\n")
    for (const { state, scope, kind, path, name, reason } of infos) {
      process.stdout.write(`${state}  ${scope}  ${kind}  ${path ?? name}\n`)
      if (reason) process.stdout.write(`  ${reason}\n`)
    }
    return 0
  })
}

/** `kilo plugin trust`: lets a plugin of the project's run, as it is now. */
export function pluginTrust(path: string): Promise<number> {
  return withInstance(async (instance) => {
    const full = resolve(path)
    await instance.plugins.trust(full).catch((error: unknown) => {
      throw new UserError(`${full} can't be read: ${sentence(error)}`)
    })
    process.stderr.write(
      `${full} runs from now on, until it changes. Running servers load it with their next reload.\n`,
    )
    return 0
  })
}

/** `kilo plugin forget`: takes the approval back. */
export function pluginForget(path: string): Promise<number> {
  return withInstance(async (instance) => {
    const full = resolve(path)
    if (!(await instance.plugins.forget(full))) throw new UserError(`${full} was not approved. See kilo plugin list.`)
    process.stderr.write(`${full} is not run any more.\n`)
    return 0
  })
}
