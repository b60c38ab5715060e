import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { join } from "node:path"
import { recordEvents, startKilo, type TempHome, tempHome, tempProject, until } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { ask, basic } from "./http.ts"
import { world } from "./world.ts"

/** Every regular file below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Files of the home that hold one of the words, each with the words. */
async function holding(home: TempHome, words: string[]): Promise<string[]> {
  const found: string[] = []
  for (const file of await filesIn(home.directory)) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0))
    for (const word of words) if (bytes.includes(word)) found.push(`${file.slice(home.directory.length)}: ${word}`)
  }
  return found
}

test("keys and passwords get into no log, event, error, session or document", async () => {
  await using home = await tempHome()
  const secret = {
    password: "pw-9d1c7e5f42",
    config: "cfg-4b7730aa91",
    environment: "env-77c0de1f3b",
    auth: "auth-15f00dcafe",
    content: "content-8a6e21b0d4",
    patched: "patched-c3a90b771e",
    mcp: "mcp-e01d92f8c5",
  }
  const words = Object.values(secret)
  const env = {
    ANTHROPIC_API_KEY: secret.environment,
    KILO_AUTH_CONTENT: JSON.stringify({ other: { type: "api", key: secret.content } }),
  }
  await using w = await world({
    home,
    password: secret.password,
    env,
    extra: {
      permission: "allow",
      mcp: { away: { type: "remote", url: "http://127.0.0.1:9/mcp", headers: { "x-key": secret.mcp } } },
    },
  })
  const directory = w.project.directory
  const provider = {
    private: {
      npm: "@ai-sdk/openai-compatible",
      models: { m: {} },
      options: { apiKey: secret.config, baseURL: `${w.model.url}/v1` },
    },
  }
  await w.kilo.api("/global/config", { method: "PATCH", json: { provider } })
  await w.kilo.api("/auth/groq", { method: "PUT", json: { type: "api", key: secret.auth } })
  await w.kilo.api("/config", {
    method: "PATCH",
    json: { provider: { private: { options: { headers: { "x-key": secret.patched } } } } },
    directory,
  })
  const use = { model: { providerID: "private", modelID: "m" } }
  const texts: string[] = []
  const asked = async (path: string, init: Parameters<typeof w.kilo.fetch>[1] = {}) => {
    const answer = await w.kilo.fetch(path, { directory, ...init })
    texts.push(`${path.split("?")[0]} ${answer.status} ${await answer.text()}`)
  }
  const session = await w.session()
  for (const prompt of [
    '[[text:one]][[tool:bash {"command":"echo done","description":"x"}]][[then]][[text:two]]',
    "[[status:401]]",
    "[[status:400]]",
    "[[garbage]]",
  ]) {
    const from = w.events.events.length
    await w.prompt(session, prompt, use)
    await w.events.turnEnd(session, 20_000, from)
  }
  // The model's server did get the key: the turn was a real one.
  expect(JSON.stringify(w.model.requests.at(-1)?.headers)).toContain(secret.config)
  await asked(`/session/${session}/message`)
  await asked(`/session/${session}/export`)
  await asked("/mcp")
  await asked("/doc")
  await asked("/provider/auth")
  await asked("/config/warnings")
  await asked("/global/config", {
    method: "PATCH",
    json: { provider: { private: { options: { apiKey: { no: secret.auth } } } } },
  })
  await asked("/auth/groq", { method: "PUT", json: { type: "api", key: 5, note: secret.auth } })
  await asked(`/session/${session}/message`, { json: { ...use, parts: [{ type: "text" }] } })
  await asked(`/session/ses_nothing/message?auth_token=${encodeURIComponent(secret.auth)}`)
  const stopped = await w.kilo.stop()
  expect(stopped.code).toBe(0)
  const shown = [...texts, w.kilo.stdout, w.kilo.stderr, ...w.events.events.map((event) => event.raw)]
  expect(shown.filter((text) => words.some((word) => text.includes(word))).map((text) => text.slice(0, 400))).toEqual(
    [],
  )
  const places = await holding(home, words)
  expect(places.sort()).toEqual(
    [`/.config/kilo/kilo.jsonc: ${secret.config}`, `/.local/share/kilo/auth.json: ${secret.auth}`].sort(),
  )
})

test("what the server writes is for its user alone", async () => {
  await using home = await tempHome()
  await using w = await world({ home, extra: { permission: "allow" } })
  const session = await w.session()
  await w.prompt(
    session,
    '[[tool:write {"filePath":"new.txt","content":"x"}]][[then]][[tool:bash {"command":"seq 200000","description":"x"}]][[then]][[text:ok]]',
  )
  await w.events.turnEnd(session, 20_000)
  await w.kilo.api("/auth/groq", { method: "PUT", json: { type: "api", key: "k" } })
  await w.kilo.api("/global/config", { method: "PATCH", json: { username: "me" } })
  await w.kilo.fetch("/session/ses_x/message")
  await w.kilo.stop()
  const data = home.path(".local/share/kilo")
  expect((await stat(data)).mode & 0o077, "the data folder").toBe(0)
  for (const file of ["auth.json", "kilo.db"]) {
    expect((await stat(join(data, file))).mode & 0o077, file).toBe(0)
  }
  for (const file of await filesIn(home.path(".config/kilo"))) expect((await stat(file)).mode & 0o077, file).toBe(0)
})

test("no way leads out of the project: not dots, not links, not patches", async () => {
  await using outside = await tempProject({
    files: { "secret.txt": "outside-secret", "sub/deep.txt": "outside-secret" },
  })
  await using w = await world({ files: { "a.txt": "inside\n", "dir/b.txt": "inside\n" } })
  const { directory } = w.project
  await symlink(outside.path("secret.txt"), w.project.path("file-link"))
  await symlink(outside.directory, w.project.path("dir-link"))
  await symlink(outside.path("not-there"), w.project.path("dangling"))
  // One that is in the repository's history, too: a clone brings it along.
  await symlink("/nowhere", w.project.path("tracked-link"))
  await w.project.git("add", "tracked-link")
  await w.project.git("commit", "-q", "-m", "link")
  await rm(w.project.path("tracked-link"))
  await symlink(outside.path("secret.txt"), w.project.path("tracked-link"))
  const texts: string[] = []
  const answer = async (path: string, init: Parameters<typeof w.kilo.fetch>[1] = {}) => {
    const response = await w.kilo.fetch(path, { directory, ...init })
    const text = await response.text()
    texts.push(text)
    return response.status
  }
  for (const path of [
    `../${outside.directory.split("/").at(-1)}/secret.txt`,
    outside.path("secret.txt"),
    "dir/../../secret.txt",
    "file-link",
    "dir-link/secret.txt",
    "dir-link/sub/deep.txt",
    "dangling",
    "/etc/passwd",
  ]) {
    const query = `?path=${encodeURIComponent(path)}`
    expect([400, 403, 404], `content of ${path}`).toContain(await answer(`/file/content${query}`))
    expect([400, 403, 404], `list of ${path}`).toContain(await answer(`/file${query}`))
  }
  // Read as names inside, where there are no such files.
  for (const path of ["./dir-link/../secret.txt", "..%2f..%2fetc/passwd", "\\..\\..\\secret.txt"]) {
    await answer(`/file/content?path=${encodeURIComponent(path)}`)
  }
  await answer("/find?pattern=outside-secret")
  await answer("/find/file?query=deep")
  await answer("/find/file?query=secret")
  await answer("/experimental/worktree/diff?base=HEAD")
  await answer("/experimental/worktree/diff/file?base=HEAD&file=tracked-link")
  await answer("/vcs/diff?mode=git")
  await answer("/vcs/diff/raw")
  await answer("/vcs/status")
  expect(texts.filter((text) => /outside-secret|"path":"[^"]*deep/.test(text))).toEqual([])
  const patch = (name: string) => `--- /dev/null\n+++ b/${name}\n@@ -0,0 +1 @@\n+written\n`
  for (const name of ["../escaped.txt", "dir-link/escaped.txt", ".git/hooks/pre-commit", "/tmp/escaped.txt"]) {
    expect(await answer("/vcs/apply", { json: { patch: patch(name) } }), name).toBe(400)
  }
  expect(await readdir(outside.directory)).toEqual(["secret.txt", "sub"])
  expect(await readdir(w.project.path(".git/hooks"))).not.toContain("pre-commit")
})

test("nothing that the server starts for the agent or the user gets its credentials", async () => {
  const env = {
    KILO_AUTH_CONTENT: '{"a":{"type":"api","key":"auth-content-word"}}',
    OPENCODE_AUTH_CONTENT: '{"a":{"type":"api","key":"auth-content-word"}}',
    OPENCODE_SERVER_PASSWORD: "pass-word",
    OPENCODE_SERVER_USERNAME: "user-word",
    KILO_SERVER_USERNAME: "kilo",
  }
  await using w = await world({ env, password: "pass-word", extra: { permission: "allow" } })
  const { directory } = w.project
  const session = await w.session()
  await w.prompt(session, '[[tool:bash {"command":"env > by-bash; echo","description":"look"}]][[then]][[text:ok]]')
  await w.events.turnEnd(session)
  await w.kilo.api(`/session/${session}/shell`, { json: { agent: "code", command: "env > by-shell" }, directory })
  await w.kilo.api("/pty", {
    json: { command: "/bin/sh", args: ["-c", "env > by-pty.tmp; mv by-pty.tmp by-pty"] },
    directory,
  })
  await until(() => w.project.read("by-pty").catch(() => ""), { what: "the terminal's environment" })
  for (const name of ["by-bash", "by-shell", "by-pty"]) {
    const text = await w.project.read(name)
    expect(text, name).toContain("PATH=")
    expect(text, name).not.toMatch(/pass-word|user-word|auth-content-word|_SERVER_|PARENT_PID|_CONTENT=/)
  }
})

test("auth.json is whole and private after a kill at any moment, with all that was answered for", async () => {
  await using home = await tempHome()
  const file = home.path(".local/share/kilo/auth.json")
  const stored = new Set<string>()
  for (const moment of [0, 4, 19]) {
    const kilo = await startKilo({ home })
    const long = "k".repeat(100_000)
    const writes = Array.from({ length: 30 }, async (_, number) => {
      const id = `p${moment}-${number}`
      const answer = await kilo.fetch(`/auth/${id}`, { method: "PUT", json: { type: "api", key: long } })
      if (answer.ok) stored.add(id)
    })
    const settled = Promise.allSettled(writes)
    const before = stored.size
    await until(() => stored.size >= before + moment, { what: "some of the writes" })
    await kilo.kill9()
    await settled
    const text = await readFile(file, "utf8").catch(() => "{}")
    const entries = Object.keys(JSON.parse(text))
    for (const id of stored) expect(entries).toContain(id)
    if (text !== "{}") expect((await stat(file)).mode & 0o777).toBe(0o600)
  }
  expect(stored.size).toBeGreaterThan(22)
})

test("headers that are too large or never end are refused, and nobody else waits", async () => {
  await using kilo = await startKilo()
  const large = await ask(`${kilo.url}/session`, {
    headers: { authorization: basic("kilo", kilo.password ?? ""), "x-large": "x".repeat(20_000) },
  })
  expect(large.status).toBe(431)
  const { hostname, port } = new URL(kilo.url)
  const slow = Array.from({ length: 50 }, () => connect(Number(port), hostname))
  const ended = slow.map(
    (socket) => new Promise<void>((done) => socket.on("error", () => done()).on("close", () => done())),
  )
  for (const socket of slow) socket.resume().write("GET /session HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
  const started = performance.now()
  expect(await kilo.api("/session")).toEqual([])
  expect(performance.now() - started).toBeLessThan(3000)
  await Promise.all(ended)
  expect(await kilo.api("/global/health")).toMatchObject({ healthy: true })
})

test("the API's document holds no place, name or key of the machine that serves it", async () => {
  await using home = await tempHome()
  await mkdir(home.path(".config/kilo"), { recursive: true })
  await writeFile(home.path(".config/kilo/kilo.json"), JSON.stringify({ username: "document-word" }))
  await using kilo = await startKilo({ home, password: "document-word" })
  const text = await (await kilo.fetch("/doc")).text()
  expect(text).not.toContain("document-word")
  expect(text).not.toContain(home.directory)
})

test("a stranger's event stream, terminal and document are all behind the password", async () => {
  await using kilo = await startKilo()
  for (const path of ["/event", "/global/event", "/doc", "/pty", "/global/health", "/nothing"]) {
    expect((await ask(`${kilo.url}${path}`)).status, path).toBe(401)
  }
  await expect(recordEvents(kilo.url, { password: "wrong" })).rejects.toThrow(/401/)
})
