import { createKiloClient } from "@kilocode/sdk/v2"
import { createOpencodeClient } from "@opencode-ai/sdk/v2"
import { expect, test } from "vitest"
import { must, play, type Scenarios } from "./both.ts"
import { differs, follow, P0, peer, place } from "./place.ts"

const text = (value: string) => ({ parts: [{ type: "text" as const, text: value }] })
const idle = (sessionID: string) => (event: { type: string; properties: Record<string, unknown> }) =>
  event.type === "session.idle" && event.properties.sessionID === sessionID

const scenarios: Scenarios = {
  async "sessions: made, prompted, read, changed, forked, gone back, aborted and deleted"({ client, place, kilo }) {
    const session = (await client.session.create({ title: "one" }, must)).data
    const { id: sessionID } = session
    expect(session).toMatchObject({
      title: "one",
      directory: differs(
        "opencode-directory",
        place.project.directory,
        kilo ? place.project.directory : session.directory,
      ),
    })
    expect((await client.session.get({ sessionID }, must)).data.id).toBe(sessionID)
    const answer = (await client.session.prompt({ sessionID, ...text("[[text:hello]]") }, must)).data
    expect(answer.parts).toContainEqual(expect.objectContaining({ type: "text", text: "hello" }))
    const messages = (await client.session.messages({ sessionID }, must)).data
    expect(messages.map(({ info }) => info.role)).toEqual(["user", "assistant"])
    const [question, reply] = messages
    if (!question || !reply) throw new Error("no messages")
    expect((await client.session.message({ sessionID, messageID: reply.info.id }, must)).data.info.id).toBe(
      reply.info.id,
    )
    expect((await client.session.todo({ sessionID }, must)).data).toEqual([])
    expect((await client.session.diff({ sessionID }, must)).data).toEqual([])
    expect((await client.session.update({ sessionID, title: "two" }, must)).data.title).toBe("two")
    expect((await client.session.status({}, must)).data).toEqual({})

    const child = (await client.session.create({ parentID: sessionID }, must)).data
    expect((await client.session.children({ sessionID }, must)).data.map(({ id }) => id)).toEqual([child.id])
    const roots = (await client.session.list({ roots: true }, must)).data.map(({ id }) => id)
    expect(roots).toContain(sessionID)
    expect(roots).not.toContain(child.id)

    const fork = (await client.session.fork({ sessionID }, must)).data
    expect(fork.title).toBe("two (fork #1)")
    expect((await client.session.messages({ sessionID: fork.id }, must)).data).toHaveLength(2)
    expect((await client.session.revert({ sessionID, messageID: question.info.id }, must)).data.revert?.messageID).toBe(
      question.info.id,
    )
    expect((await client.session.unrevert({ sessionID }, must)).data.revert).toBeUndefined()

    const shell = (await client.session.shell({ sessionID, agent: "code", command: "echo shelled" }, must)).data
    expect(JSON.stringify(shell)).toContain("shelled")
    expect((await client.session.summarize({ sessionID, providerID: "fake", modelID: "m1" }, must)).data).toBe(true)
    expect((await client.session.abort({ sessionID }, must)).data).toBe(true)
    expect((await client.session.deleteMessage({ sessionID, messageID: reply.info.id }, must)).data).toBe(true)
    expect((await client.session.delete({ sessionID }, must)).data).toBe(true)
    expect((await client.session.get({ sessionID })).response?.status).toBe(404)
  },

  async "turns: streamed as events, with approval, a question and a slash command"({ client }) {
    const { id: sessionID } = (await client.session.create({}, must)).data
    const { stream } = await client.event.subscribe()
    const task = '[[tool:bash {"command":"echo hi","description":"greet"}]][[then]][[text:done]]'
    const seen = await follow(
      stream,
      () => client.session.promptAsync({ sessionID, ...text(task) }, must),
      async (event) => {
        if (event.type === "permission.asked") {
          const requestID = String(event.properties.id)
          expect((await client.permission.list({}, must)).data.map(({ id }) => id)).toEqual([requestID])
          await client.permission.reply({ requestID, reply: "once" }, must)
        }
        return idle(sessionID)(event)
      },
    )
    expect(seen.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["message.updated", "message.part.updated", "permission.replied", "session.status"]),
    )

    const ask =
      '[[tool:question {"questions":[{"question":"Which?","header":"Pick","options":[{"label":"A","description":"a"},{"label":"B","description":"b"}]}]}]][[then]][[text:thanks]]'
    const asking = await client.event.subscribe()
    const answered = await follow(
      asking.stream,
      () => client.session.promptAsync({ sessionID, ...text(ask) }, must),
      async (event) => {
        if (event.type === "question.asked") {
          const requestID = String(event.properties.id)
          expect((await client.question.list({}, must)).data).toHaveLength(1)
          await client.question.reply({ requestID, answers: [["B"]] }, must)
        }
        return idle(sessionID)(event)
      },
    )
    expect(answered.map(({ type }) => type)).toContain("question.replied")
    expect((await client.question.reject({ requestID: "que_000000000000000000000000" })).response?.status).toBe(404)
    expect(
      (await client.permission.respond({ sessionID, permissionID: "per_000000000000000000000000", response: "once" }))
        .response?.status,
    ).toBe(404)
    const run = await client.session.command({ sessionID, command: "say", arguments: "it" }, must)
    expect(run.data.parts).toContainEqual(expect.objectContaining({ type: "text", text: "said it" }))
  },

  async "projects, files and search"({ client, place }) {
    expect((await client.path.get({}, must)).data.directory).toBe(place.project.directory)
    const current = (await client.project.current({}, must)).data
    expect((await client.project.list({}, must)).data.map(({ id }) => id)).toContain(current.id)
    expect((await client.file.list({ path: "." }, must)).data.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["sub/", "a.txt"]),
    )
    expect((await client.file.read({ path: "a.txt" }, must)).data).toMatchObject({ type: "text", content: "one\ntwo" })
    expect((await client.file.status({}, must)).data).toEqual([])
    expect((await client.find.files({ query: "needle" }, must)).data).toContain("sub/needle.txt")
    expect((await client.find.text({ pattern: "the needle" }, must)).data[0]?.path.text).toContain("needle.txt")
    expect((await client.find.symbols({ query: "x" }, must)).data).toEqual([])
    expect((await client.vcs.get({}, must)).data.branch).toBeTruthy()
    expect((await client.vcs.status({}, must)).data).toEqual([])
    expect((await client.vcs.diff({ mode: "git" }, must)).data).toEqual([])
    expect((await client.lsp.status({}, must)).data).toEqual([])
    for (const { enabled } of (await client.formatter.status({}, must)).data) expect(enabled).toBe(false)
    expect((await client.experimental.workspace.list({}, must)).data).toEqual([])
    expect((await client.tool.ids({}, must)).data).toEqual(expect.arrayContaining(["bash", "read", "edit", "write"]))
  },

  async "configuration, providers, agents and credentials"({ client }) {
    expect((await client.global.health(must)).data.healthy).toBe(true)
    expect((await client.config.get({}, must)).data.model).toBe("fake/m1")
    expect((await client.config.providers({}, must)).data.providers.map(({ id }) => id)).toContain("fake")
    expect((await client.provider.list({}, must)).data.connected).toContain("fake")
    expect(await client.provider.auth({}, must)).toHaveProperty("data")
    expect((await client.app.agents({}, must)).data[0]?.name).toBe("code")
    expect((await client.app.skills({}, must)).data).toBeInstanceOf(Array)
    expect((await client.command.list({}, must)).data.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["init", "say"]),
    )
    expect((await client.auth.set({ providerID: "openai", auth: { type: "api", key: "k" } }, must)).data).toBe(true)
    expect((await client.auth.remove({ providerID: "openai" }, must)).data).toBe(true)
    expect((await client.global.config.update({ config: { username: "someone" } }, must)).data.username).toBe("someone")
    expect((await client.global.config.get(must)).data.username).toBe("someone")
    expect((await client.config.update({ config: { instructions: ["x.md"] } }, must)).data).toMatchObject({
      instructions: ["x.md"],
    })
    expect((await client.global.dispose(must)).data).toBe(true)
    expect((await client.instance.dispose({}, must)).data).toBe(true)
    expect((await client.app.log({ service: "test", level: "info", message: "hello" }, must)).data).toBe(true)
    const { stream } = await client.global.event()
    await follow(
      stream as AsyncGenerator<unknown>,
      () => undefined,
      (event) => "payload" in event,
    )
  },

  async "terminals, tools from servers, working copies and terminal control"({ client, place }) {
    const pty = (await client.pty.create({ command: "cat", args: [] }, must)).data
    expect((await client.pty.list({}, must)).data.map(({ id }) => id)).toEqual([pty.id])
    expect((await client.pty.update({ ptyID: pty.id, title: "named" }, must)).data.title).toBe("named")
    expect((await client.pty.connectToken({ ptyID: pty.id })).response?.status).toBe(403)
    const token = await client.pty.connectToken({ ptyID: pty.id }, { ...must, headers: { "x-kilo-ticket": "1" } })
    expect(token.data.ticket).toBeTruthy()
    expect((await client.pty.remove({ ptyID: pty.id }, must)).data).toBe(true)
    expect((await client.mcp.status({}, must)).data).toEqual({})
    const added = await client.mcp.add({ name: "gone", config: { type: "local", command: ["/no/such/command"] } }, must)
    expect(added.data.gone?.status).toBe("failed")
    const made = (await client.worktree.create({ worktreeCreateInput: { name: "copy" } }, must)).data
    expect(made.name).toContain("copy")
    expect((await client.worktree.remove({ worktreeRemoveInput: { directory: made.directory } }, must)).data).toBe(true)
    expect((await client.tui.appendPrompt({ text: "x" }, must)).data).toBe(true)
    expect((await client.tui.showToast({ message: "m", variant: "info" }, must)).data).toBe(true)
    expect((await client.tui.openHelp({}, must)).data).toBe(true)
    expect(place.kilo.stderr).not.toContain("uncaught")
  },

  async "what only this product's client has"({ client, kilo }) {
    if (!kilo) return
    expect((await client.config.warnings({}, must)).data).toEqual([])
    expect((await client.config.overlay({ scope: "project" }, must)).data.scope).toBe("project")
    expect((await client.kilo.notifications({}, must)).data).toEqual([])
    expect((await client.kilo.profile({})).response?.status).toBe(401)
    expect((await client.kilo.authStatus({}, must)).data.authenticated).toBe(false)
    expect((await client.kilo.cloudSessions({})).response?.status).toBe(401)
    expect(
      (await client.permission.saveAlwaysRules({ requestID: "per_000000000000000000000000", approvedAlways: [] }))
        .response?.status,
    ).toBe(404)
    expect((await client.telemetry.capture({ event: "x" }, must)).data).toBe(true)
    expect((await client.suggestion.list({}, must)).data).toEqual([])
    expect((await client.remote.status({}, must)).data).toEqual({ enabled: false, connected: false })
    const { id: sessionID } = (await client.session.create({}, must)).data
    expect((await client.sandbox.status({ sessionID }, must)).data.enabled).toBe(false)
    expect((await client.kilocode.sessionModelUsage({ sessionID }, must)).data.models).toEqual([])
    const capabilities = (await client.experimental.capabilities.get({}, must)).data
    expect(capabilities.backgroundSubagents).toBe(differs("background-subagents", false, true))
    const unknown = await client.session.list({ workspace: "wrk_none" })
    expect(unknown.response?.status).toBe(differs("workspace-missing", 404, 500))
  },
}

const extra = { permission: { bash: "ask" }, command: { say: { template: "[[text:said $ARGUMENTS]]" } } }

play(scenarios, P0, { extra })

test.each(["with space", "ünïcödé 漢字", "per%20cent %", "plus+and&"])(
  "a directory named %s is found by every client",
  async (prefix) => {
    await using given = await place({ prefix: `${prefix} ` })
    const { directory } = given.project
    const kilo = createKiloClient(given.options)
    expect((await kilo.session.create({}, must)).data.directory).toBe(directory)
    if (peer) return // Its header of the other package is ignored: openapi/COMPATIBILITY.md, opencode-directory.
    const other = createOpencodeClient(given.options)
    expect((await other.session.create({}, must)).data.directory).toBe(directory)
    expect((await other.path.get({}, must)).data.directory).toBe(directory)
    expect((await kilo.path.get({}, must)).data.directory).toBe(directory)
  },
  60_000,
)
