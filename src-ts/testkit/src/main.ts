import { parseArgs } from "node:util"
import { startFakeModel } from "./model/index.ts"

/**
 * Programs of the testkit for tests in other languages.
 *
 * `node main.ts fake-model [--port N]` prints `fake model listening on http://127.0.0.1:PORT` and runs until stdin
 * closes or SIGTERM arrives. Scripts come in prompts (see model/directives.ts) or through `POST /__script`
 * `{"turns":[[{"text":"Hi"}]]}`; `GET /__requests`, `POST /__release?name=x`, `POST /__reset`.
 */
const { positionals, values } = parseArgs({ allowPositionals: true, options: { port: { type: "string" } } })
if (positionals[0] !== "fake-model") {
  console.error("Usage: main.ts fake-model [--port N]")
  process.exit(2)
}
const fake = await startFakeModel({ port: Number(values.port ?? 0) })
console.log(`fake model listening on ${fake.url}`)
const stop = () => {
  fake.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}
process.stdin.once("close", stop).once("end", stop).resume()
process.once("SIGTERM", stop)
process.once("SIGINT", stop)
