import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, onTestFinished, test } from "vitest"
import { ask, basic } from "../../test/http.ts"
import { type AccessOptions, auth, cors, hostCheck } from "./access.ts"
import { compose, sendJson } from "./layer.ts"

async function guarded(options: Partial<AccessOptions> = {}): Promise<string> {
  const access = { username: "kilo", hostname: "127.0.0.1", cors: [], ...options }
  const handle = compose(hostCheck(access), cors(access), auth(access))
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://kilo")
    handle({ request, response, url }, () => sendJson(response, 200, { inside: true }))
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => {
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
}

describe("with a password", () => {
  test("nobody gets in without credentials, and the answer has no body", async () => {
    const url = await guarded({ password: "pw" })
    const answer = await ask(url)
    expect(answer).toMatchObject({ status: 401, body: "" })
    expect(answer.headers).toMatchObject({ "www-authenticate": 'Basic realm="Secure Area"', "content-length": "0" })
  })

  test.each([
    ["the right user", "kilo", "pw", 200],
    ["the user name of related clients", "opencode", "pw", 200],
    ["a wrong password", "kilo", "pww", 401],
    ["an empty password", "kilo", "", 401],
    ["another user", "root", "pw", 401],
  ])("%s is answered %s:%s -> %i", async (_, user, password, status) => {
    const url = await guarded({ password: "pw" })
    expect((await ask(url, { headers: { authorization: basic(user, password) } })).status).toBe(status)
  })

  test("a configured user name takes the place of kilo", async () => {
    const url = await guarded({ password: "pw", username: "me" })
    expect((await ask(url, { headers: { authorization: basic("me", "pw") } })).status).toBe(200)
    expect((await ask(url, { headers: { authorization: basic("kilo", "pw") } })).status).toBe(401)
  })

  test("a token in the query wins over the header", async () => {
    const url = await guarded({ password: "pw" })
    const token = (password: string) => `?auth_token=${encodeURIComponent(btoa(`kilo:${password}`))}`
    expect((await ask(url + token("pw"))).status).toBe(200)
    expect((await ask(url + token("no"), { headers: { authorization: basic("kilo", "pw") } })).status).toBe(401)
  })

  test("passwords may hold colons and any letters", async () => {
    const url = await guarded({ password: "a:b ö€" })
    expect((await ask(url, { headers: { authorization: basic("kilo", "a:b ö€") } })).status).toBe(200)
  })

  test("any host name is served", async () => {
    const url = await guarded({ password: "pw" })
    const headers = { host: "dev.example:80", authorization: basic("kilo", "pw") }
    expect((await ask(url, { headers })).status).toBe(200)
  })
})

describe("without a password", () => {
  test.each(["localhost:1", "127.0.0.1:1", "[::1]:1", "x.localhost", "192.168.1.2:4096", "LOCALHOST"])(
    "the host name %s is served",
    async (host) => {
      expect((await ask(await guarded(), { headers: { host } })).status).toBe(200)
    },
  )

  test.each(["evil.example:4096", "localhost.evil.example", "127.0.0.1.evil.example"])(
    "the host name %s is refused, with a reason",
    async (host) => {
      const answer = await ask(await guarded(), { headers: { host } })
      expect(answer.status).toBe(403)
      expect(JSON.parse(answer.body)).toMatchObject({ name: "ForbiddenError" })
    },
  )

  test("a web page of another origin can change nothing", async () => {
    const url = await guarded()
    const headers = { origin: "https://evil.example" }
    expect((await ask(url, { method: "POST", headers })).status).toBe(403)
    expect((await ask(url, { headers })).status).toBe(200)
    expect((await ask(url, { method: "POST", headers: { origin: "http://localhost:3000" } })).status).toBe(200)
  })
})

test("a web page of another origin can change nothing with credentials that the browser remembers", async () => {
  const url = await guarded({ password: "pw" })
  const headers = { origin: "https://evil.example", authorization: basic("kilo", "pw") }
  expect((await ask(url, { method: "POST", headers })).status).toBe(403)
  expect((await ask(url, { method: "POST", headers: { ...headers, origin: "null" } })).status).toBe(403)
  expect((await ask(url, { method: "POST", headers: { authorization: basic("kilo", "pw") } })).status).toBe(200)
})

describe("origins", () => {
  test.each([
    "http://localhost:3000",
    "http://127.0.0.1:1",
    "tauri://localhost",
    "http://tauri.localhost",
    "oc://renderer",
    "https://kilo.ai",
    "https://app.kilo.ai",
    "https://opencode.ai",
    "https://mine.example",
  ])("%s is allowed", async (origin) => {
    const url = await guarded({ cors: ["https://mine.example"] })
    const answer = await ask(url, { headers: { origin } })
    expect(answer.headers).toMatchObject({ "access-control-allow-origin": origin, vary: "Origin" })
  })

  test.each(["http://localhost", "https://evil-kilo.ai", "https://kilo.ai.evil.example", "null"])(
    "%s gets no header",
    async (origin) => {
      const answer = await ask(await guarded(), { headers: { origin } })
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined()
    },
  )

  test("a preflight needs no credentials", async () => {
    const url = await guarded({ password: "pw" })
    const headers = { origin: "http://localhost:3000", "access-control-request-headers": "authorization, x-y" }
    const answer = await ask(url, { method: "OPTIONS", headers })
    expect(answer).toMatchObject({ status: 204, body: "" })
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "http://localhost:3000",
      "access-control-allow-methods": "GET, HEAD, PUT, PATCH, POST, DELETE",
      "access-control-allow-headers": "authorization, x-y",
      "access-control-max-age": "86400",
    })
  })
})

test("a page of another site can't load anything as a picture, script or frame; a link to it and programs can", async () => {
  const url = await guarded()
  const answer = (dest: string, site = "cross-site") =>
    ask(url, { headers: { "sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": dest } })
  for (const dest of ["image", "script", "iframe", "empty"]) expect((await answer(dest)).status, dest).toBe(403)
  expect((await answer("document")).status).toBe(200)
  expect((await answer("empty", "same-origin")).status).toBe(200)
  const plain = await ask(url)
  expect(plain).toMatchObject({ status: 200, headers: { "x-content-type-options": "nosniff" } })
})
