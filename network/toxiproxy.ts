import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, renameSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { repository, until } from "../src-ts/testkit/src/index.ts"

/** The newest release that Debian's Go (1.19) still builds. */
const VERSION = "v2.7.0"
const MODULE = `github.com/Shopify/toxiproxy/v2/cmd/server@${VERSION}`

/** Where the built program is, or why there is none. */
export type Program = { file: string } | { missing: string }

/** Builds Toxiproxy with the machine's Go into `.cache`, unless it is there already. Takes half a minute the first time. */
export function toxiproxyProgram(): Program {
  const folder = join(repository, ".cache", `toxiproxy-${VERSION}`)
  const file = join(folder, "toxiproxy")
  if (existsSync(file)) return { file }
  if (spawnSync("go", ["version"]).status !== 0) return { missing: "Go is not installed (package golang-go)" }
  const building = join(folder, `building-${process.pid}`)
  mkdirSync(building, { recursive: true })
  const build = spawnSync("go", ["install", MODULE], {
    cwd: building,
    env: { ...process.env, GOBIN: building, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" },
    encoding: "utf8",
    timeout: 300_000,
  })
  if (build.status !== 0) return { missing: `Toxiproxy ${VERSION} can't be built: ${build.stderr.trim().slice(-400)}` }
  renameSync(join(building, "server"), file)
  return { file }
}

/** One thing that goes wrong on the way. `downstream` is towards the window. */
export interface Toxic {
  type: "latency" | "bandwidth" | "timeout" | "reset_peer" | "slow_close" | "slicer" | "limit_data"
  stream: "upstream" | "downstream"
  attributes: Record<string, number>
}

export interface Detour {
  readonly host: string
  readonly port: number
  /** Adds toxics and returns how to take them away again. */
  add(...toxics: Toxic[]): Promise<() => Promise<void>>
  /** Refuses connections and ends those that are open, or takes them again. */
  enable(on: boolean): Promise<void>
}

export interface Toxiproxy extends AsyncDisposable {
  /** A port of `host` whose connections are led to `upstream` (host:port). */
  proxy(upstream: string, host?: string): Promise<Detour>
}

/** Runs Toxiproxy on a free port of loopback. */
export async function startToxiproxy(file: string): Promise<Toxiproxy> {
  const api = await freePort("127.0.0.1")
  const child = spawn(file, ["-host", "127.0.0.1", "-port", String(api)], { stdio: "ignore" })
  const base = `http://127.0.0.1:${api}`
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(base + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`Toxiproxy ${method} ${path}: ${response.status} ${text}`)
    return text === "" ? {} : JSON.parse(text)
  }
  await until(() => ask("GET", "/version").catch(() => false), { what: "Toxiproxy's own port" })
  let proxies = 0
  let toxics = 0
  return {
    async proxy(upstream, host = "127.0.0.1") {
      const name = `p${++proxies}`
      const { listen } = await ask("POST", "/proxies", { name, listen: `${host}:0`, upstream, enabled: true })
      return {
        host,
        port: Number(String(listen).split(":").at(-1)),
        async add(...list) {
          const names: string[] = []
          for (const toxic of list) {
            const own = `t${++toxics}`
            await ask("POST", `/proxies/${name}/toxics`, { name: own, toxicity: 1, ...toxic })
            names.push(own)
          }
          return async () => {
            for (const own of names) await ask("DELETE", `/proxies/${name}/toxics/${own}`)
          }
        },
        enable: (enabled) => ask("POST", `/proxies/${name}`, { enabled }).then(() => undefined),
      }
    },
    [Symbol.asyncDispose]: () => ended(child),
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise<void>((done) => child.once("exit", () => done()))
  child.kill("SIGKILL")
  await exit
}

/** A port that was free a moment ago. */
async function freePort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((done, failed) => {
    server.once("error", failed)
    server.listen(0, host, () => done())
  })
  const address = server.address()
  await new Promise<void>((done) => server.close(() => done()))
  return typeof address === "object" && address ? address.port : 0
}
