/** The adapter at work: lists models, runs a turn, allows what it asks for, and goes on after a restart of the server. */
import { createKiloServer } from "@kilo-split/sdk/server"
import { KiloAdapter, type ThreadEvent } from "./adapter.ts"

const [directory = process.cwd(), model, first = "hello", second = "and again"] = process.argv.slice(2)
const start = () => createKiloServer({ ...(process.env.KILO_COMMAND ? { command: process.env.KILO_COMMAND } : {}) })

let server = await start()
let adapter = new KiloAdapter(server)
console.log("models:", (await adapter.models(directory)).map(({ id }) => id).join(" "))
let thread = await adapter.thread({ directory, ...(model ? { model } : {}) })
for await (const event of thread.send(first)) {
  show(event)
  if (event.type === "approval") await thread.decide(event.id, "accept")
}
const { id } = thread
await server.close()

server = await start()
adapter = new KiloAdapter(server)
thread = await adapter.thread({ directory, resume: id, ...(model ? { model } : {}) })
console.log("resumed with", (await thread.history()).length, "messages")
for await (const event of thread.send(second)) {
  show(event)
  if (event.type === "text") await thread.interrupt()
}
await server.close()

function show(event: ThreadEvent) {
  console.log(JSON.stringify(event))
}
