import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createTools } from "../index.ts"
import { type Bench, bench } from "../testing.ts"
import { searchProvider } from "./index.ts"

interface Asked {
  method: string | undefined
  url: string | undefined
  headers: IncomingMessage["headers"]
  body: string
}

let server: Server
let url: string
let asked: Asked[]
let answer: { status: number; body: string; headers?: Record<string, string> }
let b: Bench | undefined

beforeEach(async () => {
  asked = []
  server = createServer(async (request, response) => {
    let body = ""
    for await (const chunk of request) body += chunk
    asked.push({ method: request.method, url: request.url, headers: request.headers, body })
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body)
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  b?.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

const HIT = { title: "A <b>title</b>", url: "https://a.example/x" }
const PROVIDERS: [string, Record<string, string>, unknown][] = [
  ["exa", { EXA_API_KEY: "k1" }, { results: [{ ...HIT, text: "Some text" }] }],
  ["tavily", { TAVILY_API_KEY: "k2" }, { results: [{ ...HIT, content: "Some text" }] }],
  ["brave", { BRAVE_API_KEY: "k3" }, { web: { results: [{ ...HIT, description: "Some <strong>text</strong>" }] } }],
]

describe("websearch", () => {
  it.each(PROVIDERS)("asks %s with its key and shows what it found", async (name, env, body) => {
    answer = { status: 200, body: JSON.stringify(body) }
    b = bench({ env: { ...env, KILO_WEBSEARCH_URL: url } })
    const result = await b.call("websearch", { query: "what is & why", numResults: 3 })
    expect(result).toMatchObject({
      title: "what is & why",
      output: "1. A title\n   https://a.example/x\n   Some text",
      metadata: { provider: name, results: [{ title: "A title", url: HIT.url }], truncated: false },
    })
    expect(b.asks).toEqual([
      { permission: "websearch", patterns: ["what is & why"], always: ["*"], metadata: { query: "what is & why" } },
    ])
    const { headers, ...request } = asked[0] ?? { headers: {} }
    const key = Object.values(env)[0]
    expect(JSON.stringify(headers)).toContain(key)
    expect(JSON.stringify(request)).not.toContain(key)
    expect(decodeURIComponent(`${asked[0]?.url}${asked[0]?.body}`).replaceAll("+", " ")).toContain("what is & why")
  })

  it("is off without a key, and takes the engine that is wished for", () => {
    const ids = (env: Record<string, string>) => createTools({ env, outputDir: "/nowhere" }).map((tool) => tool.id)
    expect(ids({})).not.toContain("websearch")
    expect(ids({ EXA_API_KEY: " " })).not.toContain("websearch")
    expect(ids({ EXA_API_KEY: "k" })).toContain("websearch")
    const both = { EXA_API_KEY: "k", BRAVE_SEARCH_API_KEY: "k" }
    expect(searchProvider(both)?.name).toBe("exa")
    expect(searchProvider({ ...both, KILO_WEBSEARCH_PROVIDER: "Brave" })?.name).toBe("brave")
    expect(searchProvider({ ...both, KILO_WEBSEARCH_PROVIDER: "tavily" })).toBeUndefined()
  })

  it.each([
    [401, "{}", {}, /refuses its key \(401\)/],
    [429, "{}", {}, /no searches left/],
    [500, "oops", {}, /answered 500: oops/],
    [200, "<html>", {}, /unknown form/],
    [200, '{"results":[{"title":1}]}', {}, /unknown form/],
    [302, "", { location: "http://127.0.0.1:1/" }, /failed/],
    [200, " ".repeat(3 * 1024 * 1024), {}, /more than/],
  ])("says what went wrong: %i", async (status, body, headers, message) => {
    answer = { status, body, headers }
    b = bench({ env: { EXA_API_KEY: "k", KILO_WEBSEARCH_URL: url } })
    await expect(b.call("websearch", { query: "x" })).rejects.toThrow(message)
  })

  it("bounds what it shows, and says that nothing was found", async () => {
    b = bench({ env: { EXA_API_KEY: "k", KILO_WEBSEARCH_URL: url } })
    const result = { ...HIT, text: "y".repeat(50_000) }
    answer = { status: 200, body: JSON.stringify({ results: Array.from({ length: 30 }, () => result) }) }
    const { output } = await b.call("websearch", { query: "x", numResults: 20 })
    expect(output.length).toBeLessThan(20 * 1700)
    answer = { status: 200, body: '{"results":[]}' }
    expect((await b.call("websearch", { query: "x" })).output).toMatch(/Nothing was found/)
  })

  it("sends nothing when it is refused", async () => {
    b = bench({ env: { EXA_API_KEY: "k", KILO_WEBSEARCH_URL: url } })
    b.onAsk = () => {
      throw new Error("no")
    }
    await expect(b.call("websearch", { query: "x" })).rejects.toThrow("no")
    expect(asked).toEqual([])
  })
})
