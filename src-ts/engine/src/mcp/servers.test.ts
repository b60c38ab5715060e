import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { mcpWorld, npmServer } from "./testing.ts"

describe("a real local server", () => {
  test("offers its tools under its own name and runs them", async () => {
    await using world = mcpWorld({ mcp: { all: { type: "local", command: npmServer("everything") } } })
    expect(await world.statusOf("all")).toEqual({ status: "connected" })
    const tool = await world.tool("all_echo")
    expect(tool).toMatchObject({
      server: "all",
      inputSchema: { type: "object", properties: { message: { type: "string" } } },
    })
    const result = await world.call("all_echo", { message: "hello" })
    expect(result.output).toBe("Echo: hello")
    expect(world.asks).toEqual([
      { permission: "all_echo", patterns: ["*"], always: ["*"], metadata: { server: "all", tool: "echo" } },
    ])
    expect(world.events("mcp.tools.changed")).toContainEqual({ server: "all" })
  })

  test("gives images as attachments", async () => {
    await using world = mcpWorld({ mcp: { all: { type: "local", command: npmServer("everything") } } })
    const { attachments } = await world.call("all_get-tiny-image", {})
    expect(attachments).toEqual([
      { type: "file", mime: "image/png", url: expect.stringMatching(/^data:image\/png;base64,iVBOR/) },
    ])
  })

  test("offers prompts and resources", async () => {
    await using world = mcpWorld({ mcp: { all: { type: "local", command: npmServer("everything") } } })
    const prompts = await world.mcp.prompts()
    const withArguments = prompts.find(({ arguments: args }) => args.some(({ required }) => required))
    expect(withArguments).toBeDefined()
    const args = Object.fromEntries((withArguments?.arguments ?? []).map(({ name }) => [name, "Oslo"]))
    expect((await world.mcp.prompt(withArguments?.name ?? "", args)).text).toContain("Oslo")
    expect((await world.mcp.commands()).map(({ name }) => name)).toEqual(prompts.map(({ name }) => name))
    const resources = await world.mcp.resources()
    expect(resources.length).toBeGreaterThan(0)
    const read = await world.mcp.readResource("all", resources[0]?.uri ?? "")
    expect(read.text.length).toBeGreaterThan(0)
  })

  test("works in the project and sees nothing of the server's own secrets", async () => {
    await using world = mcpWorld({
      mcp: { all: { type: "local", command: npmServer("everything"), environment: { MINE: "yes" } } },
    })
    const { output } = await world.call("all_get-env", {})
    expect(JSON.parse(output)).toMatchObject({ MINE: "yes" })
    expect(output).not.toContain("secret")
  })

  test("reads files where it was allowed to, and its errors reach the model", async () => {
    await using world = mcpWorld()
    world.configure({ mcp: { fs: { type: "local", command: npmServer("filesystem", world.directory) } } })
    writeFileSync(join(world.directory, "note.txt"), "remember the milk")
    expect((await world.call("fs_read_text_file", { path: join(world.directory, "note.txt") })).output).toContain(
      "milk",
    )
    await expect(world.call("fs_read_text_file", { path: "/etc/passwd" })).rejects.toThrow(/denied/i)
  })

  test("answers too long are cut, and the rest is kept where the model can read it", async () => {
    await using world = mcpWorld()
    world.configure({ mcp: { fs: { type: "local", command: npmServer("filesystem", world.directory) } } })
    writeFileSync(join(world.directory, "big.txt"), "0123456789".repeat(20_000))
    const { output, metadata } = await world.call("fs_read_text_file", { path: join(world.directory, "big.txt") })
    expect(output.length).toBeLessThan(60_000)
    expect(metadata.truncated).toBe(true)
    expect(output).toContain("the whole output is in")
  })
})

describe("a real remote server", () => {
  test.each(["streamableHttp", "sse"])("is reached over %s", async (kind) => {
    await using server = await httpServer(kind)
    await using world = mcpWorld({ mcp: { far: { type: "remote", url: server.url } } })
    expect(await world.statusOf("far")).toEqual({ status: "connected" })
    expect((await world.call("far_echo", { message: "over http" })).output).toBe("Echo: over http")
  })
})

async function httpServer(kind: string): Promise<AsyncDisposable & { url: string }> {
  const { createServer } = await import("node:net")
  const { startChild } = await import("../process/index.ts")
  const probe = createServer().listen(0, "127.0.0.1")
  await new Promise((done) => probe.once("listening", done))
  const address = probe.address()
  const port = typeof address === "object" && address ? address.port : 0
  await new Promise((done) => probe.close(done))
  const child = await startChild({
    command: [...npmServer("everything"), kind],
    cwd: "/",
    env: { PATH: process.env.PATH, PORT: String(port) },
  })
  const { until } = await import("@kilo-split/testkit")
  const path = kind === "sse" ? "/sse" : "/mcp"
  await until(
    () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
    { what: "the server's port" },
  )
  return { url: `http://127.0.0.1:${port}${path}`, [Symbol.asyncDispose]: () => child.stop() }
}
