import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type ServiceAnswer, startFakeModel, startFakeService, until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { world } from "./world.ts"

const SECRET = "sk-very-secret-0815"

interface Probe {
  ok: boolean
  models: { id: string; context?: number }[]
  message?: string
}

describe("settings pages", () => {
  test("the server tells how it runs, and where its files are", async () => {
    await using w = await world()
    const status = await w.kilo.api<Record<string, unknown>>("/settings/status")
    expect(status.pid).toBe(w.kilo.pid)
    expect(Number(status.memory)).toBeGreaterThan(1_000_000)
    expect(Number(status.databaseSize)).toBeGreaterThan(0)
    expect(readFileSync(String(status.database)).subarray(0, 6).toString()).toBe("SQLite")
  })

  test("a custom endpoint is asked for its models before anything is stored", async () => {
    await using w = await world()
    await using model = await startFakeModel()
    const probe = (baseURL: string, key?: string) =>
      w.kilo.api<Probe>("/settings/provider/probe", {
        json: { baseURL, ...(key === undefined ? {} : { key }) },
        directory: w.project.directory,
      })
    expect((await probe(`${model.url}/v1`)).models.length).toBeGreaterThan(0)
    await using service = await startFakeService(({ path, headers }): ServiceAnswer => {
      if (path === "/v1/models" && headers.authorization === `Bearer ${SECRET}`) {
        return { body: { data: [{ id: "big", context_length: 64_000 }, { id: "" }, "junk"] } }
      }
      if (path === "/moved/models") return { status: 302, headers: { location: `${service.url}/v1/models` }, body: "" }
      if (path === "/html/models") return { body: "<html>", headers: { "content-type": "text/html" } }
      return { status: path === "/v1/models" ? 401 : 404, body: {} }
    })
    expect(await probe(`${service.url}/v1/`, SECRET)).toMatchObject({
      ok: true,
      models: [{ id: "big", context: 64_000 }],
    })
    const refused = await probe(`${service.url}/v1`, `${SECRET}-wrong`)
    expect(refused).toMatchObject({ ok: false, models: [] })
    expect(refused.message).toContain("refuses the key")
    expect((await probe(service.url)).message).toContain("/v1 at the end")
    expect((await probe(`${service.url}/moved`, SECRET)).message).toContain("another address")
    expect((await probe(`${service.url}/html`)).message).toContain("list of models")
    expect((await probe("ftp://x")).message).toContain("http")
    const gone = await startFakeService(() => undefined)
    await gone[Symbol.asyncDispose]()
    expect((await probe(`${gone.url}/v1`)).message).toContain("Nothing listens")
    expect((await probe("http://u:p@127.0.0.1:1/v1")).message).toContain("own field")
    const spoken = JSON.stringify([refused, await w.kilo.api("/settings/status")])
    expect(spoken).not.toContain(SECRET)
  })

  test("what was used is added up by day, model and session", async () => {
    await using w = await world()
    const session = await w.session({ title: "Sums" })
    await w.kilo.api(`/session/${session}/message`, { json: { parts: [{ type: "text", text: "[[text:hi]]" }] } })
    await w.session({ title: "Nothing" })
    const usage = await w.kilo.api<{
      totals: { steps: number; tokens: { output: number } }
      days: unknown[]
      models: { modelID: string; steps: number }[]
      sessions: { title: string; steps: number }[]
      complete: boolean
    }>("/settings/usage?days=2", { directory: w.project.directory })
    expect(usage.totals.steps).toBe(1)
    expect(usage.totals.tokens.output).toBeGreaterThan(0)
    expect(usage.days).toHaveLength(1)
    expect(usage.models).toHaveLength(1)
    expect(usage.sessions.map(({ title, steps }) => [title, steps])).toEqual([["Sums", 1]])
    expect(usage.complete).toBe(true)
    const elsewhere = await w.kilo.api<{ totals: { steps: number } }>("/settings/usage", { directory: "/" })
    expect(elsewhere.totals.steps).toBe(0)
    const all = await w.kilo.api<{ totals: { steps: number } }>("/settings/usage?scope=all", { directory: "/" })
    expect(all.totals.steps).toBe(1)
  })

  test("what was allowed for good is listed and can be taken back", async () => {
    await using w = await world({ extra: { permission: { bash: "ask" } } })
    const session = await w.session()
    await w.prompt(session, '[[tool:bash {"command":"echo one","description":"Say"}]] [[then]] [[text:done]]')
    const list = () => w.kilo.api<{ id: string }[]>("/permission", { directory: w.project.directory })
    const request = await until(async () => (await list())[0])
    await w.kilo.api(`/permission/${request.id}/reply`, { json: { reply: "always" }, directory: w.project.directory })
    const saved = () =>
      w.kilo.api<{ permission: string; pattern: string; action: string }[]>("/settings/permission", {
        directory: w.project.directory,
      })
    const [rule] = await saved()
    expect(rule).toMatchObject({ permission: "bash", action: "allow" })
    await w.kilo.api("/settings/permission/remove", {
      json: { permission: rule?.permission, pattern: rule?.pattern },
      directory: w.project.directory,
    })
    expect(await saved()).toEqual([])
  })

  test("commands and skills are written as files and used at once; names can't leave their folder", async () => {
    await using w = await world()
    const directory = w.project.directory
    const put = (path: string, content: string, scope = "project") =>
      w.kilo.fetch(path, { method: "PUT", json: { scope, content }, directory })
    expect(await (await put("/settings/command/go", "---\ndescription: Goes\n---\nGo $1")).json()).toEqual({
      path: join(directory, ".kilo/command/go.md"),
    })
    const skill = "---\nname: one\ndescription: One\n---\nDo it"
    expect((await put("/settings/skill/one", skill)).status).toBe(200)
    const commands = await w.kilo.api<{ name: string; description?: string }[]>("/command", { directory })
    expect(commands.find(({ name }) => name === "go")?.description).toBe("Goes")
    expect(await w.kilo.api<unknown[]>("/skill", { directory })).toMatchObject([{ name: "one", content: "Do it" }])
    expect((await put("/settings/command/..%2F..%2Fx", "no")).status).toBe(400)
    expect((await put("/settings/skill/.hidden", "no")).status).toBe(400)
    expect((await put("/settings/agent/helper", "---\ndescription: Helps\nmode: primary\n---\nYou help.")).status).toBe(
      200,
    )
    const agents = await w.kilo.api<{ name: string; description?: string }[]>("/agent", { directory })
    expect(agents.find(({ name }) => name === "helper")?.description).toBe("Helps")
    expect((await put("/settings/agent/..%2Fx", "no")).status).toBe(400)
    await w.kilo.api("/agent-builder/tester", {
      method: "PUT",
      json: { prompt: "You test.", temperature: 0.2, permission: { edit: "deny", bash: { "*": "ask" } } },
      directory,
    })
    const files = await w.kilo.api<{ name: string; content: string }[]>("/settings/agent/files", { directory })
    expect(files.filter(({ name }) => name === "tester")).toMatchObject([
      {
        name: "tester",
        scope: "project",
        content: expect.stringContaining("You test."),
        settings: { temperature: 0.2, permission: { edit: "deny", bash: { "*": "ask" } } },
      },
    ])
  })

  test("MCP servers are listed with what is wrong, and nothing of their configuration", async () => {
    await using w = await world({
      extra: {
        mcp: {
          gone: { type: "local", command: ["/nowhere/at-all"], environment: { TOKEN: SECRET } },
          off: { type: "remote", url: "http://127.0.0.1:1/mcp", enabled: false, headers: { authorization: SECRET } },
        },
      },
    })
    const offers = await w.kilo.api<Record<string, unknown>[]>("/settings/mcp", { directory: w.project.directory })
    expect(offers).toMatchObject([
      { name: "gone", status: { status: "failed" }, login: false, tools: [] },
      { name: "off", status: { status: "disabled" }, login: true, tools: [] },
    ])
    expect(JSON.stringify(offers)).not.toContain(SECRET)
  })
})
