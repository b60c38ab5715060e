import { keepCompiledCode } from "./cache.ts"
import { main } from "./fail.ts"
import { version } from "./version.ts"

/** Entry of `kilo`. What starts often and must start fast (`serve`, `--version`) does without the command library. */
keepCompiledCode()
const [first, ...rest] = process.argv.slice(2)

await main(async () => {
  if (first === "--version" || first === "-v" || first === "-V") {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  if (first === "serve") {
    const { serve } = await import("./serve.ts")
    return serve(rest)
  }
  const { runProgram } = await import("./program.ts")
  return runProgram(process.argv.slice(2))
})
