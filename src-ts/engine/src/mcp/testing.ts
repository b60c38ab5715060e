import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Bus, type EventMap, type EventType } from "../bus/index.ts"
import { createConfig, resolvePaths } from "../config/index.ts"
import type { Config } from "../config/types.ts"
import type { Tool, ToolAsk, ToolContext, ToolResult } from "../tool/types.ts"
import { type Approvals, createMcp, type Mcp } from "./index.ts"
import type { McpStatus } from "./types.ts"

const require = createRequire(import.meta.url)

/** Command that starts a real server from npm. */
export function npmServer(name: "everything" | "filesystem", ...args: string[]): string[] {
  const folder = dirname(require.resolve(`@modelcontextprotocol/server-${name}/package.json`))
  return [process.execPath, join(folder, "dist", "index.js"), ...args]
}

/** Command of a server that is a few lines of JavaScript; `line(handler)` calls it with every parsed message. */
export function script(source: string): string[] {
  const prelude = `
    const send = (it) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...it }) + "\\n")
    const hello = (id, capabilities) =>
      send({ id, result: { protocolVersion: "2025-06-18", capabilities, serverInfo: { name: "t", version: "1" } } })
    const line = (handler) => {
      let rest = ""
      process.stdin.setEncoding("utf8").on("data", (text) => {
        rest += text
        for (let at = rest.indexOf("\\n"); at >= 0; at = rest.indexOf("\\n")) {
          const message = JSON.parse(rest.slice(0, at))
          rest = rest.slice(at + 1)
          handler(message)
        }
      })
    }`
  return [process.execPath, "-e", `${prelude}\n${source}`]
}

/** A server with one tool `echo` that can be told to misbehave. */
export const ECHO = `
  line(({ id, method, params }) => {
    if (method === "initialize") hello(id, { tools: { listChanged: true } })
    if (method === "tools/list")
      send({ id, result: { tools: [{ name: "echo", description: "Says it again", inputSchema: { type: "object", properties: { text: { type: "string" } } } }] } })
    if (method === "tools/call") {
      const text = params.arguments.text
      if (text === "crash") { console.error("out of cheese"); process.exit(7) }
      if (text === "hang") return
      send({ id, result: { content: [{ type: "text", text: String(text) }] } })
    }
  })`

export interface McpWorld extends AsyncDisposable {
  mcp: Mcp
  directory: string
  home: string
  env: Record<string, string | undefined>
  asks: ToolAsk[]
  approvals: Set<string>
  events<T extends EventType>(type: T): EventMap[T][]
  configure(config: Config): void
  statusOf(name: string): Promise<McpStatus | undefined>
  tool(id: string): Promise<Tool>
  call(id: string, input: Record<string, unknown>, signal?: AbortSignal): Promise<ToolResult>
}

/** For tests: the MCP servers of a directory of its own, configured by the test. */
export function mcpWorld(config: Config = {}, more: { env?: Record<string, string> } = {}): McpWorld {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "kilo-mcp-")))
  const directory = join(top, "project")
  const home = join(top, "home")
  for (const each of [directory, home]) mkdirSync(each)
  const env = { PATH: process.env.PATH, HOME: home, KILO_SERVER_PASSWORD: "secret", ...more.env }
  const paths = resolvePaths(env)
  const bus = new Bus()
  const seen: { type: EventType; properties: unknown }[] = []
  bus.subscribe(({ type, properties }) => seen.push({ type, properties }))
  let current = config
  const files = createConfig({ paths, env })
  const approvals = new Set<string>()
  const remembered: Approvals = {
    has: (server, print) => approvals.has(`${server} ${print}`),
    add: (server, print) => approvals.add(`${server} ${print}`),
  }
  const make = () =>
    createMcp({
      directory,
      env,
      version: "1",
      paths,
      bus,
      scope: { directory },
      outputDir: join(top, "kept"),
      config: async () => {
        const loaded = await files.load(directory, directory)
        return { ...loaded, config: Object.keys(current).length > 0 ? current : loaded.config }
      },
      approvals: remembered,
    })
  const mcp = make()
  const asks: ToolAsk[] = []
  const tool = async (id: string) => {
    const tools = await mcp.tools([])
    const found = tools.find((each) => each.id === id)
    if (!found) throw new Error(`no tool ${id}, only ${tools.map((each) => each.id).join(" ")}`)
    return found
  }
  return {
    mcp,
    directory,
    home,
    env,
    asks,
    approvals,
    events: (type) => seen.filter((event) => event.type === type).map(({ properties }) => properties as never),
    configure(next) {
      current = next
      mcp.reload()
    },
    statusOf: async (name) => (await mcp.status())[name],
    tool,
    async call(id, input, signal = new AbortController().signal) {
      const context: ToolContext = {
        sessionID: "ses_1",
        messageID: "msg_1",
        callID: "call_1",
        agent: { name: "code", mode: "primary", permission: [], options: {} },
        directory,
        worktree: directory,
        abort: signal,
        update: () => undefined,
        ask: async (request) => {
          asks.push(request)
        },
        question: async () => [],
        todos: { get: () => [], set: () => undefined },
        edited: () => undefined,
        charge: () => undefined,
      }
      return (await tool(id)).execute(input, context)
    },
    async [Symbol.asyncDispose]() {
      await mcp.close()
      rmSync(top, { recursive: true, force: true })
    },
  }
}
