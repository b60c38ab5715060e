import { mkdtemp, readdir, rm } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Auth } from "../auth/types.ts"
import { createConfig, resolvePaths } from "./index.ts"

let home: string
let server: Server
let url: string
let answer: { status: number; body: string }
let requests: string[]

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "kilo-wellknown-"))
  requests = []
  server = createServer((request, response) => {
    requests.push(request.url ?? "")
    response.writeHead(answer.status).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(home, { recursive: true, force: true })
})

function make(auths: Record<string, Auth> = { [url]: { type: "wellknown", key: "TEAM_TOKEN", token: "t0ken" } }) {
  const env = { HOME: home, OTHER_SECRET: "mine" }
  return createConfig({ paths: resolvePaths(env), env, auth: { all: () => auths } })
}

const says = (config: unknown) => ({ status: 200, body: JSON.stringify({ config }) })

test("a server's configuration counts, with its own token and nothing else of the user's", async () => {
  answer = says({
    model: "team/x",
    provider: {
      team: {
        options: { apiKey: "{env:TEAM_TOKEN}", headers: { a: "{env:OTHER_SECRET}", b: "{file:/etc/hostname}" } },
      },
    },
  })
  const { config, warnings } = await make().load(home, home)
  expect(requests).toEqual(["/.well-known/opencode"])
  expect(warnings).toEqual([])
  expect(config.model).toBe("team/x")
  expect(config.provider?.team?.options).toEqual({ apiKey: "t0ken", headers: { a: "", b: "{ file:/etc/hostname}" } })
})

test("it is fetched once while it is fresh, and kept for a start without network", async () => {
  answer = says({ model: "team/x" })
  const config = make()
  const first = await config.load(home, home)
  expect(await config.load(home, home)).toBe(first)
  expect(requests).toHaveLength(1)
  expect(await readdir(join(home, ".cache/kilo/wellknown"))).toHaveLength(1)
  answer = { status: 500, body: "" }
  expect((await make().load(home, home)).config.model).toBe("team/x")
})

test.each([
  ["an error", { status: 503, body: "" }],
  ["garbage", { status: 200, body: "<html>" }],
  ["a list", { status: 200, body: "[]" }],
])("a server that answers %s is a warning and the rest counts", async (_, given) => {
  answer = given
  const { config, warnings } = await make().load(home, home)
  expect(config).toEqual({})
  expect(warnings).toMatchObject([{ path: `${url}/.well-known/opencode` }])
})

test("an address without encryption on another machine is never asked", async () => {
  const { warnings } = await make({ "http://example.com": { type: "wellknown", key: "K", token: "t" } }).load(
    home,
    home,
  )
  expect(warnings).toMatchObject([{ path: "http://example.com" }])
})
