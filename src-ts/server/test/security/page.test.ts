import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { repository, startKilo } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { type Answer, ask, open } from "../http.ts"
import { world } from "../world.ts"

/** What a web page that the user looks at can do to a server without a password: the worst case, as there is no secret to miss. */

interface Operation {
  method: string
  path: string
}

/** Every operation of the document, with its path's parameters filled in. */
async function operations(fill: Record<string, string> = {}): Promise<Operation[]> {
  const document = JSON.parse(await readFile(join(repository, "openapi", "kilo.json"), "utf8")) as {
    paths: Record<string, Record<string, unknown>>
  }
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => ["get", "post", "put", "patch", "delete"].includes(method))
      .map((method) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => fill[name] ?? "x"),
      })),
  )
}

const EVIL = "https://evil.example"
const PLAIN_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", undefined]

test("a page of another origin changes nothing: every operation that could refuses it", async () => {
  await using kilo = await startKilo({ password: null })
  const changing = (await operations()).filter(({ method }) => method !== "GET")
  expect(changing.length).toBeGreaterThan(80)
  for (const origin of [EVIL, "null", "http://127.0.0.1.evil.example:80"]) {
    for (const { method, path } of changing) {
      const answer = await ask(kilo.url + path, { method, headers: { origin } })
      expect(answer.status, `${method} ${path} from ${origin}`).toBe(403)
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined()
    }
  }
  expect(await kilo.api("/session")).toEqual([])
})

test("what a form or a simple request can carry is not read as JSON, even when a browser hides its origin", async () => {
  await using kilo = await startKilo({ password: null })
  const body = JSON.stringify({ title: "made by a page" })
  for (const type of PLAIN_TYPES) {
    const headers = type === undefined ? {} : { "content-type": type }
    const answer = await ask(`${kilo.url}/session`, { method: "POST", headers, body })
    expect(answer.status, type).toBe(415)
  }
  expect(await kilo.api("/session")).toEqual([])
})

test("a name that was bound to this machine behind the browser's back reaches no operation and no event", async () => {
  await using kilo = await startKilo({ password: null })
  const headers = { host: "rebound.evil.example:4096" }
  for (const { method, path } of await operations()) {
    expect((await ask(kilo.url + path, { method, headers })).status, `${method} ${path}`).toBe(403)
  }
  const upgrade = { ...headers, connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" }
  const socket = await ask(`${kilo.url}/pty/pty_x/connect`, { headers: { ...upgrade, "sec-websocket-key": "eA==" } })
  expect(socket.status).toBe(403)
})

test("a page of another origin reads no answer and no event, and loads none as a picture, script or frame", async () => {
  await using kilo = await startKilo({ password: null })
  const streams = ["/event", "/global/event"]
  const reading = (await operations()).filter(
    ({ method, path }) => method === "GET" && !path.endsWith("/connect") && path !== "/tui/control/next",
  )
  for (const { path } of reading) {
    // An event stream's answer is looked at before its end, which never comes.
    const response = await open(kilo.url + path, { headers: { origin: EVIL } })
    response.destroy()
    expect(response.headers["access-control-allow-origin"], path).toBeUndefined()
    const site = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" }
    expect((await ask(kilo.url + path, { headers: site })).status, path).toBe(403)
  }
  expect(reading.map(({ path }) => path)).toEqual(expect.arrayContaining(streams))
  const preflight = await ask(`${kilo.url}/session`, {
    method: "OPTIONS",
    headers: {
      origin: EVIL,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    },
  })
  expect(preflight.headers["access-control-allow-origin"]).toBeUndefined()
})

test("operations that a page can call without being asked change nothing", async () => {
  await using w = await world({ password: null })
  const { directory } = w.project
  const session = await w.session({ title: "kept" })
  const state = async () => {
    const parts = ["/session", "/config", "/global/config", "/permission", "/question", "/pty", "/vcs/status", "/mcp"]
    return Promise.all(parts.map((path) => w.kilo.api<unknown>(path, { directory })))
  }
  const before = await state()
  const reading = (await operations({ sessionID: session })).filter(
    ({ method, path }) => method === "GET" && !/event$|connect$|^\/tui\/control\/next$/.test(path),
  )
  const answers: Answer[] = []
  for (const { path } of reading) {
    const query = "?path=.&pattern=one&query=a&mode=git&file=a.txt&provider=fake&model=m1&sessionID=x"
    answers.push(await ask(`${w.kilo.url}${path}${query}&directory=${encodeURIComponent(directory)}`))
  }
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(reading.length / 2)
  expect(await state()).toEqual(before)
})
