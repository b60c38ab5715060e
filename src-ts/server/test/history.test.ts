import { readFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { json } from "node:stream/consumers"
import { expect, test } from "vitest"
import { type World, world } from "./world.ts"

const write = (path: string, content: string) => `[[tool:write ${JSON.stringify({ filePath: path, content })}]]`
const extra = { permission: { edit: "allow" } }

interface Message {
  info: { id: string; role: string }
  parts: { id: string; type: string }[]
}

/** Runs a prompt to its end and returns the id of its message. */
async function turn(w: World, id: string, text: string): Promise<string> {
  await w.kilo.api(`/session/${id}/message`, { json: { parts: [{ type: "text", text }] } })
  const messages = await w.kilo.api<Message[]>(`/session/${id}/message`)
  return messages.findLast((message) => message.info.role === "user")?.info.id ?? ""
}

async function answer(w: World, path: string, options: Parameters<World["kilo"]["fetch"]>[1] = {}) {
  const response = await w.kilo.fetch(path, options)
  const text = await response.text()
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) }
}

test("revert, unrevert, keep, undo, fork, export, import and find work over HTTP with the contract's errors", async () => {
  await using w = await world({ extra })
  const id = await w.session({ title: "Over HTTP" })
  const message = await turn(
    w,
    id,
    `${write("a.txt", "changed\n")}${write("b.txt", "new\n")}[[then]][[text:Sesame opened.]]`,
  )
  const file = join(w.project.directory, "a.txt")

  const reverted = await answer(w, `/session/${id}/revert`, { json: { messageID: message } })
  expect(reverted).toMatchObject({ status: 200, body: { revert: { messageID: message, workspace: "restored" } } })
  expect(await readFile(file, "utf8")).toBe("one\ntwo\nthree\n")
  expect(await answer(w, `/session/${id}/unrevert`, { method: "POST" })).toMatchObject({ status: 200 })
  expect(await readFile(file, "utf8")).toBe("changed\n")

  expect(await answer(w, `/session/${id}/change/keep`, { json: { file: "b.txt" } })).toMatchObject({
    status: 200,
    body: [{ file: "a.txt" }],
  })
  expect(await answer(w, `/session/${id}/change/undo`, { json: { file: "a.txt", patch: "old" } })).toMatchObject({
    status: 409,
    body: { _tag: "ConflictError", resource: "a.txt" },
  })
  expect(await answer(w, `/session/${id}/change/undo`, { json: { file: "a.txt" } })).toEqual({ status: 200, body: [] })
  expect(await readFile(file, "utf8")).toBe("one\ntwo\nthree\n")

  const copy = await answer(w, `/session/${id}/fork`, { method: "POST" })
  expect(copy).toMatchObject({ status: 200, body: { title: "Over HTTP (fork #1)", directory: w.project.directory } })
  const value = await answer(w, `/session/${id}/export`)
  const made = await answer(w, "/session/import", { json: value.body, directory: w.project.directory })
  expect(made).toMatchObject({ status: 200, body: { title: "Over HTTP" } })
  expect(await answer(w, "/session/import", { json: { info: 1 } })).toMatchObject({ status: 400 })

  const found = await answer(w, `/session/find?query=SESAME&directory=${w.project.directory}`)
  expect(found.body.complete).toBe(true)
  expect(found.body.matches.every((match: { count: number }) => match.count >= 1)).toBe(true)
  const ids = found.body.matches.map((match: { sessionID: string }) => match.sessionID)
  expect(new Set(ids)).toEqual(new Set([id, copy.body.id, made.body.id]))
  const all = await answer(w, `/experimental/session?current=true&limit=2&directory=${w.project.directory}`)
  expect(all.body).toHaveLength(2)
  expect(all.body[0].project.worktree).toBe(w.project.directory)

  await w.prompt(id, "[[text:Busy]][[hold:on]]")
  await w.events.waitFor((event) => event.type === "message.part.delta")
  const busy = { status: 409, body: { _tag: "SessionBusyError", sessionID: id } }
  expect(await answer(w, `/session/${id}/revert`, { json: { messageID: message } })).toMatchObject(busy)
  expect(await answer(w, `/session/${id}/unrevert`, { method: "POST" })).toMatchObject(busy)
  expect(await answer(w, "/session/ses_none/revert", { json: { messageID: message } })).toMatchObject({ status: 404 })
  expect(await answer(w, `/session/${id}/revert`, { json: {} })).toMatchObject({ status: 400 })
})

test("messages and parts are changed and removed over HTTP", async () => {
  await using w = await world({ extra })
  const id = await w.session()
  await turn(w, id, "[[text:Hi]]")
  const messages = await w.kilo.api<Message[]>(`/session/${id}/message`)
  const last = messages.at(-1)
  const part = last?.parts.find((one) => one.type === "text")
  if (!last || !part) throw new Error("no text")
  const path = `/session/${id}/message/${last.info.id}/part/${part.id}`
  expect(await answer(w, path, { method: "PATCH", json: { ...part, text: "Hello" } })).toMatchObject({
    status: 200,
    body: { text: "Hello" },
  })
  expect(await answer(w, path, { method: "PATCH", json: { ...part, id: "prt_other" } })).toMatchObject({ status: 400 })
  expect(await answer(w, path, { method: "DELETE" })).toEqual({ status: 200, body: true })
  const message = `/session/${id}/message/${last.info.id}`
  expect(await answer(w, message, { method: "DELETE" })).toEqual({ status: 200, body: true })
  expect(await answer(w, message, { method: "DELETE" })).toEqual({ status: 200, body: true })
  expect(await w.kilo.api<Message[]>(`/session/${id}/message`)).toHaveLength(1)
})

interface ShareCall {
  method: string
  path: string
  body: string
}

async function shareServer(): Promise<{ url: string; calls: ShareCall[] } & AsyncDisposable> {
  const calls: ShareCall[] = []
  const server: Server = createServer((request: IncomingMessage, response) => {
    json(request)
      .then((body) => {
        calls.push({ method: request.method ?? "", path: request.url ?? "", body: JSON.stringify(body) })
        response.setHeader("content-type", "application/json")
        response.end(JSON.stringify({ id: "shr1", url: "https://share.example/s/shr1", secret: "share-secret" }))
      })
      .catch(() => response.destroy())
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())),
  }
}

test("sharing is off without a server, and says so in the contract's way", async () => {
  await using w = await world({ extra })
  const id = await w.session()
  for (const method of ["POST", "DELETE"]) {
    expect(await answer(w, `/session/${id}/share`, { method })).toMatchObject({
      status: 500,
      body: {
        name: "UnknownError",
        _tag: "InternalServerError",
        data: { message: expect.stringContaining("KILO_SHARE_URL") },
      },
    })
  }
})

test("a shared session is published without credentials or places, kept up to date, and taken back", async () => {
  await using share = await shareServer()
  const secret = "sk-very-secret-0123456789"
  await using w = await world({ extra, env: { KILO_SHARE_URL: share.url, OTHER_API_KEY: secret } })
  const id = await w.session({ title: "Shared", metadata: { private: "meta" } })
  await turn(w, id, `Use ${secret} in ${w.project.directory}/a.txt [[text:I will.]]`)
  const shared = await answer(w, `/session/${id}/share`, { method: "POST" })
  expect(shared).toMatchObject({ status: 200, body: { share: { url: "https://share.example/s/shr1" } } })
  expect(share.calls.map((call) => `${call.method} ${call.path}`)).toEqual([
    "POST /api/share",
    "POST /api/share/shr1/sync",
  ])
  expect(share.calls[1]?.body).toContain("I will.")
  await turn(w, id, "[[text:More to say.]]")
  await expect.poll(() => share.calls.at(-1)?.body, { timeout: 10_000 }).toContain("More to say.")
  const sent = JSON.stringify(share.calls)
  for (const word of [secret, w.project.directory, "private"]) expect(sent).not.toContain(word)
  expect(JSON.stringify(await w.kilo.api(`/session/${id}`))).not.toContain("share-secret")
  const back = await answer(w, `/session/${id}/share`, { method: "DELETE" })
  expect(back.body).not.toHaveProperty("share")
  expect(share.calls.at(-1)).toMatchObject({ method: "DELETE", path: "/api/share/shr1" })
})
