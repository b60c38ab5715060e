import { withInstance } from "./engine.ts"
import { UserError } from "./fail.ts"

/** `kilo models [provider]`: one `provider/model` a line; with `--verbose` each followed by its JSON. */
export function models(provider: string | undefined, options: { verbose: boolean }): Promise<number> {
  return withInstance(async (instance) => {
    const { providers } = await instance.providers.usable()
    const wanted = provider === undefined ? providers : providers.filter(({ id }) => id === provider)
    if (provider !== undefined && wanted.length === 0) {
      const ids = providers.map(({ id }) => id).join(", ") || "none"
      throw new UserError(`Provider ${provider} cannot be used. Usable are: ${ids}. Connect one with kilo auth login.`)
    }
    for (const { id, models } of wanted) {
      for (const model of Object.values(models)) {
        process.stdout.write(`${id}/${model.id}\n`)
        if (options.verbose) process.stdout.write(`${JSON.stringify(model, null, 2)}\n`)
      }
    }
    return 0
  })
}
