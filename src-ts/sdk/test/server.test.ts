import { createServer } from "node:http"
import { bundledCli, tempHome, tempProject } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { createKiloClient, KiloError } from "../src/index.ts"
import { createKiloServer } from "../src/server.ts"

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test("createKiloServer starts a server that only its password opens, and stops it", async () => {
  await using home = await tempHome()
  await using project = await tempProject()
  const server = await createKiloServer({ command: bundledCli(), env: home.env, cwd: project.directory })
  expect((await server.client().path.get()).data.directory).toBe(project.directory)
  await expect(createKiloClient({ baseUrl: server.url }).session.list()).rejects.toMatchObject({
    status: 401,
    message: "GET /session answered 401. Check username and password.",
  })
  await server.close()
  expect(alive(server.pid)).toBe(false)
  await server.close()
  await expect(server.client().session.list()).rejects.toThrow(/can't be reached. Is kilo serve running there\?/)
})

test("the signal ends the server, also before it listens", async () => {
  await using home = await tempHome()
  const abort = new AbortController()
  const server = await createKiloServer({ command: bundledCli(), env: home.env, signal: abort.signal })
  abort.abort()
  await server.exited
  expect(alive(server.pid)).toBe(false)

  const early = new AbortController()
  const starting = createKiloServer({ command: bundledCli(), env: home.env, signal: early.signal })
  early.abort(new Error("changed my mind"))
  await expect(starting).rejects.toThrow("changed my mind")
})

test("a command that is missing, fails or says nothing is told with what it printed", async () => {
  await using home = await tempHome()
  const start = (options: Parameters<typeof createKiloServer>[0]) => createKiloServer({ env: home.env, ...options })
  await expect(start({ command: "/no/such/kilo" })).rejects.toThrow(/could not be started \(.*ENOENT/)
  await expect(start({ command: bundledCli(), hostname: "0.0.0.0.0" })).rejects.toThrow(KiloError)
  await expect(start({ command: "tail", timeout: 1 })).rejects.toThrow(/did not listen within|before it listened/)
})

test("errors of the server are thrown with name, status and body; answers of something else are told apart", async () => {
  await using home = await tempHome()
  await using server = await createKiloServer({ command: bundledCli(), env: home.env })
  const failed = await server
    .client()
    .session.get({ path: { sessionID: "ses_x" } })
    .catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(KiloError)
  expect(failed).toMatchObject({ name: "NotFoundError", status: 404, message: "Session not found: ses_x" })
  const wrong = await server
    .client({ workspace: "wrk_none" })
    .session.list()
    .catch((error: unknown) => error)
  expect(wrong).toMatchObject({ name: "NotFoundError", message: "Workspace not found: wrk_none" })

  const other = createServer((request, response) => {
    if (request.url?.startsWith("/session")) response.setHeader("content-type", "text/html").end("<p>hello</p>")
    else if (request.url?.startsWith("/path")) response.setHeader("content-length", 0).end()
    else response.writeHead(500).end()
  })
  await new Promise<void>((done) => other.listen(0, "127.0.0.1", done))
  const address = other.address()
  const client = createKiloClient({ baseUrl: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` })
  try {
    await expect(client.session.list()).rejects.toThrow(/web page/)
    await expect(client.path.get()).rejects.toThrow(/answered with nothing/)
    await expect(client.project.list()).rejects.toThrow("GET /project answered 500. The body is empty")
  } finally {
    other.closeAllConnections()
    other.close()
  }
})
