import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { startFakeMcp, until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { ECHO, type McpWorld, mcpWorld, script } from "./testing.ts"

const good = { type: "local" as const, command: script(ECHO) }
const bad = (source: string, more: Record<string, unknown> = {}) => ({
  type: "local" as const,
  command: script(source),
  ...more,
})

const becomes = (world: McpWorld, name: string, status: string) =>
  until(async () => (await world.statusOf(name))?.status === status, { what: `${name} ${status}` })

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

describe("a broken local server", () => {
  test.each([
    ["crashes at once", bad(`console.error("no token"); process.exit(4)`), "ended with exit code 4: no token"],
    ["is not there", { type: "local" as const, command: ["no-such-server"] }, "not found on PATH"],
    ["has no command", { type: "local" as const, command: [] }, "no command"],
    ["hangs", bad("process.stdin.resume()", { timeout: 300 }), "within 300 ms"],
    [
      "prints garbage",
      bad(`console.log("Listening on 3000"); process.stdin.resume()`, { timeout: 500 }),
      "Listening on 3000",
    ],
    [
      "never ends a message",
      bad(`const chunk = "x".repeat(1 << 20); const more = () => process.stdout.write(chunk, more); more()`),
      "without the end of a message",
    ],
  ])("that %s says so and keeps nobody from using the others", async (_, config, error) => {
    await using world = mcpWorld({ mcp: { good, broken: config } })
    expect((await world.call("good_echo", { text: "still here" })).output).toBe("still here")
    await until(async () => {
      const status = await world.statusOf("broken")
      return status?.status === "failed" && status.error.includes(error)
    })
  })

  test("that hangs keeps the first question waiting for seconds at most, the next ones not at all", async () => {
    await using world = mcpWorld({ mcp: { broken: bad("process.stdin.resume()", { timeout: 60_000 }) } })
    const start = performance.now()
    expect(await world.mcp.tools([])).toEqual([])
    expect(performance.now() - start).toBeLessThan(8000)
    const again = performance.now()
    expect(await world.mcp.tools([])).toEqual([])
    expect(performance.now() - again).toBeLessThan(500)
    expect(await world.statusOf("broken")).toMatchObject({
      status: "failed",
      error: expect.stringContaining("being started"),
    })
  })

  test("that crashes during a call tells the model, and is started again", async () => {
    await using world = mcpWorld({ mcp: { good } })
    await expect(world.call("good_echo", { text: "crash" })).rejects.toThrow(/out of cheese/)
    await becomes(world, "good", "connected")
    expect((await world.call("good_echo", { text: "back" })).output).toBe("back")
  })

  test("that does not answer a call is given up after its time, or when the user stops", async () => {
    await using world = mcpWorld({ mcp: { good: { ...good, timeout: 2000 } } })
    await expect(world.call("good_echo", { text: "hang" })).rejects.toThrow("did not answer in time")
    const stop = new AbortController()
    const call = world.call("good_echo", { text: "hang" }, stop.signal)
    stop.abort(new Error("stopped by the user"))
    await expect(call).rejects.toThrow("stopped by the user")
    expect((await world.call("good_echo", { text: "fine" })).output).toBe("fine")
  })

  test("ends with everything it started", async () => {
    const world = mcpWorld()
    const file = join(world.directory, "pids")
    const tree = `const child = require("node:child_process").spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"])
      require("node:fs").writeFileSync(${JSON.stringify(file)}, process.pid + " " + child.pid)`
    world.configure({ mcp: { good: bad(`${tree}\n${ECHO}`) } })
    expect(await world.statusOf("good")).toEqual({ status: "connected" })
    const pids = readFileSync(file, "utf8").split(" ").map(Number)
    expect(pids.map(alive)).toEqual([true, true])
    await world[Symbol.asyncDispose]()
    for (const pid of pids) await until(() => !alive(pid))
  })
})

describe("a broken remote server", () => {
  test.each([
    ["answers errors", 500, "500"],
    ["answers garbage", "garbage" as const, ""],
    ["hangs", "hang" as const, "within 400 ms"],
  ])("that %s is told as failed", async (_, how, error) => {
    await using far = await startFakeMcp({ open: true })
    far.misbehave(how)
    await using world = mcpWorld({ mcp: { far: { type: "remote", url: far.url, timeout: 400 } } })
    expect(await world.statusOf("far")).toMatchObject({ status: "failed", error: expect.stringContaining(error) })
    far.misbehave(undefined)
    expect(await world.mcp.connect("far")).toBe(true)
  })

  test("that is not there names the address", async () => {
    await using world = mcpWorld({ mcp: { far: { type: "remote", url: "http://127.0.0.1:9/mcp" } } })
    expect(await world.statusOf("far")).toMatchObject({
      status: "failed",
      error: expect.stringContaining("127.0.0.1:9"),
    })
  })

  test("that was restarted and has forgotten us is greeted again", async () => {
    await using far = await startFakeMcp({ open: true })
    await using world = mcpWorld({ mcp: { far: { type: "remote", url: far.url } } })
    expect((await world.call("far_whoami", {})).output).toBe("somebody")
    far.forget()
    expect((await world.call("far_whoami", {})).output).toBe("somebody")
  })
})

describe("servers come and go", () => {
  test("at run time: added, disconnected, connected again", async () => {
    await using world = mcpWorld()
    expect(await world.mcp.status()).toEqual({})
    expect(await world.mcp.add("good", good)).toEqual({ good: { status: "connected" } })
    expect(await world.mcp.disconnect("good")).toBe(true)
    expect(await world.mcp.status()).toEqual({ good: { status: "disabled" } })
    expect(await world.mcp.tools([])).toEqual([])
    expect(await world.mcp.connect("good")).toBe(true)
    expect((await world.call("good_echo", { text: "hi" })).output).toBe("hi")
    await expect(world.mcp.connect("nobody")).rejects.toThrow("MCP server not found: nobody")
  })

  test("with the configuration: what stays the same stays connected", async () => {
    const source = `const at = String(process.pid)\n${ECHO.replaceAll("String(text)", "at")}`
    await using world = mcpWorld({ mcp: { one: bad(source), two: good } })
    const before = (await world.call("one_echo", { text: "" })).output
    world.configure({ mcp: { one: bad(source), three: { ...good, enabled: false } } })
    expect(await world.mcp.status()).toEqual({ one: { status: "connected" }, three: { status: "disabled" } })
    expect((await world.call("one_echo", { text: "" })).output).toBe(before)
  })

  test("with their tools: a changed list is read again", async () => {
    const source = `
      let tools = [{ name: "first", inputSchema: { type: "object" } }]
      line(({ id, method }) => {
        if (method === "initialize") hello(id, { tools: { listChanged: true } })
        if (method === "tools/list") send({ id, result: { tools } })
        if (method === "tools/call") {
          tools = [{ name: "second", inputSchema: { type: "object" } }]
          send({ method: "notifications/tools/list_changed" })
          send({ id, result: { content: [] } })
        }
      })`
    await using world = mcpWorld({ mcp: { it: bad(source) } })
    await world.call("it_first", {})
    await until(async () => (await world.mcp.tools([])).map(({ id }) => id).join() === "it_second")
    expect(world.events("mcp.tools.changed").length).toBeGreaterThan(1)
  })

  test("and tools with difficult names get names that every provider takes, each its own", async () => {
    const long = "x".repeat(80)
    const source = `line(({ id, method }) => {
      if (method === "initialize") hello(id, { tools: {} })
      if (method === "tools/list") send({ id, result: { tools: ["a.b", "a/b", "${long}"].map((name) => ({ name, inputSchema: { type: "object" } })) } })
    })`
    await using world = mcpWorld({ mcp: { "my server": bad(source) } })
    const ids = (await world.mcp.tools(["my_server_a_b"])).map(({ id }) => id)
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^my_server_[a-zA-Z0-9_-]{1,54}$/)
    expect(ids).not.toContain("my_server_a_b")
  })
})

describe("a server that the project's own files define", () => {
  const put = (world: McpWorld, path: string, value: unknown) => {
    const file = join(world.directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(value))
  }

  test("is not started before the user connects it, then until its command changes", async () => {
    await using world = mcpWorld()
    put(world, "kilo.json", { mcp: { good } })
    expect(await world.statusOf("good")).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/^Not started: .*kilo\.json of this project would run .*connect the server/),
    })
    expect(await world.mcp.connect("good")).toBe(true)
    expect(world.approvals.size).toBe(1)
    put(world, "kilo.json", { mcp: { good: bad(`${ECHO} // other`) } })
    expect(await world.statusOf("good")).toMatchObject({ status: "failed" })
  })

  test("is started when the user vouches for all projects", async () => {
    await using world = mcpWorld({}, { env: { KILO_TRUST_PROJECT_CONFIG: "1" } })
    put(world, ".kilo/kilo.json", { mcp: { good } })
    expect(await world.statusOf("good")).toEqual({ status: "connected" })
  })

  test("is started when it is remote, unless something of the user's would be sent along", async () => {
    await using far = await startFakeMcp({ open: true })
    await using world = mcpWorld({}, { env: { TOKEN: "mine" } })
    put(world, "kilo.json", {
      mcp: {
        plain: { type: "remote", url: far.url },
        thief: { type: "remote", url: far.url, headers: { "x-token": "{env:TOKEN}" } },
      },
    })
    expect(await world.mcp.status()).toMatchObject({
      plain: { status: "connected" },
      thief: { status: "failed", error: expect.stringContaining("would send something from your environment") },
    })
  })

  test("in an older mcp.json is read like the others", async () => {
    await using world = mcpWorld()
    const [command, ...args] = good.command
    put(world, ".kilocode/mcp.json", {
      mcpServers: { old: { command, args, timeout: 60 }, off: { command, disabled: true } },
    })
    expect(await world.mcp.status()).toMatchObject({ old: { status: "failed" }, off: { status: "disabled" } })
    expect(await world.mcp.connect("old")).toBe(true)
    expect((await world.call("old_echo", { text: "from long ago" })).output).toBe("from long ago")
  })

  test("in the user's own older file is started at once", async () => {
    await using world = mcpWorld()
    const [command, ...args] = good.command
    const file = join(world.home, ".kilocode/cli/global/settings/mcp_settings.json")
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify({ mcpServers: { old: { command, args } } }))
    expect(await world.statusOf("old")).toEqual({ status: "connected" })
  })
})
