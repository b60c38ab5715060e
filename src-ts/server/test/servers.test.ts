import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { repository, startFakeMcp, until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { world } from "./world.ts"

interface ToolPart {
  type: string
  tool: string
  state: { status: string; output?: string; error?: string; metadata?: Record<string, unknown> }
}

/** The command of a real MCP server from npm; it is the engine's development dependency. */
function everything(): string[] {
  const require = createRequire(join(repository, "src-ts/engine/package.json"))
  const folder = dirname(require.resolve("@modelcontextprotocol/server-everything/package.json"))
  return [process.execPath, join(folder, "dist", "index.js")]
}

async function run(at: Awaited<ReturnType<typeof world>>, prompt: string) {
  const session = await at.session()
  await at.prompt(session, prompt)
  await at.events.waitFor((event) => event.type === "session.turn.close" && event.properties.sessionID === session)
  const messages = await at.kilo.api<{ parts: ToolPart[] }[]>(`/session/${session}/message`)
  return messages.flatMap(({ parts }) => parts).filter(({ type }) => type === "tool")
}

describe("MCP servers over HTTP", () => {
  test("a client adds one, the model calls its tool, and it ends with the server", async () => {
    await using at = await world()
    const { directory } = at.project
    expect(await at.kilo.api("/mcp", { directory })).toEqual({})
    const config = { type: "local", command: everything() }
    const added = await at.kilo.api("/mcp", { directory, json: { name: "all", config } })
    expect(added).toEqual({ all: { status: "connected" } })
    const [call] = await run(at, '[[tool:all_echo {"message":"through it all"}]] [[then]] [[text:Done]]')
    expect(call).toMatchObject({ tool: "all_echo", state: { status: "completed", output: "Echo: through it all" } })
    expect(at.model.calls[0]?.tools).toContain("all_echo")
    const commands = await at.kilo.api<{ name: string; source?: string }[]>("/command", { directory })
    expect(commands.filter(({ source }) => source === "mcp").map(({ name }) => name)).toContain("all:simple-prompt")
  })

  test("its prompts are slash commands, and what they say is not run", async () => {
    await using at = await world()
    const { directory } = at.project
    await at.kilo.api("/mcp", { directory, json: { name: "all", config: { type: "local", command: everything() } } })
    const session = await at.session()
    const body = { command: "all:args-prompt", arguments: "Oslo !`touch pwned`" }
    await at.kilo.api(`/session/${session}/command`, { json: body })
    expect(at.model.calls[0]?.user).toContain("Oslo")
    await expect(at.project.read("pwned")).rejects.toThrow()
  })

  test("a resource is attached to a prompt as text", async () => {
    await using at = await world()
    const { directory } = at.project
    await at.kilo.api("/mcp", { directory, json: { name: "all", config: { type: "local", command: everything() } } })
    const session = await at.session()
    const uri = "demo://resource/dynamic/text/1"
    const text = { value: "@it", start: 0, end: 3 }
    const source = { type: "resource", clientName: "all", uri, text }
    await at.kilo.api(`/session/${session}/message`, {
      json: {
        parts: [
          { type: "text", text: "What is in it?" },
          { type: "file", mime: "text/plain", url: uri, source },
        ],
      },
    })
    expect(JSON.stringify(at.model.calls[0])).toContain("Resource 1")
  })

  test("answers what the contract says about servers that are broken, unknown, or without a login", async () => {
    await using far = await startFakeMcp()
    await using at = await world()
    const { directory } = at.project
    const broken = { name: "tiny", config: { type: "local", command: ["no-such-program"] } }
    expect(await at.kilo.api("/mcp", { directory, json: broken })).toMatchObject({ tiny: { status: "failed" } })
    const post = (path: string, json: unknown = {}) => at.kilo.fetch(path, { directory, json })
    const unknown = await post("/mcp/nobody/connect")
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { _tag: "McpServerNotFoundError", name: "nobody", message: "MCP server not found: nobody" },
    ])
    const without = await post("/mcp/tiny/auth")
    expect([without.status, await without.json()]).toEqual([400, { error: "MCP server tiny does not support OAuth" }])
    expect((await post("/mcp", { name: "x", config: { type: "other" } })).status).toBe(400)

    await at.kilo.api("/mcp", { directory, json: { name: "far", config: { type: "remote", url: far.url } } })
    const login = await at.kilo.api<{ authorizationUrl: string }>("/mcp/far/auth", { directory, json: {} })
    expect((await far.consent(login.authorizationUrl)).status).toBe(200)
    await until(async () => {
      const all = await at.kilo.api<Record<string, { status: string }>>("/mcp", { directory })
      return all.far?.status === "connected"
    })
    const removed = await at.kilo.fetch("/mcp/far/auth", { directory, method: "DELETE" })
    expect(await removed.json()).toEqual({ success: true })
  })
})

describe("language servers over HTTP", () => {
  test("an edit that breaks the code says so in its result", async () => {
    const bin = join(repository, "node_modules", ".bin")
    await using at = await world({
      env: { PATH: `${dirname(process.execPath)}:${bin}:${process.env.PATH}` },
      files: {
        "tsconfig.json": JSON.stringify({ compilerOptions: { strict: true, types: [] } }),
        "a.ts": "export const one: number = 1\n",
      },
    })
    const { directory } = at.project
    expect(await at.kilo.api("/lsp", { directory })).toEqual([])
    expect(await at.kilo.api("/find/symbol?query=one", { directory })).toEqual([])
    const write = (text: string) => `[[tool:write ${JSON.stringify({ filePath: "a.ts", content: text })}]]`
    // The first edit starts the server, which may take longer than an edit waits.
    const told = await until(
      async () => {
        const [call] = await run(
          at,
          `${write(`export const one: number = "${Math.random()}"\n`)} [[then]] [[text:Done]]`,
        )
        return call?.state.output?.includes("The language server finds errors now") && call
      },
      { deadline: 25_000, what: "a result with an error" },
    )
    expect(told.state.output).toContain("a.ts:\nerror 1:14 Type 'string' is not assignable to type 'number'.")
    expect(Object.keys(told.state.metadata?.diagnostics ?? {})).toEqual([at.project.path("a.ts")])
    expect(await at.kilo.api("/lsp", { directory })).toEqual([
      { id: "typescript", name: "typescript", root: ".", status: "connected" },
    ])
    const symbols = await at.kilo.api<{ name: string }[]>("/find/symbol?query=one", { directory })
    expect(symbols.map(({ name }) => name)).toContain("one")
    const [asked] = await run(
      at,
      '[[tool:lsp {"operation":"hover","filePath":"a.ts","symbol":"one"}]] [[then]] [[text:Done]]',
    )
    expect(asked?.state.output).toContain("const one: number")
  })
})
