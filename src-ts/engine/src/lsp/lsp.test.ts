import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { Bus } from "../bus/index.ts"
import { createConfig, resolvePaths } from "../config/index.ts"
import type { Config } from "../config/types.ts"
import { createLsp, type Lsp } from "./index.ts"

const BIN = join(import.meta.dirname, "../../../../node_modules/.bin")
const never = new AbortController().signal

interface World extends AsyncDisposable {
  lsp: Lsp
  root: string
  events: string[]
  put(path: string, text: string): string
  configure(config: Config): void
}

function world(
  files: Record<string, string>,
  config: Config = {},
  env: Record<string, string> = {},
  patience = { first: 8000, next: 3000 },
): World {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "kilo-lsp-")))
  const root = join(top, "project")
  const put = (path: string, text: string) => {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  mkdirSync(join(root, ".git"), { recursive: true })
  for (const [path, text] of Object.entries(files)) put(path, text)
  const path = [BIN, dirname(process.execPath), process.env.PATH].join(delimiter)
  const variables = { PATH: path, HOME: join(top, "home"), ...env }
  const bus = new Bus()
  const events: string[] = []
  bus.subscribe(({ type }) => events.push(type))
  const service = createConfig({ paths: resolvePaths(variables), env: variables })
  let current = config
  const lsp = createLsp({
    directory: root,
    worktree: root,
    env: variables,
    version: "1",
    bus,
    scope: { directory: root },
    patience,
    config: async () => {
      const loaded = await service.load(root, root)
      return { claims: loaded.claims, config: Object.keys(current).length > 0 ? current : loaded.config }
    },
  })
  return {
    lsp,
    root,
    events,
    put,
    configure(next) {
      current = next
      lsp.reload()
    },
    async [Symbol.asyncDispose]() {
      await lsp.close()
      rmSync(top, { recursive: true, force: true })
    },
  }
}

/** Real servers start slowly where many tests run: the first edit may not wait long enough, a later one gets what was found. */
async function found(at: World, file: string) {
  return until(
    async () => {
      const findings = await at.lsp.diagnose([file], never)
      return findings.text !== "" && findings
    },
    { deadline: 25_000, what: `findings in ${file}` },
  )
}

describe("TypeScript's real server", () => {
  const files = {
    "tsconfig.json": JSON.stringify({ compilerOptions: { strict: true, noLib: false, types: [] } }),
    "a.ts": "export function twice(n: number): number {\n  return n * 2\n}\n",
    "b.ts": 'import { twice } from "./a"\nexport const four = twice(2)\n',
  }

  test("tells of an error that an edit makes, and that the next edit has mended it", async () => {
    await using at = world(files)
    const file = at.put("b.ts", 'import { twice } from "./a"\nexport const four: string = twice(2)\n')
    const broken = await found(at, file)
    expect(broken.text).toContain("b.ts:\nerror 2:14 Type 'number' is not assignable to type 'string'.")
    expect(broken.diagnostics[file]).toMatchObject([{ severity: 1, range: { start: { line: 1, character: 13 } } }])
    at.put("b.ts", files["b.ts"])
    await until(async () => (await at.lsp.diagnose([file], never)).text === "")
    expect(at.lsp.status()).toEqual([{ id: "typescript", name: "typescript", root: ".", status: "connected" }])
    expect(at.events).toContain("lsp.updated")
    expect(at.events).toContain("lsp.client.diagnostics")
  })

  test("finds definitions, uses and symbols", async () => {
    await using at = world(files)
    const { toPlaces } = await import("./index.ts")
    const [client] = await at.lsp.open(join(at.root, "b.ts"), never)
    const place = {
      textDocument: { uri: `file://${join(at.root, "b.ts")}` },
      position: { line: 1, character: 21 },
    }
    // Until it has loaded the project it answers from the open file alone.
    const [definition] = await until(
      async () => {
        const places = toPlaces(await client?.request("textDocument/definition", place))
        return places[0]?.file === join(at.root, "a.ts") && places
      },
      { deadline: 25_000 },
    )
    expect(definition?.range.start).toEqual({ line: 0, character: 16 })
    const symbols = await at.lsp.symbols("twice")
    expect(symbols).toContainEqual(expect.objectContaining({ name: "twice", kind: 12 }))
  })

  test("is started by nothing but use, and asked nothing when it does not run", async () => {
    await using at = world(files)
    expect(at.lsp.status()).toEqual([])
    expect(await at.lsp.symbols("twice")).toEqual([])
    expect(await at.lsp.available()).toBe(true)
    expect(at.lsp.status()).toEqual([])
  })

  test("is not used when lsp is off", async () => {
    await using at = world(files, { lsp: false })
    expect(await at.lsp.available()).toBe(false)
    const file = at.put("b.ts", "const x: string = 1\n")
    expect(await at.lsp.diagnose([file], never)).toEqual({ text: "", diagnostics: {} })
  })
})

test("Pyright's real server tells of an error in Python", async () => {
  await using at = world({ "pyproject.toml": "[project]\nname = 'x'\n", "a.py": "x: int = 1\n" })
  const file = at.put("a.py", 'x: int = "one"\n')
  expect((await found(at, file)).text).toMatch(/a\.py:\nerror 1:10 .*not assignable/)
})

/** A server that is a script: `messages` handles what comes, `send` answers. */
function fake(body: string): string {
  return `#!${process.execPath}
const send = (it) => { const text = JSON.stringify({ jsonrpc: "2.0", ...it }); process.stdout.write("Content-Length: " + Buffer.byteLength(text) + "\\r\\n\\r\\n" + text) }
let rest = Buffer.alloc(0)
const messages = (handler) => process.stdin.on("data", (chunk) => {
  rest = Buffer.concat([rest, chunk])
  for (;;) {
    const at = rest.indexOf("\\r\\n\\r\\n")
    if (at < 0) return
    const length = Number(/content-length: (\\d+)/i.exec(rest.toString("latin1", 0, at))[1])
    if (rest.length < at + 4 + length) return
    const message = JSON.parse(rest.toString("utf8", at + 4, at + 4 + length))
    rest = rest.subarray(at + 4 + length)
    handler(message)
  }
})
${body}`
}

const COUNT = `require("node:fs").appendFileSync(__dirname + "/starts", "x")\n`

function withServer(body: string, first = 8000): World & { starts(): number; file: string } {
  const at = world({ "a.zig": "one\n" }, {}, {}, { first, next: 3000 })
  const program = join(dirname(at.root), "server")
  writeFileSync(program, fake(COUNT + body))
  chmodSync(program, 0o755)
  at.configure({ lsp: { zig: { command: [program], extensions: [".zig"] } } })
  const starts = () => {
    try {
      return readFileSync(join(dirname(at.root), "starts"), "utf8").length
    } catch {
      return 0
    }
  }
  return { ...at, starts, file: join(at.root, "a.zig"), [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() }
}

describe("a configured server", () => {
  test("gets its settings, the opened text and versions that grow", async () => {
    await using at = withServer(`
      messages(({ id, method, params }) => {
        if (method === "initialize") send({ id, result: { capabilities: {} } })
        const text = params.textDocument
        if (method === "textDocument/didOpen" || method === "textDocument/didChange")
          send({ method: "textDocument/publishDiagnostics", params: { uri: text.uri, version: text.version, diagnostics: [{
            range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } }, severity: 1,
            message: "v" + text.version + " " + (text.text ?? params.contentChanges[0].text).trim() }] } })
        if (method === "shutdown") send({ id, result: null })
        if (method === "exit") process.exit(0)
      })`)
    expect((await at.lsp.diagnose([at.file], never)).text).toContain("error 1:1 v1 one")
    at.put("a.zig", "two\n")
    expect((await at.lsp.diagnose([at.file], never)).text).toContain("error 1:1 v2 two")
    expect(at.starts()).toBe(1)
  })

  test("that crashes costs the edit little, is told as an error, and is not started again at once", async () => {
    await using at = withServer(`console.error("no memory"); process.exit(3)`)
    expect(await at.lsp.diagnose([at.file], never)).toEqual({ text: "", diagnostics: {} })
    expect(at.lsp.status()).toEqual([{ id: "zig", name: "zig", root: ".", status: "error" }])
    await expect(at.lsp.open(at.file, never)).rejects.toThrow("no memory")
    expect(at.starts()).toBe(1)
    at.lsp.reload()
    await at.lsp.diagnose([at.file], never)
    expect(at.starts()).toBe(2)
  })

  test("that crashes later is started again after a pause", async () => {
    await using at = withServer(`
      messages(({ id, method }) => {
        if (method === "initialize") send({ id, result: { capabilities: {} } })
        if (method === "textDocument/didOpen") process.exit(1)
      })`)
    await at.lsp.diagnose([at.file], never)
    await until(() => at.lsp.status()[0]?.status === "error")
    await until(async () => {
      await at.lsp.diagnose([at.file], never)
      return at.starts() > 1
    })
  })

  test("that hangs makes one edit wait, not all of them", async () => {
    await using at = withServer(`process.stdin.resume()`, 1500)
    const start = performance.now()
    await at.lsp.diagnose([at.file], never)
    const first = performance.now() - start
    expect(first).toBeGreaterThan(1400)
    at.put("a.zig", "again\n")
    await at.lsp.diagnose([at.file], never)
    expect(performance.now() - start - first).toBeLessThan(1000)
  })

  test("that prints garbage is ended and says what it printed", async () => {
    await using at = withServer(`process.stdout.write("Usage: server [options]\\n"); setInterval(() => {}, 1000)`)
    await expect(at.lsp.open(at.file, never)).rejects.toThrow("Usage: server [options]")
    expect(at.lsp.status()).toMatchObject([{ status: "error" }])
  })

  test("that says broken JSON is ended", async () => {
    await using at = withServer(
      `process.stdout.write("Content-Length: 4\\r\\n\\r\\n{oo}"); setInterval(() => {}, 1000)`,
    )
    await expect(at.lsp.open(at.file, never)).rejects.toThrow(/can't be read/)
  })

  test("ends with everything it started when the directory is closed", async () => {
    const at = withServer(`
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"])
      require("node:fs").writeFileSync(__dirname + "/pids", process.pid + " " + child.pid)
      messages(({ id, method }) => method === "initialize" && send({ id, result: { capabilities: {} } }))`)
    await at.lsp.open(at.file, never)
    const pids = readFileSync(join(dirname(at.root), "pids"), "utf8")
      .split(" ")
      .map(Number)
    await at[Symbol.asyncDispose]()
    for (const pid of pids) await until(() => gone(pid))
  })
})

function gone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return true
  }
}

describe("what a repository brings along", () => {
  test("a server in its configuration is not started, and a warning says how to allow it", async () => {
    const evil = { lsp: { zig: { command: ["touch", "pwned"], extensions: [".zig"] } } }
    await using at = world({ "kilo.json": JSON.stringify(evil), "a.zig": "" })
    await at.lsp.diagnose([join(at.root, "a.zig")], never)
    expect(at.lsp.status()).toEqual([])
    expect((await at.lsp.warnings())[0]?.message).toContain("KILO_TRUST_PROJECT_CONFIG=1")
  })

  test("a server that is checked in is passed over, an installed one is used", async () => {
    const script = fake(
      `${COUNT}messages(({ id, method }) => method === "initialize" && send({ id, result: { capabilities: {} } }))`,
    )
    await using at = world(
      { "go.mod": "module x\n", "a.go": "package x\n" },
      {},
      { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
    )
    const program = at.put("node_modules/.bin/gopls", script)
    chmodSync(program, 0o755)
    rmSync(join(at.root, ".git"), { recursive: true })
    const git = (...args: string[]) => execFileSync("git", args, { cwd: at.root })
    git("init", "-q")
    git("add", "-f", "node_modules")
    const file = join(at.root, "a.go")
    await expect(at.lsp.open(file, never)).rejects.toThrow("No language server is installed")
    git("rm", "-rq", "--cached", "node_modules")
    // What is installed is looked for again with the next configuration.
    at.configure({ username: "other" })
    expect(await at.lsp.open(file, never)).toHaveLength(1)
  })
})
