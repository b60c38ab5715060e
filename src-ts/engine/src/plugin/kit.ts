import { registerHooks } from "node:module"

const KEY = Symbol.for("kilo.plugin.kit")
/** Packages that plugins import and that need not be installed for it. */
const OWN = /^(@kilocode|@opencode-ai)\/plugin(\/tool)?$/
let ready: Promise<void> | undefined

/** Lets plugins import their helper package and zod even where neither is installed. An installed one comes first. */
export function provideKit(): Promise<void> {
  ready ??= (async () => {
    const zod: Record<string, unknown> = await import("zod")
    const { z } = await import("zod")
    const tool = Object.assign((input: unknown) => input, { schema: z })
    Object.assign(globalThis, { [KEY]: { tool, z, zod } })
    const head = 'const kit = globalThis[Symbol.for("kilo.plugin.kit")];'
    const own = moduleOf(`${head} export const tool = kit.tool; export default kit.tool`)
    const names = Object.keys(zod).filter((name) => name !== "default" && /^[A-Za-z_$][\w$]*$/.test(name))
    const lines = names.map((name, index) => `const e${index} = kit.zod.${name}; export { e${index} as ${name} };`)
    const schemas = moduleOf(`${head} ${lines.join(" ")} export default kit.z`)
    registerHooks({
      resolve(specifier, context, next) {
        const url = OWN.test(specifier) ? own : specifier === "zod" ? schemas : undefined
        if (url === undefined) return next(specifier, context)
        try {
          return next(specifier, context)
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error
          return { url, format: "module", shortCircuit: true }
        }
      },
    })
  })()
  return ready
}

function moduleOf(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`
}
