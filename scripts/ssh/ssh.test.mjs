import { execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, mkdir, readdir, readFile, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fakeConfig, startFakeModel, tempProject, until } from "../../src-ts/testkit/src/index.ts"
import { build, windowJar } from "../build.mjs"
import { findJava } from "../prerequisites.mjs"
import { root } from "../root.mjs"
import { script } from "./connection.mjs"
import { distribution } from "./distribution.mjs"
import { parseAddress, RemoteBackend, SshError, UsageError } from "./index.mjs"
import { freePort, missing, processesIn, startHost } from "./testing.mjs"

const run = promisify(execFile)
const MINUTES = 60_000
const PLATFORM = `${process.platform}-${process.arch}`

if (missing) console.warn(`Skipped: the tests of --ssh, because ${missing}.`)

describe("the address of --ssh", () => {
  it.each([
    ["ada@host:/srv/app", { user: "ada", host: "host", port: undefined, path: "/srv/app", target: "ada@host" }],
    ["host:2222:/srv/app", { user: undefined, host: "host", port: 2222, path: "/srv/app", target: "host" }],
    ["ada@host:2222", { user: "ada", host: "host", port: 2222, path: "", target: "ada@host" }],
    ["ada@[::1]:2222:/a b/ü:c", { user: "ada", host: "::1", port: 2222, path: "/a b/ü:c", target: "ada@::1" }],
    ["host:proj/x", { user: undefined, host: "host", port: undefined, path: "proj/x", target: "host" }],
  ])("%s is read as it is meant", (text, expected) => {
    expect(parseAddress(text)).toEqual(expected)
  })

  it.each(["", ":/x", "@host:/x", "-oProxyCommand=x:/y", "-x@host:/y", "host:99999:/x", "host:/a\nb"])(
    "%j is refused before ssh sees it",
    (text) => {
      expect(() => parseAddress(text)).toThrow(UsageError)
    },
  )

  it("takes a port of its own option", () => {
    expect(parseAddress("host:/x", "22")).toMatchObject({ port: 22, path: "/x" })
    expect(() => parseAddress("host:/x", "ssh")).toThrow(UsageError)
  })
})

describe.skipIf(missing)("a host that is reached over ssh", { timeout: 5 * MINUTES }, () => {
  let host
  beforeAll(async () => {
    await build({ scope: "window" })
    host = await startHost()
  }, 10 * MINUTES)
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
  })

  const at = (path, config = host.config) => {
    const said = []
    const remote = new RemoteBackend(parseAddress(`far:${path}`), { config, say: (text) => said.push(text) })
    return { remote, said, uploaded: () => said.some((text) => text.startsWith("Uploading")) }
  }
  const installed = async () => {
    const { key } = await distribution(PLATFORM)
    return { dist: join(host.home, ".cache/kilo/remote", key), state: join(host.home, ".local/state/kilo/remote", key) }
  }
  const running = async () => (await processesIn(host.folder)).length

  it("runs a whole turn in a folder with any name, uploads only once, and leaves no process behind", async () => {
    await using model = await startFakeModel()
    await using fresh = await startHost()
    const folder = join(fresh.home, "my prøject's 日本", "app")
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, "ä.txt"), "foo\n")
    await configure(fresh, model)
    const edit = { filePath: join(folder, "ä.txt"), oldString: "foo", newString: "bar" }
    for (const [first, said] of [
      [true, "Edited there."],
      [false, "Once more."],
    ]) {
      model.reply([{ tool: "read", args: { filePath: edit.filePath } }])
      model.reply(first ? [{ tool: "edit", args: edit }] : [{ text: "Read." }])
      if (first) model.reply([{ text: said }])
      const { code, stdout, stderr } = await headless(fresh, folder, "replace foo with bar")
      expect(stderr).not.toMatch(/\bat [\w.$]+\(/)
      expect({ code, stdout: stdout.includes(first ? said : "Read.") }).toEqual({ code: 0, stdout: true })
      expect(stderr.includes("Uploading Kilo to far")).toBe(first)
      expect(await readFile(edit.filePath, "utf8")).toBe("bar\n")
      expect(await processesIn(fresh.folder)).toEqual([])
    }
    // Nothing but our own folders was made there.
    const made = (await readdir(fresh.home)).filter((name) => !name.startsWith("my "))
    expect(made.sort()).toEqual([".cache", ".config", ".local"])
    const states = join(fresh.home, ".local/state/kilo/remote")
    const [key] = await readdir(states)
    for (const name of ["backend-token", "backend-certificate.pem"])
      expect((await stat(join(states, key, name))).mode & 0o777).toBe(0o600)
    expect((await stat(join(states, key))).mode & 0o777).toBe(0o700)
  })

  it("survives the cut of the connection in mid-turn: the turn goes on there and its text is whole here", async () => {
    await using model = await startFakeModel()
    await using project = await tempProject({ git: true, files: { "a.txt": "foo\n" } })
    await configure(host, model)
    model.reply([{ text: "Before the cut. " }, { hold: "cut" }, { text: "After the cut." }])
    const child = spawn(process.env.KILO_TEST_NODE ?? "node", command(host, project.directory, "go on"), {
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    })
    let out = ""
    let err = ""
    child.stdout.on("data", (data) => {
      out += data
    })
    child.stderr.on("data", (data) => {
      err += data
    })
    const code = new Promise((resolve) => child.once("close", resolve))
    await until(() => out.includes("Before the cut."), { deadline: 60_000, what: "the first words" })
    host.wire.cut()
    await until(() => err.includes("is lost; connecting again"), { deadline: 30_000, what: "the loss is told" })
    // The model goes on while nobody is connected.
    model.release("cut")
    await until(() => err.includes("No ssh server answers") || err.includes("failed"), {
      deadline: 30_000,
      what: "a try",
    })
    host.wire.mend()
    expect(await code, err).toBe(0)
    expect(err).toContain("Connected to far again.")
    expect(out.match(/Before the cut\. /g)).toHaveLength(1)
    expect(out).toContain("Before the cut. After the cut.")
    expect(model.calls).toHaveLength(1)
    expect(await running()).toBe(0)
  })

  it("repairs what was damaged there or left half done, and an archive that was damaged here", async () => {
    const first = at("")
    await first.remote.start()
    await first.remote.end()
    const { dist } = await installed()
    const base = join(host.home, ".cache/kilo/remote")
    const bundle = join(dist, "cli/lib/main.mjs")
    const whole = await readFile(bundle)
    await writeFile(bundle, Buffer.concat([whole.subarray(1), Buffer.from("x")]))
    const left = join(base, "upload.left00")
    await mkdir(left)
    await utimes(left, 0, 0)
    const { key } = await distribution(PLATFORM)
    await truncate(join(root, ".cache", "ssh", `${key}.tgz`), 1_000_000)

    const second = at("")
    await second.remote.start()
    await second.remote.end()
    expect(second.uploaded()).toBe(true)
    expect(second.said.join("\n")).toMatch(/failed|damaged/)
    expect(await readFile(bundle)).toEqual(whole)
    expect((await readdir(base)).filter((name) => name.startsWith("upload."))).toEqual([])

    const third = at("")
    await third.remote.start()
    await third.remote.end()
    expect(third.uploaded()).toBe(false)
  })

  it("lets two windows share one backend, which ends with the last of them", async () => {
    const one = at("")
    const two = at("")
    await Promise.all([one.remote.start(), two.remote.start()])
    const url = ({ remote }) => remote.window.args[3]
    expect(url(one)).toBe(url(two))
    expect(one.remote.window.env).toEqual(two.remote.window.env)
    await one.remote.end()
    expect(await running()).toBeGreaterThan(0)
    await two.remote.end()
    expect(await running()).toBe(0)
  })

  it("removes old versions, but the newest of them", async () => {
    const first = at("")
    await first.remote.start()
    await first.remote.end()
    const { dist, state } = await installed()
    const base = join(dist, "..")
    for (const [name, age] of [
      ["0.0.1-old", 100],
      ["0.0.2-old", 50],
      ["0.0.3-old", 10],
    ]) {
      await mkdir(join(base, name))
      await mkdir(join(state, "..", name))
      await utimes(join(base, name), 0, Date.now() / 1000 - age)
    }
    // An update is an upload.
    await writeFile(join(dist, "kilo-backend"), "")
    const second = at("")
    await second.remote.start()
    await second.remote.end()
    expect((await readdir(base)).filter((name) => name.endsWith("-old"))).toEqual(["0.0.3-old"])
    expect((await readdir(join(state, ".."))).filter((name) => name.endsWith("-old"))).toEqual(["0.0.3-old"])
  })

  it("says in one sentence what is wrong with the folder, the host, the user or the key", async () => {
    await writeFile(join(host.home, "file"), "")
    const stranger = await host.configWith("stranger", { identity: "strangerkey" })
    const unknown = await host.configWith("unknown", { known: "nothing" })
    const failure = async (target, config) => {
      const remote = new RemoteBackend(parseAddress(target), { config, say: () => undefined })
      return await remote.start().then(
        () => remote.end().then(() => "it started"),
        (error) => (error instanceof SshError ? error.message : error),
      )
    }
    const cases = [
      ["far:/nonexistent/place", host.config, "There is no folder /nonexistent/place there"],
      [`far:${host.home}/file`, host.config, "is a file there, not a folder"],
      ["far:", stranger, "refused the login"],
      ["far:", unknown, 'is not known, or is not the one that is known: log in once with "ssh far"'],
      [`far:${await freePort()}:/`, host.config, "No ssh server answers on far port"],
      ["nobody-there.invalid:/", host.config, "The host nobody-there.invalid is not known"],
    ]
    for (const [target, config, message] of cases) expect(await failure(target, config)).toContain(message)
    expect(await running()).toBe(0)
  })

  it("says that a folder may not be read", async () => {
    const folder = join(host.folder, "closed")
    await mkdir(folder)
    await chmod(folder, 0o000)
    // Root may read everything, so its rights are put down for the check on the host.
    const away = join(host.folder, "away")
    await mkdir(away)
    await chmod(away, 0o777)
    await chmod(host.folder, 0o755)
    const settings = { key: "k", manifest: "m", client: "c", folder }
    const program = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups", "sh", "-s"] : ["sh", "-s"]
    const child = spawn(program[0], program.slice(1), {
      env: { ...process.env, HOME: away },
      stdio: ["pipe", "pipe", 2],
    })
    child.stdin.end(script("probe", settings))
    let out = ""
    for await (const data of child.stdout) out += data
    expect(out).toMatch(/^kilo:error=The user .* may not read the folder .*closed there\.$/m)
  })

  it("has a backend that names a folder in which it has no rights, and the window says just that", async () => {
    const first = at("")
    await first.remote.start()
    await first.remote.end()
    const { dist } = await installed()
    const [folder, state] = [join(host.folder, "private"), join(host.folder, "state")]
    await mkdir(folder)
    await chmod(folder, 0o000)
    await mkdir(state)
    await chmod(state, 0o777)
    for (let path = dist; path !== dirname(host.folder); path = dirname(path)) await chmod(path, 0o755)
    const nobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : []
    const token = join(state, "token")
    const listen = ["sh", join(dist, "kilo-backend"), "--listen", "127.0.0.1:0", "--token-file", token]
    const xdg = Object.fromEntries(["CONFIG", "DATA", "STATE", "CACHE"].map((name) => [`XDG_${name}_HOME`, state]))
    const [program, ...args] = [...nobody, ...listen]
    const env = { PATH: process.env.PATH, HOME: state, KILO_JAVA: findJava().java, ...xdg }
    const backend = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] })
    try {
      let out = ""
      backend.stdout.on("data", (data) => {
        out += data
      })
      const url = await until(() => /listening on (\S+)\n/.exec(out)?.[1], { deadline: 30_000, what: "the address" })
      const window = ["--connect", url, "--token-file", token, "--directory", folder, "--headless", "--prompt", "hi"]
      const failed = await run(findJava().java, ["-jar", windowJar, ...window]).catch((error) => error)
      expect({ code: failed.code, stderr: failed.stderr.trim() }).toEqual({
        code: 1,
        stderr: `The directory ${folder} can't be read.`,
      })
    } finally {
      const ended = new Promise((resolve) => backend.once("close", resolve))
      backend.kill("SIGTERM")
      await ended
    }
  })

  it("says that Java is too old or missing, and changes nothing there", async () => {
    const tools = join(host.folder, "tools")
    await mkdir(tools)
    for (const name of [
      "sh",
      "bash",
      "uname",
      "id",
      "sed",
      "head",
      "grep",
      "tr",
      "cut",
      "sha256sum",
      "tar",
      "gzip",
      "ls",
    ])
      await symlink(which(name), join(tools, name))
    await using bare = await startHost({ environment: { PATH: tools, JAVA_HOME: "" } })
    // A login starts with the system's own PATH.
    for (const name of [".profile", ".bash_profile"]) await writeFile(join(bare.home, name), `PATH=${tools}\n`)
    const failure = () =>
      new RemoteBackend(parseAddress("far:"), { config: bare.config, say: () => undefined })
        .start()
        .catch((e) => e.message)
    expect(await failure()).toContain("Java 17 or newer is needed there, and none was found. Install one there")
    await writeFile(join(tools, "java"), "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n", {
      mode: 0o755,
    })
    expect(await failure()).toContain(`it has only Java 11 in ${tools}/java`)
    expect((await readdir(bare.home)).sort()).toEqual([".bash_profile", ".profile"])
  })

  it("says that ssh itself is missing", async () => {
    const index = JSON.stringify(join(import.meta.dirname, "index.mjs"))
    const text = `import { RemoteBackend, parseAddress } from ${index}
      new RemoteBackend(parseAddress("far:"), { say() {} }).start().catch((error) => console.log(error.message))`
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", text], {
      env: { PATH: "/nonexistent" },
    })
    expect(stdout.trim()).toBe(
      "The program ssh was not found: install it (package openssh-client) and run the command again.",
    )
  })

  it("refuses options that contradict --ssh, with exit code 2", async () => {
    const start = join(root, "scripts", "start.mjs")
    for (const args of [
      ["--ssh", "far:/x", "--directory", "/y"],
      ["--ssh", ""],
      ["--ssh-port", "22"],
    ]) {
      const failed = await run("node", [start, ...args]).catch((error) => error)
      expect({ args, code: failed.code, lines: failed.stderr.trim().split("\n").length }).toEqual({
        args,
        code: 2,
        lines: 1,
      })
    }
  })
})

/** The user's configuration on the host. */
async function configure(host, model) {
  await mkdir(join(host.home, ".config", "kilo"), { recursive: true })
  await writeFile(join(host.home, ".config", "kilo", "kilo.json"), JSON.stringify(fakeConfig(model.url)))
}

function command(host, folder, prompt) {
  const start = join(root, "scripts", "start.mjs")
  const target = ["--ssh", `far:${folder}`, "--ssh-config", host.config]
  return [start, ...target, "--headless", "--auto-approve", "--model", "fake/m1", "--prompt", prompt]
}

/** Nothing of ours must reach the host but what it is sent. */
function environment() {
  const { KILO_CONFIG_CONTENT: _content, KILO_TOKEN: _token, ...rest } = process.env
  return rest
}

async function headless(host, folder, prompt) {
  const node = process.env.KILO_TEST_NODE ?? "node"
  const options = { env: environment(), timeout: 3 * MINUTES }
  const done = await run(node, command(host, folder, prompt), options).catch((error) => error)
  return { code: done.code ?? 0, stdout: done.stdout, stderr: done.stderr }
}

function which(name) {
  const path = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name))
  return path.find((file) => existsSync(file)) ?? `/bin/${name}`
}
