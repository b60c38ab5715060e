import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
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
