/** Starts a server, asks one question in a directory and prints the answer: `node ask.ts DIRECTORY "QUESTION"`. */
import { createKiloServer } from "@kilo-split/sdk/server"

const [directory = process.cwd(), question = "describe this project"] = process.argv.slice(2)
const server = await createKiloServer({ ...(process.env.KILO_COMMAND ? { command: process.env.KILO_COMMAND } : {}) })
try {
  const client = server.client({ directory })
  const { data: session } = await client.session.create({ body: { title: "Example" } })
  const { data: answer } = await client.session.prompt({
    path: { sessionID: session.id },
    body: { parts: [{ type: "text", text: question }] },
  })
  for (const part of answer.parts) if (part.type === "text") console.log(part.text)
} finally {
  await server.close()
}
