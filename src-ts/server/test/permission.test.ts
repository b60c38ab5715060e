import { tempHome } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { type World, world } from "./world.ts"

const ASK = { extra: { permission: { bash: "ask" } } }
const run = (command: string) => `[[tool:bash {"command":"${command}"}]][[then]][[text:Done.]]`

interface Message {
  info: { error?: { name: string } }
  parts: { type: string; state: { status: string; error?: string; output?: string } }[]
}

async function asked(w: World, sessionID: string, command: string) {
  const from = w.events.events.length
  await w.prompt(sessionID, run(command))
  const event = await w.events.waitFor((each) => each.type === "permission.asked", 10_000, from)
  return { id: String(event.properties.id), properties: event.properties, from }
}

async function lastTool(w: World, sessionID: string) {
  const messages = await w.kilo.api<Message[]>(`/session/${sessionID}/message`)
  return messages.flatMap((message) => message.parts).findLast((part) => part.type === "tool")?.state
}

describe("a permission request", () => {
  test("is found after a reconnect, takes lasting rules while it is open, and is answered through its session", async () => {
    await using w = await world(ASK)
    const directory = w.project.directory
    const sessionID = await w.session()
    const { id, properties, from } = await asked(w, sessionID, "echo one")
    await w.events.cut()
    expect(await w.kilo.api("/permission", { directory })).toEqual([properties])
    await w.events.reconnect()
    const rules = { approvedAlways: ["echo *"], deniedAlways: ["rm *"] }
    expect(await w.kilo.api(`/permission/${id}/always-rules`, { json: rules, directory })).toBe(true)
    expect(await w.kilo.api("/permission", { directory })).toHaveLength(1)
    expect(await w.kilo.api(`/session/${sessionID}/permissions/${id}`, { json: { response: "once" } })).toBe(true)
    await w.events.turnEnd(sessionID, 10_000, from)
    const second = w.events.events.length
    await w.prompt(sessionID, run("echo two"))
    await w.events.turnEnd(sessionID, 10_000, second)
    expect(await lastTool(w, sessionID)).toMatchObject({ status: "completed", output: "two\n" })
    const third = w.events.events.length
    await w.prompt(sessionID, run("rm -f nothing"))
    await w.events.turnEnd(sessionID, 10_000, third)
    expect(await lastTool(w, sessionID)).toMatchObject({
      status: "error",
      error: expect.stringMatching(/bash "rm \*": deny/),
    })
    const gone = await w.kilo.fetch(`/permission/${id}/always-rules`, { json: rules, directory })
    expect(gone.status).toBe(404)
  })

  test("is closed by a restart, and what was saved for good is still known", async () => {
    await using home = await tempHome()
    await using w = await world({ ...ASK, home })
    const directory = w.project.directory
    const sessionID = await w.session()
    const first = await asked(w, sessionID, "echo one")
    await w.kilo.api(`/permission/${first.id}/reply`, { json: { reply: "always" }, directory })
    await w.events.turnEnd(sessionID, 10_000, first.from)
    await asked(w, sessionID, "ls")
    await w.kilo.kill9()
    await using again = await world({ ...ASK, home })
    expect(await again.kilo.api("/permission", { directory })).toEqual([])
    expect(await lastTool(again, sessionID)).toMatchObject({ status: "error", error: "Tool execution aborted" })
    const from = again.events.events.length
    await again.prompt(sessionID, run("echo two"))
    await again.events.turnEnd(sessionID, 10_000, from)
    expect(await lastTool(again, sessionID)).toMatchObject({ status: "completed" })
    expect(again.events.events.some((event) => event.type === "permission.asked")).toBe(false)
  })

  test("can be answered for everything that the session will ask, by whoever knows the password", async () => {
    await using w = await world(ASK)
    const sessionID = await w.session()
    const { from } = await asked(w, sessionID, "echo one")
    const json = { enable: true, sessionID }
    expect(await w.kilo.api("/permission/allow-everything", { json })).toBe(true)
    await w.events.turnEnd(sessionID, 10_000, from)
    expect(await lastTool(w, sessionID)).toMatchObject({ status: "completed" })
    const second = w.events.events.length
    await w.prompt(sessionID, run("ls"))
    await w.events.turnEnd(sessionID, 10_000, second)
    expect(w.events.events.slice(second).some((event) => event.type === "permission.asked")).toBe(false)
    expect(
      (await w.kilo.fetch("/permission/allow-everything", { json: { enable: true, requestID: "per_x" } })).status,
    ).toBe(404)
  })

  test("is never answered for everything on a server without a password", async () => {
    await using w = await world({ ...ASK, password: null })
    const answer = await w.kilo.fetch("/permission/allow-everything", { json: { enable: true } })
    expect(answer.status).toBe(401)
    expect(await answer.json()).toEqual({ _tag: "Unauthorized" })
  })
})
