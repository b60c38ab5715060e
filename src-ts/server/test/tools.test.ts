import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, test } from "vitest"
import { world } from "./world.ts"

interface Message {
  parts: { type: string; tool?: string; state: { status: string; output?: string; error?: string } }[]
}

test("a fetched page comes as Markdown from the bundled CLI, once the user has let it reach the own machine", async () => {
  const page = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<h1>Hello</h1><p>from <b>here</b></p>")
  })
  await new Promise<void>((done) => page.listen(0, "127.0.0.1", done))
  const host = `127.0.0.1:${(page.address() as AddressInfo).port}`
  try {
    await using w = await world()
    const sessionID = await w.session()
    await w.prompt(sessionID, `[[tool:webfetch {"url":"http://${host}/"}]][[then]][[text:Read it.]]`)
    const asked = await w.events.waitFor((event) => event.type === "permission.asked")
    expect(asked.properties).toMatchObject({ permission: "private_network", patterns: [host], always: [host] })
    const directory = w.project.directory
    await w.kilo.api(`/permission/${String(asked.properties.id)}/reply`, { json: { reply: "always" }, directory })
    await w.events.turnEnd(sessionID)
    const messages = await w.kilo.api<Message[]>(`/session/${sessionID}/message`)
    const tool = messages.flatMap((message) => message.parts).find((part) => part.type === "tool")
    expect(tool?.state).toMatchObject({ status: "completed", output: "# Hello\n\nfrom **here**" })
  } finally {
    page.closeAllConnections()
    await new Promise((done) => page.close(done))
  }
})
