import { once } from "node:events"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fakeConfig, startFakeModel, startKilo, tempProject } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { generate } from "../generate.ts"
import { createKiloClient } from "../src/index.ts"

test("the generated client belongs to the document (run src-ts/sdk/generate.ts after it changed)", async () => {
  const fresh = await mkdtemp(join(tmpdir(), "kilo-sdk-"))
  try {
    await generate(fresh)
    expect(await contents(fresh)).toEqual(await contents(join(import.meta.dirname, "../src/gen")))
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
})

async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(
    files.sort().map(async (file) => [file.slice(folder.length), await readFile(file, "utf8")] as const),
  )
  return Object.fromEntries(texts)
}

test("createKiloClient drives a session in its directory", async () => {
  await using model = await startFakeModel()
  await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true, prefix: "kilo ü " })
  await using kilo = await startKilo({ config: fakeConfig(model.url), password: "pä:ss" })
  const client = createKiloClient({ baseUrl: kilo.url, directory: project.directory, password: "pä:ss" })
  expect((await client.global.health()).data).toEqual({ healthy: true, version: "0.1.0" })

  const events = await client.event.subscribe()
  const session = (await client.session.create({ body: { title: "hello" } })).data
  expect(session.directory).toBe(project.directory)
  let text = ""
  const turn = (async () => {
    for await (const event of events.stream) {
      if (event.type === "message.part.delta") text += event.properties.delta
      if (event.type === "session.turn.close") return event.properties.reason
    }
    throw new Error("the stream ended")
  })()
  const path = { sessionID: session.id }
  await client.session.promptAsync({ path, body: { parts: [{ type: "text", text: "[[text:Hello you]]" }] } })
  expect(await turn).toBe("completed")
  expect(text).toBe("Hello you")
  const messages = (await client.session.messages({ path, query: { limit: 1 } })).data
  expect(messages[0]?.info.role).toBe("assistant")
})

test("a failed request throws the server's error", async () => {
  await using kilo = await startKilo()
  const client = createKiloClient({ baseUrl: kilo.url, password: kilo.password ?? "" })
  await expect(client.session.get({ path: { sessionID: "ses_unknown" } })).rejects.toMatchObject({
    name: "NotFoundError",
    data: { message: "Session not found: ses_unknown" },
  })
})

test("an event stream that is refused or never connects throws, and leaving the loop closes its connection", async () => {
  await using kilo = await startKilo({ password: "secret" })
  const read = async (client: ReturnType<typeof createKiloClient>) => {
    for await (const event of (await client.event.subscribe()).stream) return event.type
    return "the end"
  }
  await expect(read(createKiloClient({ baseUrl: kilo.url, password: "wrong" }))).rejects.toMatchObject({ status: 401 })
  await expect(read(createKiloClient({ baseUrl: "http://127.0.0.1:1" }))).rejects.toThrow(/can't be reached/)
  let signal: AbortSignal | undefined
  const own: typeof fetch = (input, init) => {
    signal = input instanceof Request ? input.signal : undefined
    return fetch(input, init)
  }
  expect(await read(createKiloClient({ baseUrl: kilo.url, password: "secret", fetch: own }))).toBe("server.connected")
  expect(signal?.aborted).toBe(true)
})

test("an event stream whose connection breaks is made again, from where it was", async () => {
  const asked: (string | undefined)[] = []
  await using server = createServer((request, response) => {
    asked.push(request.headers["last-event-id"] as string | undefined)
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(`retry: 1\nid: e${asked.length}\ndata: {"type":"n${asked.length}"}\n\n`, () => {
      if (asked.length < 3) response.destroy()
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const client = createKiloClient({ baseUrl: `http://127.0.0.1:${port}` })
  const types: string[] = []
  for await (const event of (await client.event.subscribe()).stream) {
    types.push(event.type)
    if (types.length === 3) break
  }
  expect(types).toEqual(["n1", "n2", "n3"])
  expect(asked).toEqual([undefined, "e1", "e2"])
})

test("an address that can't be one is told at once", () => {
  for (const baseUrl of ["", "127.0.0.1:4096", "localhost:4096"]) {
    expect(() => createKiloClient({ baseUrl })).toThrow(/not an address such as "http:/)
  }
})
