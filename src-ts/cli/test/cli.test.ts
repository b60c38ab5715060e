import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import {
  bundledCli,
  fakeConfig,
  startFakeModel,
  startFakeService,
  type TempHome,
  tempHome,
  tempProject,
} from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"

interface Run {
  home: TempHome
  cwd?: string
  config?: Record<string, unknown>
  input?: string
}

/** Runs the CLI as users get it to its end. */
async function kilo(args: string[], { home, cwd, config, input }: Run) {
  const env = { ...home.env, ...(config ? { KILO_CONFIG_CONTENT: JSON.stringify(config) } : {}) }
  const child = spawn(bundledCli(), args, { cwd: cwd ?? home.directory, env, stdio: ["pipe", "pipe", "pipe"] })
  const output = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text
  })
  child.stdin.end(input ?? "")
  const [code] = await once(child, "close")
  return { code: Number(code), ...output }
}

describe("kilo", () => {
  test("alone prints help and says what comes later", async () => {
    await using home = await tempHome()
    const { code, stdout } = await kilo([], { home })
    expect(code).toBe(0)
    expect(stdout).toMatch(/comes later/)
    expect(stdout).toContain("kilo run")
  })

  test.each(["--version", "-v"])("%s prints the version", async (flag) => {
    await using home = await tempHome()
    expect(await kilo([flag], { home })).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" })
  })

  test.each([
    ["an unknown command", ["nope"], /^Error: unknown command 'nope'/],
    ["an unknown option", ["run", "--nope", "x"], /^Error: unknown option '--nope'/],
    ["a model without a provider", ["run", "-m", "m1", "x"], /^Error: --model m1 must have the form provider\/model/],
    ["a model that does not exist", ["run", "-m", "no/m1", "x"], /^Error: Model not found: no\/m1[^\n]*\n$/],
    ["nothing to do", ["run"], /^Error: Say what to do/],
    ["a directory that is not there", ["run", "--dir", "/not/there", "x"], /^Error: \/not\/there is not a directory/],
    ["an unknown provider", ["models", "nope"], /^Error: Provider nope cannot be used/],
    ["an unknown session", ["session", "delete", "ses_x"], /^Error: Session not found: ses_x/],
    ["an export of an unknown session", ["export", "ses_x"], /^Error: Session not found: ses_x/],
    ["an export where there is nothing", ["export"], /^Error: There is no session in this directory/],
    ["an import of a file that is not there", ["import", "/not/there"], /^Error: \/not\/there is not a file/],
    ["an import of nothing", ["import", "-"], /^Error: - is not JSON/],
    ["a credential that is not there", ["auth", "logout", "openai"], /^Error: No credential is stored for openai/],
  ])("answers %s with one sentence and exit code 1", async (_, args, message) => {
    await using home = await tempHome()
    const { code, stdout, stderr } = await kilo(args, { home })
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})

describe("kilo run", () => {
  const TASK = '[[reasoning:Hm]][[text:Looking.]][[tool:read {"filePath":"a.txt"}]][[then]][[text:It says one.]]'

  test("prints the answer to stdout, and who gave it to stderr", async () => {
    await using model = await startFakeModel()
    await using home = await tempHome()
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    const run = await kilo(["run", TASK], { home, cwd: project.directory, config: fakeConfig(model.url) })
    expect(run).toMatchObject({ code: 0, stdout: "Looking.\nIt says one.\n" })
    expect(run.stderr).toMatch(/^> code · m1\n\| read a\.txt\n$/)
  })

  test("reads the task from stdin, and prints one JSON object a line when asked", async () => {
    await using model = await startFakeModel()
    await using home = await tempHome()
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    const options = { home, config: fakeConfig(model.url), input: TASK }
    const args = [
      "run",
      "--format",
      "json",
      "--dir",
      project.directory,
      "-m",
      "fake/m2",
      "--agent",
      "ask",
      "--thinking",
    ]
    const { code, stdout } = await kilo(args, options)
    expect(code).toBe(0)
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(lines.map((line) => line.type).sort()).toEqual(
      ["step_start", "reasoning", "text", "tool_use", "step_finish", "step_start", "text", "step_finish"].sort(),
    )
    for (const line of lines) {
      expect(line).toEqual({
        type: line.type,
        timestamp: expect.any(Number),
        sessionID: expect.stringMatching(/^ses_/),
        part: expect.objectContaining({ type: expect.any(String) }),
      })
    }
    expect(lines.find((line) => line.type === "tool_use").part).toMatchObject({
      tool: "read",
      state: { status: "completed" },
    })
  })

  const EDIT = '[[tool:edit {"filePath":"a.txt","oldString":"one","newString":"two"}]][[then]][[text:ok]]'

  test("refuses what it would have to ask for, and allows it with --auto", async () => {
    await using model = await startFakeModel()
    await using home = await tempHome()
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    const options = { home, cwd: project.directory, config: fakeConfig(model.url, { permission: { edit: "ask" } }) }
    const refused = await kilo(["run", EDIT], options)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain("run ended with an auto-rejected permission; pass --auto for autonomous use")
    expect(await project.read("a.txt")).toBe("one\n")
    expect((await kilo(["run", "--auto", EDIT], options)).code).toBe(0)
    expect(await project.read("a.txt")).toBe("two\n")
  })

  test("reports a failure of the provider and ends with 1", async () => {
    await using model = await startFakeModel()
    await using home = await tempHome()
    const options = { home, config: fakeConfig(model.url) }
    const plain = await kilo(["run", "[[status:401]]"], options)
    expect(plain).toMatchObject({ code: 1, stdout: "" })
    expect(plain.stderr).toMatch(/Error: .*Invalid API key/)
    const { code, stdout } = await kilo(["run", "--format", "json", "[[status:401]]"], options)
    expect(code).toBe(1)
    const error = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .find((line) => line.type === "error")
    expect(error).toMatchObject({ sessionID: expect.stringMatching(/^ses_/), error: { name: "APIError" } })
  })
})

test("models lists provider/model, with JSON when asked", async () => {
  await using home = await tempHome()
  const config = fakeConfig("http://127.0.0.1:1")
  expect((await kilo(["models", "fake"], { home, config })).stdout).toBe("fake/m1\nfake/m2\n")
  const { stdout } = await kilo(["models", "fake", "--verbose"], { home, config })
  expect(stdout).toMatch(/^fake\/m1\n\{\n {2}"id": "m1"/)
})

test("auth logs in to a server that hands out configuration, and never runs what it suggests", async () => {
  await using home = await tempHome()
  await using service = await startFakeService(({ path }) =>
    path === "/.well-known/opencode"
      ? {
          body: {
            auth: { env: "TEAM_TOKEN", command: ["touch", home.path("ran")] },
            config: { username: "{env:TEAM_TOKEN}" },
          },
        }
      : undefined,
  )
  const login = await kilo(["auth", "login", service.url], { home, input: "t0ken\n" })
  expect(login.code).toBe(0)
  expect(login.stderr).toContain("touch")
  await expect(stat(home.path("ran"))).rejects.toThrow("ENOENT")
  expect(JSON.parse((await kilo(["config", "show"], { home })).stdout)).toEqual({ username: "t0ken" })
  expect((await kilo(["auth", "login", `${service.url}/nope`], { home, input: "x" })).stderr).toContain(
    "does not describe",
  )
})

test("config shows what is in force without secrets, where it comes from, and its schema", async () => {
  await using home = await tempHome()
  const config = { model: "a/b", provider: { a: { options: { apiKey: "s3cret", headers: { "x-team": "s3cret" } } } } }
  const shown = await kilo(["config", "show"], { home, config })
  expect(shown.code).toBe(0)
  expect(shown.stdout).not.toContain("s3cret")
  expect(JSON.parse(shown.stdout)).toMatchObject({ model: "a/b", provider: { a: { options: { apiKey: "***" } } } })
  expect((await kilo(["config", "sources"], { home, config })).stdout).toBe(
    "KILO_CONFIG_CONTENT: KILO_CONFIG_CONTENT\n",
  )
  const schema = JSON.parse((await kilo(["config", "schema"], { home })).stdout)
  expect(schema.properties.model).toEqual({ type: "string" })
})

test("auth stores a key from stdin where only its user reads it, and never prints it", async () => {
  await using home = await tempHome()
  const login = await kilo(["auth", "login", "openai"], { home, input: "sk-very-secret\n" })
  expect(login).toEqual({ code: 0, stdout: "", stderr: "Stored the key for openai.\n" })
  const data = home.env.XDG_DATA_HOME ?? join(home.directory, ".local/share")
  const file = join(data, "kilo", "auth.json")
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ openai: { type: "api", key: "sk-very-secret" } })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await kilo(["auth", "list"], { home })).stdout).toBe("openai (api)\n")
  expect((await kilo(["auth", "logout", "openai"], { home })).code).toBe(0)
  expect((await kilo(["auth", "list"], { home })).stdout).toBe("")
})

test("session lists and deletes what run has made", async () => {
  await using model = await startFakeModel()
  await using home = await tempHome()
  const options = { home, config: fakeConfig(model.url) }
  await kilo(["run", "--title", "mine", "[[text:hello]]"], options)
  const list = JSON.parse((await kilo(["session", "list", "--format", "json"], options)).stdout)
  expect(list).toEqual([
    {
      id: expect.stringMatching(/^ses_/),
      title: "mine",
      updated: expect.any(Number),
      created: expect.any(Number),
      projectId: "global",
      directory: home.directory,
    },
  ])
  expect((await kilo(["session", "delete", list[0].id], options)).code).toBe(0)
  expect((await kilo(["session", "list"], options)).stdout).toBe("")
})

test("exports a session and imports it, from a file or stdin, into another directory", async () => {
  await using home = await tempHome()
  await using model = await startFakeModel()
  await using project = await tempProject()
  await using other = await tempProject()
  const config = fakeConfig(model.url)
  const ran = await kilo(["run", "--title", "Travels", "[[text:Hello.]]"], { home, config, cwd: project.directory })
  expect(ran.code).toBe(0)
  const file = await kilo(["export"], { home, cwd: project.directory })
  expect(file.code).toBe(0)
  expect(JSON.parse(file.stdout)).toMatchObject({ format: "kilo.session", info: { title: "Travels" } })
  const made = await kilo(["import", "-"], { home, cwd: other.directory, input: file.stdout })
  expect(made).toMatchObject({ code: 0, stderr: "Imported: Travels\n" })
  const again = await kilo(["export", made.stdout.trim()], { home, cwd: other.directory })
  expect(JSON.parse(again.stdout).messages).toHaveLength(JSON.parse(file.stdout).messages.length)
  const listed = await kilo(["session", "list", "--format", "json"], { home, cwd: other.directory })
  expect(JSON.parse(listed.stdout)).toMatchObject([{ id: made.stdout.trim(), title: "Travels" }])
  expect((await kilo(["session", "delete", made.stdout.trim()], { home })).code).toBe(0)
  const broken = await kilo(["import", "-"], { home, input: '{"info":{},"messages":[]}' })
  expect(broken.stderr).toMatch(/^Error: -: This is not an exported session\. info\.id/)
})
