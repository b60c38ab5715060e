import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { startKilo, tempHome, tempProject } from "@kilo-split/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { ask, basic } from "./http.ts"
import { type World, world } from "./world.ts"

let w: World

beforeAll(async () => {
  w = await world()
})

afterAll(async () => {
  await w[Symbol.asyncDispose]()
})

async function json(response: Promise<Response>) {
  const answer = await response
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown> & { data?: { message: string } },
  }
}

describe("every route is closed without credentials", () => {
  test.each(["/global/health", "/session", "/event", "/global/event", "/doc", "/nope"])("%s", async (path) => {
    const answer = await ask(w.kilo.url + path)
    expect(answer).toMatchObject({ status: 401, body: "" })
  })

  test("and open to both user names and to a token", async () => {
    const password = w.kilo.password ?? ""
    const path = `${w.kilo.url}/session`
    expect((await ask(path, { headers: { authorization: basic("opencode", password) } })).status).toBe(200)
    expect((await ask(`${path}?auth_token=${btoa(`kilo:${password}`)}`)).status).toBe(200)
  })
})

describe("what a client needs to come up", () => {
  test.each([
    ["/global/config", "object"],
    ["/kilo/notifications", []],
    ["/config/warnings", []],
    ["/provider", "object"],
    ["/config/providers", "object"],
    ["/agent", "array"],
    ["/command", "array"],
    ["/skill", []],
    ["/session/status", {}],
    ["/session?roots=true", "array"],
    ["/permission", []],
    ["/question", []],
    ["/mcp", {}],
    ["/project", "array"],
    ["/vcs/status", []],
    ["/vcs/diff?mode=git", []],
    ["/file/status", []],
  ])("%s", async (path, expected) => {
    const { status, body } = await json(w.kilo.fetch(path, { directory: w.project.directory }))
    expect(status).toBe(200)
    if (expected === "array") expect(body).toBeInstanceOf(Array)
    else if (expected === "object") expect(body).toBeTypeOf("object")
    else expect(body).toEqual(expected)
  })

  test("the version and health", async () => {
    expect(await w.kilo.api("/global/health")).toEqual({ healthy: true, version: "0.1.0" })
  })

  test("nobody is logged in", async () => {
    expect(await json(w.kilo.fetch("/kilo/profile"))).toEqual({ status: 401, body: { _tag: "Unauthorized" } })
  })

  test("the model's provider is connected, and code is the first agent", async () => {
    const directory = w.project.directory
    const providers = await w.kilo.api<{ connected: string[]; all: { id: string }[] }>("/provider", { directory })
    expect(providers.connected).toContain("fake")
    expect(providers.all.map((provider) => provider.id)).toContain("anthropic")
    const agents = await w.kilo.api<{ name: string }[]>("/agent", { directory })
    expect(agents[0]).toMatchObject({ name: "code", mode: "primary" })
  })

  test("the OpenAPI document", async () => {
    const document = await w.kilo.api<{ openapi: string; paths: Record<string, unknown> }>("/doc")
    expect(document.openapi).toBe("3.1.0")
    expect(Object.keys(document.paths)).toContain("/session/{sessionID}/prompt_async")
  })
})

describe("files and search", () => {
  const get = (path: string) => json(w.kilo.fetch(path, { directory: w.project.directory }))

  test("list, read and find", async () => {
    expect((await get("/file?path=.")).body).toContainEqual(expect.objectContaining({ path: "a.txt", type: "file" }))
    expect((await get("/file/content?path=a.txt")).body).toMatchObject({ type: "text", content: "one\ntwo\nthree" })
    expect((await get("/find/file?query=a.t&type=file&limit=5")).body).toContain("a.txt")
    expect((await get("/find?pattern=tw.")).body).toMatchObject([{ path: { text: "a.txt" }, line_number: 2 }])
    expect((await get("/vcs")).body).toHaveProperty("branch")
  })

  test("a path outside the project is refused by name", async () => {
    const { status, body } = await get("/file/content?path=../../etc/passwd")
    expect(status).toBe(403)
    expect(body).toMatchObject({ name: "ForbiddenError", data: { message: expect.stringContaining("outside") } })
  })
})

describe("failures have the contract's status and body", () => {
  const known = "ses_e03f5db73ffe3s3m3X8VsNA1bg"
  const missing = { name: "NotFoundError", data: { message: `Session not found: ${known}` } }

  test.each([
    ["an unknown path", "GET", "/nope", undefined, 404, { error: "Not Found" }],
    ["an unknown method", "PUT", "/session", undefined, 404, { error: "Not Found" }],
    ["the root", "GET", "/", undefined, 404, { error: "Not Found" }],
    ["an unknown session", "GET", `/session/${known}`, undefined, 404, missing],
    ["its messages", "GET", `/session/${known}/message`, undefined, 404, missing],
    ["deleting it", "DELETE", `/session/${known}`, undefined, 404, missing],
    ["prompting it", "POST", `/session/${known}/prompt_async`, { parts: [] }, 404, missing],
    [
      "an unknown permission",
      "POST",
      "/permission/per_x/reply",
      { reply: "once" },
      404,
      { _tag: "PermissionNotFoundError", requestID: "per_x", message: "Permission request not found: per_x" },
    ],
    [
      "an unknown question",
      "POST",
      "/question/que_x/reply",
      { answers: [] },
      404,
      { _tag: "QuestionNotFoundError", requestID: "que_x" },
    ],
    ["an id with a wrong prefix", "GET", "/session/msg_123", undefined, 400, { name: "BadRequest" }],
    ["a missing field", "POST", `/session/${known}/prompt_async`, {}, 400, { data: { kind: "Payload" } }],
    ["null where text belongs", "POST", "/session", { title: null }, 400, { _tag: "BadRequest" }],
    ["a wrong query", "GET", "/vcs/diff?mode=x", undefined, 400, { data: { kind: "Query" } }],
    ["a cursor without a limit", "GET", `/session/${known}/message?before=x`, undefined, 400, { name: "BadRequest" }],
  ])("%s", async (_, method, path, body, status, expected) => {
    const answer = await json(w.kilo.fetch(path, { method, ...(body ? { json: body } : {}) }))
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject(expected)
    expect(JSON.stringify(answer.body)).not.toMatch(/at .*\.(m?js|ts):\d/)
  })

  test("aborting what does not exist is fine", async () => {
    expect(await json(w.kilo.fetch(`/session/${known}/abort`, { method: "POST" }))).toEqual({ status: 200, body: true })
  })

  test("malformed JSON", async () => {
    const headers = { "content-type": "application/json" }
    const answer = await json(w.kilo.fetch("/session", { method: "POST", headers, body: '{"title":' }))
    expect(answer).toMatchObject({ status: 400, body: { name: "BadRequest", data: { kind: "Payload" } } })
  })

  test("a body that a web page could send without asking", async () => {
    const headers = { "content-type": "text/plain" }
    expect((await w.kilo.fetch("/session", { method: "POST", headers, body: "{}" })).status).toBe(415)
    expect((await w.kilo.fetch("/session", { method: "POST" })).status).toBe(200)
  })

  test("a bad cursor", async () => {
    const id = await w.session()
    expect(await json(w.kilo.fetch(`/session/${id}/message?limit=1&before=nonsense`))).toMatchObject({ status: 400 })
  })

  test("an unknown model or agent in a prompt that waits", async () => {
    const id = await w.session()
    const body = { parts: [{ type: "text", text: "x" }], model: { providerID: "fake", modelID: "nope" } }
    const answer = await json(w.kilo.fetch(`/session/${id}/message`, { json: body }))
    expect(answer).toMatchObject({ status: 500, body: { name: "UnknownError" } })
    expect(answer.body.data?.message).toMatch(/Model not found: fake\/nope/)
  })

  test("a directory that does not exist can hold sessions, and reading it says what is wrong", async () => {
    const directory = join(w.project.directory, "not-there")
    expect((await w.kilo.fetch("/session", { json: {}, directory })).status).toBe(200)
    const { status, body } = await json(w.kilo.fetch("/file?path=.", { directory }))
    expect(status).toBe(404)
    expect(body.data?.message).toMatch(/Directory not found/)
  })
})

describe("a request is about", () => {
  test("the directory of the query, the headers, or the server's own, and each has its own sessions", async () => {
    await using other = await tempProject({ files: { "b.txt": "b" }, git: true })
    const directory = async (init: Parameters<typeof w.kilo.fetch>[1]) =>
      (await w.kilo.api<{ directory: string }>("/path", init)).directory
    const encoded = encodeURIComponent(other.directory)
    expect(await directory({ directory: w.project.directory, headers: { "x-kilo-directory": encoded } })).toBe(
      w.project.directory,
    )
    expect(await directory({ headers: { "x-kilo-directory": encoded } })).toBe(other.directory)
    expect(await directory({ headers: { "x-opencode-directory": other.directory } })).toBe(other.directory)
    expect(await directory({})).toBe(w.kilo.home.directory)

    const made = await w.kilo.api<{ id: string; directory: string }>("/session", {
      json: { title: "there" },
      headers: { "x-opencode-directory": other.directory },
    })
    expect(made.directory).toBe(other.directory)
    const ids = async (directory: string) =>
      (await w.kilo.api<{ id: string }[]>("/session", { directory })).map(({ id }) => id)
    expect(await ids(other.directory)).toEqual([made.id])
    expect(await ids(w.project.directory)).not.toContain(made.id)
  })

  test("the session's own directory when it names a session", async () => {
    const id = await w.session()
    const elsewhere = { directory: w.kilo.home.directory }
    expect(await w.kilo.api(`/session/${id}`, elsewhere)).toMatchObject({ directory: w.project.directory })
  })
})

test("messages come in pages, newest first to ask for and oldest first to read", async () => {
  const id = await w.session({ title: "pages" })
  for (const text of ["one", "two", "three"]) {
    const body = { parts: [{ type: "text", text }], noReply: true }
    await w.kilo.api(`/session/${id}/message`, { json: body })
  }
  const page = async (query: string) => {
    const response = await w.kilo.fetch(`/session/${id}/message${query}`)
    const items = (await response.json()) as { parts: { text: string }[] }[]
    return { texts: items.map(({ parts }) => parts[0]?.text), headers: response.headers }
  }
  const all = await page("")
  expect(all.texts).toEqual(["one", "two", "three"])
  expect(all.headers.get("x-kilo-event-id")).toMatch(/^[0-9a-f]+-\d+$/)
  const newest = await page("?limit=2")
  expect(newest.texts).toEqual(["two", "three"])
  expect(newest.headers.get("link")).toContain('rel="next"')
  const cursor = newest.headers.get("x-next-cursor") ?? ""
  const older = await page(`?limit=2&before=${encodeURIComponent(cursor)}`)
  expect(older.texts).toEqual(["one"])
  expect(older.headers.get("x-next-cursor")).toBeNull()
  expect(newest.headers.get("x-previous-cursor")).toBeNull()
  const back = encodeURIComponent(older.headers.get("x-previous-cursor") ?? "")
  const newer = await page(`?limit=1&after=${back}`)
  expect(newer.texts).toEqual(["two"])
  expect(newer.headers.get("x-next-cursor")).toBeTruthy()
  const last = await page(`?limit=5&after=${encodeURIComponent(newer.headers.get("x-previous-cursor") ?? "")}`)
  expect(last.texts).toEqual(["three"])
  expect(last.headers.get("x-previous-cursor")).toBeNull()
  const [{ info }] = (await (await w.kilo.fetch(`/session/${id}/message?limit=1`)).json()) as [{ info: { id: string } }]
  expect((await page(`?limit=1&before=${info.id}`)).texts).toEqual(["two"])
  expect((await page(`?limit=3&around=${info.id}`)).texts).toEqual(["two", "three"])
  for (const [query, status] of [
    ["?limit=2&around=msg_000000000000aaaaaaaaaaaaaa", 404],
    ["?limit=2&after=nonsense", 400],
    [`?limit=2&after=${back}&before=${back}`, 400],
    [`?around=${info.id}`, 400],
  ] as const) {
    expect((await w.kilo.fetch(`/session/${id}/message${query}`)).status).toBe(status)
  }
})

test("the same messageID again changes nothing", async () => {
  const id = await w.session({ title: "twice" })
  const body = { messageID: "msg_1fc0a24fb001Jr37n1iKK7vNbz", noReply: true, parts: [{ type: "text", text: "once" }] }
  await Promise.all([1, 2, 3].map(() => w.kilo.fetch(`/session/${id}/prompt_async`, { json: body })))
  expect((await w.kilo.fetch(`/session/${id}/prompt_async`, { json: body })).status).toBe(204)
  expect(await w.kilo.api<unknown[]>(`/session/${id}/message`)).toHaveLength(1)
})

test("a session is renamed, listed, and deleted with its children", async () => {
  const parent = await w.session({ title: "parent" })
  const child = await w.session({ parentID: parent })
  expect(await w.kilo.api(`/session/${parent}/children`)).toMatchObject([{ id: child, parentID: parent }])
  const renamed = await w.kilo.fetch(`/session/${parent}`, { method: "PATCH", json: { title: "new name" } })
  expect(await renamed.json()).toMatchObject({ id: parent, title: "new name" })
  expect(await w.kilo.api(`/session/${parent}/todo`)).toEqual([])
  expect(await w.kilo.api(`/session/${parent}/diff`)).toEqual([])
  expect(await json(w.kilo.fetch(`/session/${parent}`, { method: "DELETE" }))).toEqual({ status: 200, body: true })
  expect((await w.kilo.fetch(`/session/${child}`)).status).toBe(404)
  expect((await w.kilo.fetch(`/session/${parent}`, { method: "DELETE" })).status).toBe(404)
})

test("a credential is stored and forgotten", async () => {
  const set = await w.kilo.fetch("/auth/openai", { method: "PUT", json: { type: "api", key: "sk-secret" } })
  expect(await set.json()).toBe(true)
  const connected = async () =>
    (await w.kilo.api<{ connected: string[] }>("/provider", { directory: w.project.directory })).connected
  expect(await connected()).toContain("openai")
  expect(await json(w.kilo.fetch("/auth/openai", { method: "DELETE" }))).toEqual({ status: 200, body: true })
  expect(await connected()).not.toContain("openai")
})

test("a patch of the project's configuration answers what is in force afterwards", async () => {
  await using project = await tempProject({ files: { "kilo.json": '{ "username": "before" }' }, git: true })
  const { directory } = project
  const patched = await w.kilo.fetch("/config", { method: "PATCH", json: { snapshot: false }, directory })
  expect(await patched.json()).toMatchObject({ snapshot: false, username: "before", model: "fake/m1" })
  await w.events.waitFor((event) => event.type === "global.config.updated" && event.directory === directory)
})

test("a settings page reads every layer, changes one file, and is told when it has changed meanwhile", async () => {
  await using project = await tempProject({ git: true })
  const directory = project.directory
  const read = () =>
    w.kilo.api<{ targets: { project: { path: string; revision: string } }; fields: Record<string, unknown> }>(
      "/config/overlay?scope=project",
      { directory },
    )
  const { targets } = await read()
  const expected = { path: targets.project.path, revision: targets.project.revision }
  const change = (username: string) =>
    w.kilo.fetch("/config/overlay", {
      method: "PATCH",
      json: { scope: "project", set: { username }, expected },
      directory,
    })
  const first = await change("first")
  expect(first.status).toBe(200)
  expect(await first.json()).toMatchObject({ fields: { username: { value: "first", source: "project" } } })
  const second = await change("second")
  expect(second.status).toBe(409)
  expect(await second.json()).toMatchObject({ code: "revision-conflict", target: { raw: { username: "first" } } })
  expect((await w.kilo.fetch("/config/overlay", { method: "PATCH", json: {}, directory })).status).toBe(400)
})

test("a broken configuration file is a warning, not a failure", async () => {
  await using project = await tempProject({ files: { "kilo.json": "{ this is no JSON" }, git: true })
  const { directory } = project
  const warnings = await w.kilo.api<{ path: string; message: string }[]>("/config/warnings", { directory })
  expect(warnings[0]?.path).toBe(join(directory, "kilo.json"))
  expect((await w.kilo.fetch("/session", { json: {}, directory })).status).toBe(200)
})

test("without a password the server warns, and keeps out pages under a foreign name", async () => {
  await using home = await tempHome()
  await writeFile(join(home.directory, "x.txt"), "x")
  await using kilo = await startKilo({ home, password: null })
  expect(kilo.stdout).toMatch(
    /^Warning: KILO_SERVER_PASSWORD is not set; server is unsecured\.\nkilo server listening on http:\/\/127\.0\.0\.1:\d+\n$/,
  )
  const health = `${kilo.url}/global/health`
  expect((await ask(health)).status).toBe(200)
  expect((await ask(health, { headers: { host: "evil.example" } })).status).toBe(403)
})
