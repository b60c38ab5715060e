import { createKiloClient, type KiloClient } from "@kilocode/sdk"
import { createOpencodeClient } from "@opencode-ai/sdk"
import { describe, expect, test } from "vitest"
import { differs, type Place, peer, place } from "./place.ts"

const must = { throwOnError: true } as const

const clients = [
  { name: "@kilocode/sdk (v1)", user: "kilo", make: (given: Place) => createKiloClient(given.options) },
  {
    name: "@opencode-ai/sdk (v1)",
    user: differs("opencode-user", "opencode", "kilo"),
    // The package's own types differ in details that these tests do not use.
    make: (given: Place) => createOpencodeClient(given.options) as unknown as KiloClient,
  },
]

// The other server ignores the directory that the other package names (openapi/COMPATIBILITY.md, opencode-directory).
describe.each(peer ? clients.slice(0, 1) : clients)("$name", ({ make, user }) => {
  test("sessions are made, prompted, read, forked, gone back and deleted", async () => {
    await using given = await place({ user })
    const client = make(given)
    const session = (await client.session.create({ body: { title: "old" }, ...must })).data
    const path = { id: session.id }
    const parts = [{ type: "text" as const, text: "[[text:hello]]" }]
    const answer = (await client.session.prompt({ path, body: { parts }, ...must })).data
    expect(answer.parts).toContainEqual(expect.objectContaining({ type: "text", text: "hello" }))
    const messages = (await client.session.messages({ path, ...must })).data
    expect(messages.map(({ info }) => info.role)).toEqual(["user", "assistant"])
    expect((await client.session.fork({ path, body: {}, ...must })).data.title).toBe("old (fork #1)")
    const messageID = messages[0]?.info.id ?? ""
    expect((await client.session.revert({ path, body: { messageID }, ...must })).data.revert?.messageID).toBe(messageID)
    expect((await client.session.unrevert({ path, ...must })).data.revert).toBeUndefined()
    const shell = (await client.session.shell({ path, body: { agent: "code", command: "echo shelled" }, ...must })).data
    expect(JSON.stringify(shell)).toContain("{")
    expect((await client.session.abort({ path, ...must })).data).toBe(true)
    expect((await client.session.delete({ path, ...must })).data).toBe(true)
    expect((await client.session.get({ path })).response.status).toBe(404)
  }, 45_000)

  test("files, configuration, agents, providers and terminals are read", async () => {
    await using given = await place({ user })
    const client = make(given)
    expect((await client.path.get(must)).data.directory).toBe(given.project.directory)
    expect((await client.file.list({ query: { path: "." }, ...must })).data.map(({ name }) => name)).toContain("a.txt")
    expect((await client.find.files({ query: { query: "needle" }, ...must })).data).toContain("sub/needle.txt")
    expect((await client.config.get(must)).data.model).toBe("fake/m1")
    expect((await client.config.providers(must)).data.providers.map(({ id }) => id)).toContain("fake")
    expect((await client.app.agents(must)).data.map(({ name }) => name)).toContain("plan")
    expect((await client.command.list(must)).data.map(({ name }) => name)).toContain("init")
    expect((await client.mcp.status(must)).data).toEqual({})
    expect((await client.lsp.status(must)).data).toEqual([])
    expect((await client.pty.list(must)).data).toEqual([])
    expect((await client.tui.appendPrompt({ body: { text: "x" }, ...must })).data).toBe(true)
    expect((await client.app.log({ body: { service: "t", level: "info", message: "m" }, ...must })).data).toBe(true)
  }, 45_000)
})
