import { createKiloClient, type KiloClient } from "@kilocode/sdk"
import { createOpencodeClient } from "@opencode-ai/sdk"
import { describe, expect, test } from "vitest"
import { ECHO_SERVER } from "../small-servers.ts"
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

  test("what few clients need works as well: permissions, children, lists, servers, settings, terminals, windows", async () => {
    await using given = await place({ user, extra: { permission: { bash: "ask" } } })
    const client = make(given)
    const { directory } = given.project
    const session = (await client.session.create({ body: { title: "more" }, ...must })).data
    const path = { id: session.id }
    const text = '[[tool:bash {"command":"echo hi","description":"d"}]][[then]][[text:done]]'

    const { stream } = await client.event.subscribe()
    const types: string[] = []
    for await (const given of stream) {
      const event = given as unknown as { type: string; properties: { id: string; sessionID: string } }
      types.push(event.type)
      if (event.type === "server.connected")
        await client.session.promptAsync({ path, body: { parts: [{ type: "text", text }] }, ...must })
      if (event.type === "permission.asked") {
        const answer = {
          path: { id: session.id, permissionID: event.properties.id },
          body: { response: "once" as const },
        }
        expect((await client.postSessionIdPermissionsPermissionId({ ...answer, ...must })).data).toBe(true)
      }
      if (event.type === "session.idle") break
    }
    expect(types).toContain("permission.asked")
    const { data: messages } = await client.session.messages({ path, ...must })
    expect(JSON.stringify(messages.at(-1)?.parts)).toContain("done")
    const messageID = messages[0]?.info.id ?? ""
    expect((await client.session.message({ path: { ...path, messageID }, ...must })).data.info.id).toBe(messageID)

    const child = (await client.session.create({ body: { parentID: session.id }, ...must })).data
    expect((await client.session.children({ path, ...must })).data.map(({ id }) => id)).toEqual([child.id])
    expect((await client.session.update({ path, body: { title: "new" }, ...must })).data.title).toBe("new")
    expect((await client.session.list(must)).data.map(({ id }) => id)).toContain(session.id)
    expect((await client.session.status(must)).data).toEqual({})
    expect((await client.session.todo({ path, ...must })).data).toEqual([])
    expect((await client.session.diff({ path, ...must })).data).toEqual([])
    const model = { providerID: "fake", modelID: "m1" }
    expect((await client.session.summarize({ path, body: model, ...must })).data).toBe(true)
    const command = await client.session.command({ path, body: { command: "init", arguments: "" }, ...must })
    expect(command.data.info.role).toBe("assistant")

    expect((await client.project.current(must)).data.worktree).toBe(directory)
    expect((await client.project.list(must)).data.map(({ worktree }) => worktree)).toContain(directory)
    expect((await client.vcs.get(must)).data.branch).toEqual(expect.any(String))
    expect((await client.find.text({ query: { pattern: "needle" }, ...must })).data).toHaveLength(1)
    expect((await client.find.symbols({ query: { query: "x" }, ...must })).data).toEqual([])
    expect((await client.file.read({ query: { path: "a.txt" }, ...must })).data.content).toContain("two")
    expect((await client.file.status(must)).data).toEqual([])
    expect((await client.tool.ids(must)).data).toContain("bash")
    const tools = (await client.tool.list({ query: { provider: "fake", model: "m1" }, ...must })).data
    expect(tools.find(({ id }) => id === "read")?.parameters).toMatchObject({ type: "object" })
    expect((await client.formatter.status(must)).data).toEqual(expect.any(Array))
    expect((await client.provider.list(must)).data.connected).toContain("fake")
    expect((await client.provider.auth(must)).data["github-copilot"]?.[0]?.type).toBe("oauth")

    const config = { type: "local" as const, command: ECHO_SERVER }
    await client.mcp.add({ body: { name: "echo", config }, ...must })
    expect((await client.mcp.connect({ path: { name: "echo" }, ...must })).data).toBe(true)
    expect((await client.mcp.status(must)).data.echo?.status).toBe("connected")
    expect((await client.mcp.disconnect({ path: { name: "echo" }, ...must })).data).toBe(true)
    const key = { type: "api" as const, key: "not-a-real-key" }
    expect((await client.auth.set({ path: { id: "vendor" }, body: key, ...must })).data).toBe(true)
    expect((await client.config.update({ body: { username: "ann" }, ...must })).data.username).toBe("ann")

    const pty = (await client.pty.create({ body: { command: "/bin/sh", args: ["-c", "cat"] }, ...must })).data
    const size = { title: "mine", size: { rows: 30, cols: 100 } }
    expect((await client.pty.update({ path: { id: pty.id }, body: size, ...must })).data.title).toBe("mine")
    expect((await client.pty.get({ path: { id: pty.id }, ...must })).data.id).toBe(pty.id)
    expect((await client.pty.remove({ path: { id: pty.id }, ...must })).data).toBe(true)

    const { tui } = client
    const shown = [
      tui.openHelp(must),
      tui.openSessions(must),
      tui.openModels(must),
      tui.openThemes(must),
      tui.clearPrompt(must),
    ]
    for (const { data } of await Promise.all(shown)) expect(data).toBe(true)
    expect((await tui.showToast({ body: { message: "m", variant: "info" }, ...must })).data).toBe(true)
    expect((await client.instance.dispose(must)).data).toBe(true)
    expect((await client.session.get({ path, ...must })).data.title).toBe("new")
  }, 60_000)
})
