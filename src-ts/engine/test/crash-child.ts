/**
 * Runs turns until it is killed and prints every event with the time and the longest pause of its event loop so far.
 * Arguments: directory, prompts as JSON. The environment is the engine's.
 */
import { writeSync } from "node:fs"
import { createEngine } from "../src/index.ts"

const [directory = "", prompts = "[]"] = process.argv.slice(2)
const engine = createEngine({ version: "0.1.0", env: process.env, cwd: directory })
let lag = 0
let due = Date.now() + 10
setInterval(() => {
  lag = Math.max(lag, Date.now() - due)
  due = Date.now() + 10
}, 10).unref()
engine.bus.subscribe((event) => {
  writeSync(1, `${JSON.stringify({ at: Date.now(), lag, type: event.type, properties: event.properties })}\n`)
})
const instance = await engine.instance(directory)
const session = await instance.sessions.create({ title: "Crash" })
for (const text of JSON.parse(prompts) as string[]) {
  await instance.sessions.prompt(session.id, { parts: [{ type: "text", text }] })
}
await engine.close()
