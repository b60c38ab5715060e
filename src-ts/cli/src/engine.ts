import { createEngine, type Engine, type Instance } from "@kilo-split/engine"
import { environment } from "./environment.ts"
import { version } from "./version.ts"

/** Runs `body` with an engine in this process, and closes it afterwards whatever happens. */
export async function withEngine<T>(body: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = createEngine({ version: version(), env: environment(), cwd: process.cwd() })
  try {
    return await body(engine)
  } finally {
    await engine.close()
  }
}

/** The same with the instance of the current directory. */
export function withInstance<T>(body: (instance: Instance, engine: Engine) => Promise<T>): Promise<T> {
  return withEngine(async (engine) => body(await engine.instance(process.cwd()), engine))
}
