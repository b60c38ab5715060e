import { mkdir, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { join } from "node:path"
import { fakeConfig, type RunningKilo, startFakeModel, startKilo, tempHome, tempProject } from "@kilo-split/testkit"
import { createKiloClient } from "@kilocode/sdk/v2"
import { expect, test } from "vitest"
import { WebSocket } from "ws"
import { basic } from "./http.ts"

const FILE = ".local/share/kilo/workspaces.json"

/** A server that knows the given workspaces; `others` are added to what it is started with. */
async function near(workspaces: Record<string, unknown>, options: Parameters<typeof startKilo>[0] = {}, mode = 0o600) {
  const home = await tempHome()
  const file = join(home.directory, FILE)
  await mkdir(join(file, ".."), { recursive: true })
  await writeFile(file, JSON.stringify(workspaces), { mode })
  const kilo = await startKilo({ home, password: "near-secret", ...options })
  return {
    kilo,
    home,
    file,
    [Symbol.asyncDispose]: async () => {
      await kilo[Symbol.asyncDispose]()
      await home[Symbol.asyncDispose]()
    },
  }
}

const entryOf = (far: RunningKilo, directory: string, more = {}) => ({
  type: "remote",
  name: "Far away",
  url: far.url,
  password: far.password,
  directory,
  ...more,
})

test("requests that name a workspace on another server run there: session, turn, events, terminal", async () => {
  await using model = await startFakeModel()
  await using project = await tempProject({ files: { "far.txt": "far\n" }, git: true, prefix: "far ü %41 " })
  await using far = await startKilo({ config: fakeConfig(model.url), password: "far-secret" })
  await using here = await near({ wrk_far: entryOf(far, project.directory) })
  const { kilo } = here

  expect(await kilo.api("/experimental/workspace")).toEqual([
    expect.objectContaining({ id: "wrk_far", type: "remote", name: "Far away", directory: project.directory }),
  ])
  expect(await kilo.api("/experimental/workspace/status")).toEqual([{ workspaceID: "wrk_far", status: "connected" }])
  expect(await kilo.api("/experimental/workspace?workspace=wrk_far")).toHaveLength(1)

  // With the existing client, whose requests name the workspace in a header or the query.
  const client = createKiloClient({
    baseUrl: kilo.url,
    directory: "/only/here",
    experimental_workspaceID: "wrk_far",
    headers: { authorization: basic("kilo", "near-secret") },
  })
  const events = await client.event.subscribe()
  const session = (await client.session.create({ title: "far" }, { throwOnError: true })).data
  expect(session.directory).toBe(project.directory)
  expect((await client.file.list({ path: "." }, { throwOnError: true })).data.map(({ name }) => name)).toContain(
    "far.txt",
  )
  const seen: string[] = []
  const turn = (async () => {
    for await (const event of events.stream) {
      seen.push(event.type)
      if ((event.type as string) === "session.turn.close") return
    }
  })()
  const parts = [{ type: "text" as const, text: "[[text:from afar]]" }]
  const answer = await client.session.prompt({ sessionID: session.id, parts }, { throwOnError: true })
  expect(answer.data.parts).toContainEqual(expect.objectContaining({ type: "text", text: "from afar" }))
  await turn
  expect(seen).toContain("message.part.updated")

  // The session itself knows where it is.
  expect(await kilo.api(`/session/${session.id}`)).toMatchObject({ id: session.id, title: "far" })
  expect(await far.api("/session", { directory: encodeURIComponent(project.directory) })).toHaveLength(1)
  expect(await kilo.api("/session", { directory: project.directory })).toEqual([])

  const pty = (await client.pty.create({ command: "cat", args: [] }, { throwOnError: true })).data
  const ticket = await kilo.api<{ ticket: string }>(`/pty/${pty.id}/connect-token?workspace=wrk_far`, {
    method: "POST",
    headers: { "x-kilo-ticket": "1" },
  })
  const address = `${kilo.url.replace("http", "ws")}/pty/${pty.id}/connect?workspace=wrk_far&ticket=${ticket.ticket}`
  const echoed = await new Promise<string>((done, failed) => {
    const socket = new WebSocket(address)
    let text = ""
    socket.on("open", () => socket.send("marco\r"))
    socket.on("message", (data, binary) => {
      if (!binary) text += String(data)
      if (!text.includes("marco")) return
      socket.close()
      done(text)
    })
    socket.on("error", failed)
  })
  expect(echoed).toContain("marco")
  const again = await new Promise<number | undefined>((done) => {
    const socket = new WebSocket(address)
    socket.on("unexpected-response", (_, response) => done(response.statusCode))
    socket.on("error", () => undefined)
  })
  expect(again).toBe(403)

  expect((await kilo.fetch(`/session/${session.id}`, { method: "DELETE" })).status).toBe(200)
  expect((await kilo.fetch(`/session/${session.id}`)).status).toBe(404)
})

test("a session of another server is found again after a restart of this one", async () => {
  await using project = await tempProject({ git: true })
  await using far = await startKilo()
  await using home = await tempHome()
  await mkdir(join(home.directory, FILE, ".."), { recursive: true })
  await writeFile(join(home.directory, FILE), JSON.stringify({ wrk_far: entryOf(far, project.directory) }), {
    mode: 0o600,
  })
  const first = await startKilo({ home })
  const made = await first.api<{ id: string }>("/session?workspace=wrk_far", { json: {} })
  await first.stop()
  await using second = await startKilo({ home })
  expect(await second.api(`/session/${made.id}`)).toMatchObject({ id: made.id, directory: project.directory })
})

test("another server never gets this one's credentials, cookies or origin", async () => {
  const seen: { url: string; headers: Record<string, unknown> }[] = []
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? "", headers: request.headers })
    response.setHeader("set-cookie", "far=1").setHeader("content-type", "application/json").end("[]")
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/base/`
  try {
    await using here = await near({ wrk_a: { type: "remote", url, username: "me", password: "theirs" } })
    const headers = { cookie: "here=1", origin: "http://localhost:1234", "x-secret": "1" }
    const token = Buffer.from("kilo:near-secret").toString("base64")
    const response = await here.kilo.fetch(`/session?workspace=wrk_a&limit=3&auth_token=${encodeURIComponent(token)}`, {
      headers,
    })
    expect(await response.json()).toEqual([])
    expect(response.headers.get("set-cookie")).toBeNull()
    expect(seen).toHaveLength(1)
    expect(seen[0]?.url).toBe("/base/session?limit=3")
    expect(seen[0]?.headers.authorization).toBe(basic("me", "theirs"))
    expect(
      Object.keys(seen[0]?.headers ?? {}).filter((name) => ["cookie", "origin", "x-secret"].includes(name)),
    ).toEqual([])
    expect(JSON.stringify(seen)).not.toContain("near-secret")
    expect(JSON.stringify(seen)).not.toContain(token)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test("a local workspace is a directory; an unknown one is told apart", async () => {
  await using project = await tempProject({ files: { "in here.txt": "" }, git: true, prefix: "local é %20 " })
  await using here = await near({ wrk_docs: { type: "local", directory: project.directory } })
  const { kilo } = here
  expect(await kilo.api("/path?workspace=wrk_docs")).toMatchObject({ directory: project.directory })
  const headers = { "x-kilo-workspace": "wrk_docs" }
  expect(await kilo.api("/file?path=.", { headers })).toEqual(
    expect.arrayContaining([expect.objectContaining({ name: "in here.txt" })]),
  )
  const client = createKiloClient({
    baseUrl: kilo.url,
    experimental_workspaceID: "wrk_docs",
    headers: { authorization: basic("kilo", "near-secret") },
  })
  const { stream } = await client.event.subscribe()
  const types: string[] = []
  // The client connects when it is first read.
  for await (const { type } of stream) {
    types.push(type)
    if (type === "server.connected") await client.session.create({}, { throwOnError: true })
    if (type === "session.created") break
  }
  expect(types[0]).toBe("server.connected")
  const response = await kilo.fetch("/session?workspace=wrk_x")
  expect([response.status, await response.json()]).toEqual([
    404,
    { name: "NotFoundError", data: { message: "Workspace not found: wrk_x" } },
  ])
})

test("a session is made in the workspace that its request names in the body, as long as that is here", async () => {
  await using project = await tempProject({ git: true })
  const far = { type: "remote", url: "http://127.0.0.1:9", password: "p" }
  await using here = await near({ wrk_docs: { type: "local", directory: project.directory }, wrk_far: far })
  const make = (workspaceID: string) => here.kilo.fetch("/session", { json: { title: "t", workspaceID } })
  expect(await (await make("wrk_docs")).json()).toMatchObject({ title: "t", directory: project.directory })
  expect((await make("wrk_none")).status).toBe(404)
  const elsewhere = await make("wrk_far")
  expect([elsewhere.status, await elsewhere.text()]).toEqual([400, expect.stringContaining("?workspace=wrk_far")])
})

test("inside a workspace every request stays there", async () => {
  await using here = await near({}, { env: { KILO_WORKSPACE_ID: "wrk_self" } })
  expect(await here.kilo.api("/session?workspace=wrk_other")).toEqual([])
  expect(await here.kilo.api("/experimental/workspace")).toEqual([])
})

test("a server that is away, refuses the password or is named wrongly is told as such, without secrets", async () => {
  await using far = await startKilo({ password: "right" })
  await using here = await near({
    wrk_away: { type: "remote", url: "http://127.0.0.1:1", password: "hidden-1" },
    wrk_wrong: { type: "remote", url: far.url, password: "hidden-2" },
    wrk_plain: { type: "remote", url: "http://example.com", password: "hidden-3" },
    wrk_creds: { type: "remote", url: "https://me:hidden-4@example.com" },
    wrk_what: { type: "balloon" },
  })
  const ask = async (id: string) => {
    const response = await here.kilo.fetch(`/session?workspace=${id}`)
    return { status: response.status, text: await response.text() }
  }
  expect(await ask("wrk_away")).toMatchObject({ status: 502, text: expect.stringContaining("ECONNREFUSED") })
  expect(await ask("wrk_wrong")).toMatchObject({
    status: 502,
    text: expect.stringContaining("refused the credentials"),
  })
  expect(await ask("wrk_plain")).toMatchObject({ status: 400, text: expect.stringContaining("not encrypted") })
  expect(await ask("wrk_creds")).toMatchObject({
    status: 400,
    text: expect.stringContaining("must not hold credentials"),
  })
  expect(await ask("wrk_what")).toMatchObject({ status: 400, text: expect.stringContaining("local, remote") })
  const status = await here.kilo.fetch("/experimental/workspace/status")
  const text = await status.text()
  expect(JSON.parse(text)).toEqual(
    expect.arrayContaining([
      { workspaceID: "wrk_away", status: "disconnected" },
      { workspaceID: "wrk_wrong", status: "error" },
    ]),
  )
  const list = await (await here.kilo.fetch("/experimental/workspace")).text()
  expect(`${text}${list}${here.kilo.stdout}${here.kilo.stderr}`).not.toMatch(/hidden/)
})

test("a file of workspaces that others can read is not used", async () => {
  if (process.platform === "win32") return
  await using here = await near({ wrk_a: { type: "local", directory: "/tmp" } }, {}, 0o644)
  const response = await here.kilo.fetch("/session?workspace=wrk_a")
  expect(response.status).toBe(400)
  expect(await response.text()).toContain("chmod 600")
  // What has nothing to do with workspaces goes on.
  expect((await here.kilo.fetch("/session")).status).toBe(200)
})
