import { createServer, type IncomingHttpHeaders } from "node:http"
import { describe, expect, test } from "vitest"
import { ofType, startBench, textOf } from "./harness.ts"

/** Bundled packages whose wire the fake model speaks, with the credential that each must send. */
const SPEAKING = [
  ["mistral", "@ai-sdk/mistral", "chat", "authorization", "Bearer k"],
  ["groq", "@ai-sdk/groq", "chat", "authorization", "Bearer k"],
  ["xai", "@ai-sdk/xai", "responses", "authorization", "Bearer k"],
  ["azure", "@ai-sdk/azure", "chat", "api-key", "k"],
  ["openrouter", "@openrouter/ai-sdk-provider", "chat", "authorization", "Bearer k"],
] as const

describe.each(SPEAKING)("the bundled provider %s", (id, npm, wire, header, value) => {
  test("streams text, runs a tool and sends its result, with its own credential", async () => {
    await using bench = await startBench(`my-${id}`, { npm })
    bench.fake.reply(
      [{ text: "I will read it." }, { tool: "read", args: { filePath: "a.txt" }, id: "callabcde" }],
      [{ text: "It says alpha." }],
    )
    const session = await bench.session()
    const answer = await bench.prompt("read it", { session: session.id })
    expect(answer.info.error).toBeUndefined()
    expect(textOf(answer)).toBe("It says alpha.")
    const [first] = bench.answers(session.id)
    expect(ofType(first?.parts ?? [], "tool")[0]?.state.status).toBe("completed")
    const [call, second] = bench.fake.calls
    expect(call).toMatchObject({ wire, model: "m1", stream: true })
    expect(call?.headers[header]).toBe(value)
    expect(call?.tools).toContain("read")
    expect(second?.results[0]).toContain("alpha")
    expect(answer.info.tokens.output + answer.info.tokens.reasoning).toBe(20)
  })

  test("names a refused key", async () => {
    await using bench = await startBench(`my-${id}`, { npm })
    bench.fake.reply([{ error: { status: 401, message: "Invalid API key" } }])
    const { info } = await bench.prompt("go")
    expect(info.error).toMatchObject({ name: "APIError", data: { statusCode: 401 } })
  })
})

test("the bundled provider amazon-bedrock sends its own form of request to its own path", async () => {
  const seen: { path: string; headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text
    })
    request.on("end", () => {
      seen.push({ path: request.url ?? "", headers: request.headers, body })
      response.writeHead(400, { "content-type": "application/json" })
      response.end('{"message":"The model is not available in your region"}')
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const address = server.address()
  const baseURL = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
  await using bench = await startBench("my-bedrock", {
    npm: "@ai-sdk/amazon-bedrock",
    providerOptions: { baseURL, region: "us-east-1" },
  })
  const { info } = await bench.prompt("hello bedrock")
  expect(seen[0]?.path).toBe("/model/m1/converse-stream")
  expect(seen[0]?.headers.authorization).toBe("Bearer k")
  const body = JSON.parse(seen[0]?.body ?? "{}")
  expect(JSON.stringify(body.messages)).toContain("hello bedrock")
  expect(JSON.stringify(body.toolConfig)).toContain('"read"')
  expect(body.system).toBeDefined()
  expect(JSON.stringify(info.error)).toContain("not available in your region")
  server.closeAllConnections()
  server.close()
})
