import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { world } from "./world.ts"

interface Named {
  name: string
  mode?: string
  location?: string
}

describe("agents, commands and skills over HTTP", () => {
  test("an agent is written, listed, used and removed", async () => {
    await using w = await world()
    const directory = w.project.directory
    const draft = { description: "Tests", mode: "primary", prompt: "You test.", tools: ["read"], steps: "NaN" }
    const saved = await w.kilo.api<{ path: string; markdown: string }>("/agent-builder/tester", {
      method: "PUT",
      json: draft,
      directory,
    })
    expect(saved).toMatchObject({ id: "tester", scope: "project", path: join(directory, ".kilo/agent/tester.md") })
    expect(readFileSync(saved.path, "utf8")).toBe(saved.markdown)
    const agents = await w.kilo.api<Named[]>("/agent", { directory })
    expect(agents[0]?.name).toBe("code")
    expect(agents.find(({ name }) => name === "tester")).toMatchObject({ mode: "primary", source: "project" })
    const session = await w.session({ agent: "tester" })
    await w.kilo.api(`/session/${session}/message`, { json: { parts: [{ type: "text", text: "[[text:hi]]" }] } })
    expect(JSON.stringify(w.model.requests[0]?.body)).toContain("You test.")
    expect(await w.kilo.api("/kilocode/agent/remove", { json: { name: "tester" }, directory })).toBe(true)
    expect(existsSync(saved.path)).toBe(false)
    const again = await w.kilo.fetch("/kilocode/agent/remove", { json: { name: "tester" }, directory })
    expect(again.status).toBe(400)
    const bad = await w.kilo.fetch("/agent-builder/..%2Fx", { method: "PUT", json: draft, directory })
    expect(bad.status).toBe(400)
  })

  test("commands and skills are listed with their files, and removed by location; broken files are warnings", async () => {
    await using w = await world({
      files: {
        ".kilo/command/go.md": "---\ndescription: a: b\n---\nGo",
        ".kilo/skills/one/SKILL.md": "---\nname: one\ndescription: One\n---\nDo",
      },
    })
    const directory = w.project.directory
    const commands = await w.kilo.api<Named[]>("/command", { directory })
    expect(commands.map(({ name }) => name)).toEqual(["go", "init", "one", "review"])
    const warnings = await w.kilo.api<{ path: string }[]>("/config/warnings", { directory })
    expect(warnings.map(({ path }) => path)).toEqual([join(directory, ".kilo/command/go.md")])
    const files = await w.kilo.api<Named[]>("/kilocode/command/files", { directory })
    const location = files.find(({ name }) => name === "go")?.location ?? ""
    const remove = (path: string, at: string) => w.kilo.fetch(path, { json: { location: at }, directory })
    expect((await remove("/kilocode/command/remove", "/etc/passwd")).status).toBe(400)
    expect((await remove("/kilocode/command/remove", location)).status).toBe(200)
    const [skill] = await w.kilo.api<Named[]>("/skill", { directory })
    expect(skill).toMatchObject({ name: "one", trusted: false, content: "Do" })
    expect((await remove("/kilocode/skill/remove", skill?.location ?? "")).status).toBe(200)
    expect(await w.kilo.api<Named[]>("/skill", { directory })).toEqual([])
    expect(existsSync(join(directory, ".kilo/skills/one"))).toBe(false)
    expect((await w.kilo.api<Named[]>("/command", { directory })).map(({ name }) => name)).toEqual(["init", "review"])
  })

  test("commands run, init knows its message, shell is refused while busy", async () => {
    await using w = await world()
    const session = await w.session()
    w.model.reply([{ text: "Reviewed." }], [{ text: "Written." }])
    const answer = await w.kilo.api<{ parts: { text?: string }[] }>(`/session/${session}/command`, {
      json: { command: "review", arguments: "HEAD~1", model: "fake/m1" },
    })
    expect(answer.parts.map(({ text }) => text)).toContain("Reviewed.")
    await w.events.waitFor((event) => event.type === "command.executed" && event.properties.name === "review")
    const messageID = "msg_1fc0a24fb001Jr37n1iKK7vNbz"
    const init = { modelID: "m1", providerID: "fake", messageID }
    expect(await w.kilo.api(`/session/${session}/init`, { json: init })).toBe(true)
    expect(JSON.stringify(w.model.requests.at(-1)?.body)).toContain("AGENTS.md")
    expect((await w.kilo.fetch(`/session/${session}/command`, { json: { command: "no", arguments: "" } })).status).toBe(
      500,
    )

    const shell = await w.kilo.api<{ parts: { tool?: string }[] }>(`/session/${session}/shell`, {
      json: { agent: "code", command: "echo hi" },
    })
    expect(shell.parts.map(({ tool }) => tool)).toContain("bash")
    w.model.reply([{ text: "wor" }, { hang: true }])
    await w.prompt(session, "go")
    await w.model.waitForRequest((request) => JSON.stringify(request.body).includes('"go"'))
    const busy = await w.kilo.fetch(`/session/${session}/shell`, { json: { agent: "code", command: "ls" } })
    expect(busy.status).toBe(409)
    expect(await busy.json()).toMatchObject({ _tag: "SessionBusyError", sessionID: session })
    await w.kilo.api(`/session/${session}/abort`, { method: "POST" })
  })
})
