import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { startFakeMcp, until } from "@kilo-split/testkit"
import { createKiloClient, type KiloClient } from "@kilocode/sdk/v2"
import { expect } from "vitest"
import { ECHO_SERVER } from "../small-servers.ts"
import { must, play, type Scenarios } from "./both.ts"
import { differs, follow, P1, type Place, peer } from "./place.ts"

const text = (value: string) => ({ parts: [{ type: "text" as const, text: value }] })

/** Status of an answer that may be an error. */
const status = async (answer: Promise<{ response?: { status: number } }>) => (await answer).response?.status

const scenarios: Scenarios = {
  async "agents, skills and commands are files that come and go"({ client, place, kilo }) {
    const names = async () => (await client.app.agents({}, must)).data.map(({ name }) => name)
    const skills = (await client.app.skills({}, must)).data
    const greet = skills.find(({ name }) => name === "greet")
    expect(greet).toMatchObject({
      description: "Says hello",
      location: place.project.path(".kilo/skills/greet/SKILL.md"),
    })
    expect((await client.command.list({}, must)).data).toContainEqual(
      expect.objectContaining({ name: "shout", description: "Shouts" }),
    )
    if (!kilo) return
    const draft = {
      description: "Reviews",
      mode: "subagent" as const,
      prompt: "You review.",
      scope: "project" as const,
    }
    const saved = (await client.agentBuilder.save({ path_id: "reviewer", ...draft }, must)).data
    expect(saved).toMatchObject({ id: "reviewer", scope: "project" })
    expect(saved.markdown).toContain("You review.")
    expect(saved.path.startsWith(place.project.directory)).toBe(true)
    expect(existsSync(saved.path)).toBe(true)
    expect(await names()).toContain("reviewer")
    expect((await client.kilocode.removeAgent({ name: "reviewer" }, must)).data).toBe(true)
    expect(existsSync(saved.path)).toBe(false)
    expect(await names()).not.toContain("reviewer")
    expect(await status(client.kilocode.removeAgent({ name: "nobody" }))).toBe(400)

    expect((await client.kilocode.removeSkill({ location: greet?.location ?? "" }, must)).data).toBe(true)
    expect(existsSync(greet?.location ?? "")).toBe(false)
    expect((await client.app.skills({}, must)).data.map(({ name }) => name)).not.toContain("greet")
  },

  async "a session is initialised, shared only where that is possible, and its parts change"({ client, place }) {
    const { id: sessionID } = (await client.session.create({ title: "parts" }, must)).data
    await client.session.prompt({ sessionID, ...text("[[text:hello]]") }, must)
    const [question, reply] = (await client.session.messages({ sessionID }, must)).data
    const part = reply?.parts.find(({ type }) => type === "text")
    if (!question || !reply || part?.type !== "text") throw new Error("no answer")
    const ids = { sessionID, messageID: reply.info.id, partID: part.id }
    const changed = (await client.part.update({ ...ids, part: { ...part, text: "changed" } }, must)).data
    expect(changed).toMatchObject({ id: part.id, text: "changed" })
    const other = { ...part, id: "prt_000000000000000000000000" }
    expect(await status(client.part.update({ ...ids, part: other }))).toBe(400)
    expect((await client.part.delete(ids, must)).data).toBe(true)
    expect((await client.part.delete(ids, must)).data).toBe(true)
    const left = (await client.session.message({ sessionID, messageID: reply.info.id }, must)).data.parts
    expect(left.map(({ id }) => id)).not.toContain(part.id)
    expect((await client.session.deleteMessage({ sessionID, messageID: question.info.id }, must)).data).toBe(true)
    expect((await client.session.deleteMessage({ sessionID, messageID: question.info.id }, must)).data).toBe(true)

    // Nobody is logged in, and no share server is set up.
    expect(await status(client.session.share({ sessionID }))).toBe(500)
    expect(await status(client.session.unshare({ sessionID }))).toBe(500)

    const fresh = (await client.session.create({}, must)).data.id
    const messageID = "msg_ffff00000000aaaaaaaaaaaaaa"
    const initialised = await client.session.init(
      { sessionID: fresh, providerID: "fake", modelID: "m1", messageID },
      must,
    )
    expect(initialised.data).toBe(true)
    const asked = (await client.session.messages({ sessionID: fresh }, must)).data[0]
    expect(asked?.info.id).toBe(messageID)
    expect(place.model.calls.at(-1)?.user ?? JSON.stringify(place.model.calls)).toContain("AGENTS.md")
  },

  async "a fork takes what came before a message, and a shell command is refused while a turn runs"({
    client,
    place,
    kilo,
  }) {
    const { id: sessionID } = (await client.session.create({ title: "long" }, must)).data
    await client.session.prompt({ sessionID, ...text("[[text:one]]") }, must)
    await client.session.prompt({ sessionID, ...text("[[text:two]]") }, must)
    const messages = (await client.session.messages({ sessionID }, must)).data
    const fork = (await client.session.fork({ sessionID, messageID: messages[2]?.info.id ?? "" }, must)).data
    const copied = (await client.session.messages({ sessionID: fork.id }, must)).data
    expect(copied).toHaveLength(2)
    expect(copied.map(({ info }) => info.id)).not.toContain(messages[0]?.info.id)
    expect(fork.parentID).toBeUndefined()
    const calls = place.model.calls.length
    await client.session.promptAsync({ sessionID, ...text("[[hang]]") }, must)
    await until(() => place.model.calls.length > calls, { deadline: 30_000, what: "the turn" })
    expect(await status(client.session.shell({ sessionID, agent: "code", command: "true" }))).toBe(409)
    if (kilo) expect(await status(client.instance.reload({}))).toBe(409)
    expect((await client.session.abort({ sessionID }, must)).data).toBe(true)
    await until(async () => Object.keys((await client.session.status({}, must)).data).length === 0, { what: "idle" })
    expect(
      (await client.session.shell({ sessionID, agent: "code", command: "echo now" }, must)).data.parts,
    ).toContainEqual(expect.objectContaining({ type: "tool", tool: "bash" }))
    if (kilo) expect((await client.instance.reload({}, must)).data).toBe(true)
    expect((await client.session.get({ sessionID }, must)).data.title).toBe("long")
  },

  async "working copies are made, differ, are set back and removed"({ client, place }) {
    const { stream } = await client.global.event()
    let directory = ""
    await follow(
      stream as AsyncGenerator<unknown>,
      () => undefined,
      async (event) => {
        const payload = (event as unknown as { payload: { type: string } }).payload
        if (payload.type === "server.connected") {
          const made = (await client.worktree.create({ worktreeCreateInput: { name: "copy" } }, must)).data
          directory = made.directory
          expect(made.branch).toContain("copy")
        }
        if (payload.type === "worktree.failed") throw new Error(JSON.stringify(event))
        return payload.type === "worktree.ready"
      },
    )
    const list = (await client.worktree.list({}, must)).data as (string | { directory: string })[]
    expect(list.map((item) => (typeof item === "string" ? item : item.directory))).toContain(directory)
    const copy = createKiloClient({ ...place.options, directory })
    const { id: sessionID } = (await copy.session.create({}, must)).data
    const edit = '[[tool:edit {"filePath":"a.txt","oldString":"two","newString":"TWO"}]][[then]][[text:done]]'
    await copy.session.prompt({ sessionID, ...text(edit) }, must)
    expect(await copy.file.read({ path: "a.txt" }, must)).toMatchObject({ data: { content: "one\nTWO" } })
    const diff = (await copy.worktree.diff({}, must)).data
    expect(diff).toEqual([expect.objectContaining({ file: "a.txt", additions: 1, deletions: 1 })])
    const summary = (await copy.worktree.diffSummary({}, must)).data
    expect(summary).toEqual([expect.objectContaining({ file: "a.txt", status: "modified", tracked: true })])
    const file = (await copy.worktree.diffFile({ file: "a.txt" }, must)).data
    expect(file).toMatchObject({ before: "one\ntwo\n", after: "one\nTWO\n" })
    expect((await client.worktree.reset({ worktreeResetInput: { directory } }, must)).data).toBe(true)
    expect((await copy.worktree.diff({}, must)).data).toEqual([])
    const unknown = { worktreeResetInput: { directory: `${directory}-none` } }
    expect(await status(client.worktree.reset(unknown))).toBe(400)
    expect((await client.worktree.remove({ worktreeRemoveInput: { directory } }, must)).data).toBe(true)
    expect(existsSync(directory)).toBe(false)
  },

  async "version control: raw diffs and patches"({ client, place }) {
    await place.project.write("a.txt", "one\nthree\n")
    expect((await client.vcs.status({}, must)).data).toEqual([
      expect.objectContaining({ file: "a.txt", additions: 1, deletions: 1, status: "modified" }),
    ])
    const raw = (await client.vcs.diff2.raw({}, must)).data
    expect(String(raw)).toContain("+three")
    await place.project.git("checkout", "-q", "a.txt")
    expect((await client.vcs.apply({ patch: String(raw) }, must)).data).toEqual({ applied: true })
    expect(await place.project.read("a.txt")).toBe("one\nthree\n")
    expect(await status(client.vcs.apply({ patch: "nonsense" }))).toBe(400)
    const current = (await client.project.current({}, must)).data
    const named = (await client.project.update({ projectID: current.id, name: "renamed" }, must)).data
    expect(named.name).toBe("renamed")
    expect(await status(client.project.update({ projectID: "none", name: "x" }))).toBe(404)
    expect((await client.project.initGit({}, must)).data.id).toBe(current.id)
  },

  async "MCP servers: connected, disconnected, logged in to and out of"({ client }) {
    await using far = await startFakeMcp()
    const local = { type: "local" as const, command: ECHO_SERVER }
    expect((await client.mcp.add({ name: "echo", config: local }, must)).data.echo?.status).toBe("connected")
    expect((await client.mcp.disconnect({ name: "echo" }, must)).data).toBe(true)
    expect((await client.mcp.status({}, must)).data.echo?.status).toBe("disabled")
    expect((await client.mcp.connect({ name: "echo" }, must)).data).toBe(true)
    expect((await client.mcp.status({}, must)).data.echo?.status).toBe("connected")
    expect(await status(client.mcp.connect({ name: "nobody" }))).toBe(404)
    expect(await status(client.mcp.auth.start({ name: "echo" }))).toBe(400)
    expect(await status(client.mcp.auth.start({ name: "nobody" }))).toBe(404)

    const added = await client.mcp.add({ name: "far", config: { type: "remote", url: far.url } }, must)
    expect(added.data.far?.status).toBe("needs_auth")
    const login = (await client.mcp.auth.start({ name: "far" }, must)).data
    expect(new URL(login.authorizationUrl).searchParams.get("state")).toBe(login.oauthState)
    // The person says yes; the code comes back by hand.
    const page = await fetch(login.authorizationUrl, { redirect: "manual" })
    const code = new URL(page.headers.get("location") ?? "").searchParams.get("code") ?? ""
    expect((await client.mcp.auth.callback({ name: "far", code }, must)).data.status).toBe("connected")
    expect((await client.mcp.auth.remove({ name: "far" }, must)).data).toEqual({ success: true })
    expect(await status(client.mcp.auth.remove({ name: "nobody" }))).toBe(404)
    expect((await client.mcp.disconnect({ name: "far" }, must)).data).toBe(true)
  },

  async "terminals: typed into, resized, tickets"({ client, place }) {
    const shells = (await client.pty.shells({}, must)).data
    expect(shells.length).toBeGreaterThan(0)
    const pty = (await client.pty.create({ command: "/bin/sh", args: ["-c", "cat"], title: "mine" }, must)).data
    expect(pty).toMatchObject({ title: "mine", cwd: place.project.directory, status: "running" })
    expect((await client.pty.get({ ptyID: pty.id }, must)).data.id).toBe(pty.id)
    expect((await client.pty.update({ ptyID: pty.id, size: { rows: 10, cols: 40 } }, must)).data.id).toBe(pty.id)
    const ask = { ...must, headers: { "x-kilo-ticket": "1" } }
    const { ticket } = (await client.pty.connectToken({ ptyID: pty.id }, ask)).data
    const { baseUrl, directory } = place.options
    const address = `${baseUrl.replace("http", "ws")}/pty/${pty.id}/connect?directory=${encodeURIComponent(directory)}`
    const socket = new WebSocket(`${address}&ticket=${encodeURIComponent(ticket)}`)
    let seen = ""
    socket.binaryType = "arraybuffer"
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") seen += data
    })
    socket.addEventListener("open", () => socket.send("typed\n"))
    await until(() => seen.includes("typed\r\ntyped"), { what: "the echo" })
    const again = new WebSocket(`${address}&ticket=${encodeURIComponent(ticket)}`)
    await new Promise<void>((done) => {
      again.addEventListener("error", () => done())
      again.addEventListener("close", () => done())
    })
    const closed = new Promise<void>((done) => socket.addEventListener("close", () => done()))
    expect((await client.pty.remove({ ptyID: pty.id }, must)).data).toBe(true)
    await closed
    expect(await status(client.pty.get({ ptyID: pty.id }))).toBe(404)
  },

  async "a terminal interface is controlled through events and a queue"({ client }) {
    const { stream } = await client.event.subscribe()
    const { id: sessionID } = (await client.session.create({}, must)).data
    const seen = await follow(
      stream,
      async () => {
        await client.tui.appendPrompt({ text: "typed" }, must)
        await client.tui.executeCommand({ command: "agent_cycle" }, must)
        await client.tui.showToast({ message: "m", variant: "info" }, must)
        for (const open of [
          "openHelp",
          "openSessions",
          "openThemes",
          "openModels",
          "submitPrompt",
          "clearPrompt",
        ] as const)
          expect((await client.tui[open]({}, must)).data).toBe(true)
        const body = { type: "tui.prompt.append" as const, properties: { text: "published" } }
        await client.tui.publish({ body: body as never }, must)
        await client.tui.selectSession({ sessionID }, must)
      },
      (event) => event.type === "tui.session.select",
    )
    const control = seen.filter(({ type }) => type.startsWith("tui."))
    expect(control.slice(0, 3)).toMatchObject([
      { type: "tui.prompt.append", properties: { text: "typed" } },
      { type: "tui.command.execute", properties: { command: "agent.cycle" } },
      { type: "tui.toast.show", properties: { message: "m", variant: "info", duration: 5000 } },
    ])
    expect(control.at(-2)).toMatchObject({ properties: { text: "published" } })
    expect(control).toHaveLength(11)
    expect(await status(client.tui.selectSession({ sessionID: "ses_000000000000000000000000" }))).toBe(404)
    expect((await client.tui.control.response({ body: { any: "thing" } }, must)).data).toBe(true)
  },

  async "configuration in layers is read and changed, and a conflict is told"({ client, place, kilo }) {
    if (!kilo) return
    const before = (await client.config.overlay({ scope: "project" }, must)).data
    const set = { scope: "project" as const, set: { username: "layered" } }
    const changed = (await client.config.overlayUpdate(set, must)).data
    expect(changed.scope).toBe("project")
    expect((await client.config.get({}, must)).data.username).toBe("layered")
    const target = changed.targets.project
    const stale = { path: target.path, revision: before.targets.project.revision }
    expect(await status(client.config.overlayUpdate({ ...set, set: { username: "late" }, expected: stale }))).toBe(409)
    await client.config.overlayUpdate({ scope: "project", unset: [["username"]] }, must)
    expect((await client.config.get({}, must)).data.username).not.toBe("layered")
    expect(place.kilo.stderr).not.toContain("uncaught")
  },

  async "logins of providers"({ client }) {
    const methods = (await client.provider.auth({}, must)).data
    expect(methods["github-copilot"]?.map(({ type }) => type)).toContain("oauth")
    // No such login, none begun, and a service that can't be reached.
    expect(await status(client.provider.oauth.authorize({ providerID: "nobody", method: 0 }))).toBe(
      differs("login-unknown", 400, 500),
    )
    expect(await status(client.provider.oauth.callback({ providerID: "kilo", method: 0 }))).toBe(400)
  },

  async "what the model writes beside the conversation"({ client, place, kilo }) {
    if (!kilo) return
    const { id: sessionID } = (await client.session.create({}, must)).data
    expect((await client.enhancePrompt.enhance({ text: "[[text:better]]" }, must)).data.text).toContain("better")
    const branch = (await client.branchName.generate({ sessionID, prompt: "[[text:fix-it]]" }, must)).data.branch
    expect(branch === null || typeof branch === "string").toBe(true)
    const path = place.project.directory
    expect(await status(client.commitMessage.generate({ path }))).toBe(422)
    await place.project.write("a.txt", "changed\n")
    expect((await client.commitMessage.generate({ path }, must)).data.message.length).toBeGreaterThan(0)
  },

  async "what is there in name: indexing, sandbox, background work, account"({ client, place, kilo }) {
    expect((await client.tool.list({ provider: "fake", model: "m1" }, must)).data.map(({ id }) => id)).toContain("read")
    expect((await client.experimental.workspace.status({}, must)).data).toEqual([])
    const { id: sessionID } = (await client.session.create({ title: "everywhere" }, must)).data
    const all = (await client.experimental.session.list({ roots: true }, must)).data
    expect(all.find(({ id }) => id === sessionID)).toMatchObject({
      title: "everywhere",
      project: { id: expect.any(String) },
    })
    if (!kilo) return
    await named(client, sessionID)
    await plain(place, sessionID)
  },
}

/** Only this product's client has these. */
async function named(client: KiloClient, sessionID: string) {
  expect((await client.indexing.status({}, must)).data.state).toBe("Disabled")
  expect((await client.indexing.warnings({}, must)).data).toEqual([])
  expect(typeof (await client.sandbox.support({}, must)).data.available).toBe("boolean")
  const toggled = await client.sandbox.toggle({ sessionID })
  expect(toggled.response?.status).toBeLessThan(500)
  const viewer = { viewer: { id: randomUUID(), active: true }, attached: [sessionID], visible: [sessionID] }
  expect((await client.session.viewed(viewer, must)).data).toBe(true)
  expect((await client.telemetry.setEnabled({ enabled: false }, must)).data).toBe(true)
  expect(await status(client.permission.allowEverything({ enable: true, sessionID }))).toBe(200)
  expect(await status(client.suggestion.accept({ requestID: "sug_none", index: 0 }))).toBe(404)
  expect(await status(client.suggestion.dismiss({ requestID: "sug_none" }))).toBe(404)
  expect((await client.backgroundProcess.list({}, must)).data).toEqual([])
  // Nobody is logged in.
  expect(await status(client.kilo.organization.set({ organizationId: null }))).toBeGreaterThanOrEqual(400)
  expect(await status(client.kilo.modes({}))).toBeLessThan(500)
}

/** Operations that other programs call without the packages. */
async function plain(place: Place, sessionID: string) {
  const { baseUrl, directory, headers, fetch } = place.options
  const ask = (path: string, json?: unknown) =>
    fetch(`${baseUrl}${path}`, {
      method: json === undefined ? "GET" : "POST",
      headers: { ...headers, "x-kilo-directory": encodeURIComponent(directory), "content-type": "application/json" },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
  const commands = (await (await ask("/kilocode/command/files")).json()) as { name: string; location: string }[]
  const shout = commands.find(({ name }) => name === "shout")
  expect(shout?.location).toBe(place.project.path(".kilo/command/shout.md"))
  expect(await (await ask("/kilocode/command/remove", { location: shout?.location })).json()).toBe(true)
  expect(existsSync(shout?.location ?? "")).toBe(false)
  expect(await (await ask(`/kilocode/background-jobs?sessionID=${sessionID}`)).json()).toEqual([])
  for (const what of ["cancel", "promote"])
    expect((await ask(`/kilocode/background-jobs/none/${what}`, {})).status).toBe(404)
  const board = (await (await ask(`/kilocode/session/${sessionID}/board`)).json()) as { revision: number }
  expect(board).toMatchObject({ ownerSessionID: sessionID, messages: [] })
  expect((await ask(`/kilocode/session/${sessionID}/board/reset`, { revision: board.revision + 7 })).status).toBe(409)
  expect((await ask("/kilocode/marketplace")).status).toBe(200)
  expect((await ask("/kilo/cloud/session/import", { sessionId: "none" })).status).toBeGreaterThanOrEqual(400)
}

const files = {
  ".kilo/skills/greet/SKILL.md": "---\nname: greet\ndescription: Says hello\n---\nSay hello.\n",
  ".kilo/command/shout.md": "---\ndescription: Shouts\n---\nShout $ARGUMENTS\n",
}

/** Played in v2.test.ts; a ticket's terminal is a WebSocket; the rest waits for a person, or for a terminal interface. */
const ELSEWHERE = new Set([
  "POST /instance/dispose",
  "POST /log",
  "POST /telemetry/capture",
  "GET /find/symbol",
  "GET /session/{sessionID}/model-usage",
  "GET /suggestion",
  "GET /pty",
  "GET /lsp",
  "GET /formatter",
  "GET /experimental/tool/ids",
  "GET /session/{sessionID}/sandbox",
  "GET /experimental/capabilities",
  "GET /experimental/workspace",
  "GET /kilo/auth-status",
  "GET /kilo/cloud-sessions",
  "GET /remote/status",
  "GET /pty/{ptyID}/connect",
  "POST /mcp/{name}/auth/authenticate",
  "GET /tui/control/next",
])

play(scenarios, peer ? [] : P1.filter((operation) => !ELSEWHERE.has(operation)), { files })
