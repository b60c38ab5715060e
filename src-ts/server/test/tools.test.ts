import { execFile } from "node:child_process"
import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { isDeepStrictEqual, promisify } from "node:util"
import { startKilo, tempHome, tempProject, until } from "@kilo-split/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type World, world } from "./world.ts"

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w[Symbol.asyncDispose]())

const run = promisify(execFile)
const git = async (cwd: string, ...args: string[]) => (await run("git", args, { cwd })).stdout.trim()

describe("texts that a model writes", () => {
  test("a draft is written anew by the small model, without what models wrap around it", async () => {
    const better = await w.kilo.api("/enhance-prompt", {
      json: { text: "fix it [[text:```\nFix the login test.\n```]]" },
    })
    expect(better).toEqual({ text: "Fix the login test." })
    expect(w.model.requests.at(-1)?.model).toBe("m2")
  })

  test("a branch's name is one that git takes", async () => {
    const session = await w.session()
    const prompt = "[[text:Fix/Größe der  Fenster!!\nsecond line]]"
    expect(await w.kilo.api(`/session/${session}/branch-name`, { json: { prompt } })).toEqual({
      branch: "fix/gro-e-der-fenster",
    })
    expect(await w.kilo.api(`/session/${session}/branch-name`, { json: { prompt: "[[text:!!!]]" } })).toEqual({
      branch: null,
    })
  })

  test("a commit message is made of the selected files' changes and the repository's style", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n", "b.txt": "two\n" }, git: true })
    const path = project.directory
    await writeFile(join(path, "a.txt"), "[[text:Say it twice]]\n")
    await writeFile(join(path, "b.txt"), "secret of b\n")
    const made = await w.kilo.api("/commit-message", { json: { path, selectedFiles: ["a.txt"], language: "German" } })
    expect(made).toEqual({ message: "Say it twice" })
    const asked = JSON.stringify(w.model.requests.at(-1)?.body)
    expect(asked).toContain("German")
    expect(asked).not.toContain("secret of b")
  })

  test("a commit of more files than a command can name has a message, too", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    const path = project.directory
    await writeFile(join(path, "a.txt"), "[[text:Move everything]]\n")
    const many = Array.from({ length: 30_000 }, (_, number) => `${"folder/".repeat(14)}${number}.txt`)
    const made = await w.kilo.api("/commit-message", { json: { path, selectedFiles: ["a.txt", ...many] } })
    expect(made).toEqual({ message: "Move everything" })
    const answer = await w.kilo.fetch("/commit-message", { json: { path, selectedFiles: ["x".repeat(300_000)] } })
    expect(answer.status).toBe(422)
  })

  test("nothing to commit, no repository and no model each say so", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    await using plain = await tempProject({ files: { "a.txt": "one\n" } })
    for (const path of [project.directory, plain.directory]) {
      const answer = await w.kilo.fetch("/commit-message", { json: { path } })
      expect(answer.status).toBe(422)
      expect(await answer.json()).toMatchObject({ message: expect.stringMatching(/nothing to commit|not in a git/) })
    }
    await using alone = await startKilo({ config: { disabled_providers: ["ollama", "lmstudio"] } })
    const answer = await alone.fetch("/enhance-prompt", { json: { text: "x" } })
    expect(answer.status).toBe(400)
    expect(JSON.stringify(await answer.json())).toContain("kilo auth login")
  })
})

describe("working copies", () => {
  test("are made on a branch of their own, set up, compared, reset and removed; the first one is not touched", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    const { directory } = project
    const before = await git(directory, "status", "--porcelain", "--branch")
    const made = await w.kilo.api<{ name: string; branch: string; directory: string }>("/experimental/worktree", {
      json: { name: "My Task", startCommand: "echo set up > setup.txt" },
      directory,
    })
    expect(made).toMatchObject({ name: "my-task", branch: "opencode/my-task" })
    await w.events.waitFor((event) => event.type === "worktree.setup.ready" && event.directory === made.directory)
    expect(await readFile(join(made.directory, "setup.txt"), "utf8")).toBe("set up\n")
    expect(await w.kilo.api("/experimental/worktree", { directory })).toEqual([
      { directory, managed: false },
      { directory: made.directory, managed: true },
    ])

    await writeFile(join(made.directory, "a.txt"), "one\ntwo\n")
    const inside = { directory: made.directory }
    expect(await w.kilo.api("/experimental/worktree/diff", inside)).toMatchObject([{ file: "a.txt", additions: 1 }])
    expect(await w.kilo.api("/experimental/worktree/diff/file?file=a.txt", inside)).toMatchObject({
      before: "one\n",
      after: "one\ntwo\n",
      status: "modified",
    })
    const place = { json: { directory: made.directory }, directory }
    expect(await w.kilo.api("/experimental/worktree/reset", place)).toBe(true)
    expect(await readFile(join(made.directory, "a.txt"), "utf8")).toBe("one\n")
    await expect(stat(join(made.directory, "setup.txt"))).rejects.toThrow("ENOENT")

    const removed = await w.kilo.fetch("/experimental/worktree", { method: "DELETE", ...place })
    expect(await removed.json()).toBe(true)
    await expect(stat(made.directory)).rejects.toThrow("ENOENT")
    expect(await git(directory, "branch", "--list", "opencode/*")).toBe("")
    expect(await git(directory, "status", "--porcelain", "--branch")).toBe(before)
  })

  test("that are not ours are neither reset nor removed", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    const { directory } = project
    await writeFile(join(directory, "a.txt"), "changed\n")
    const place = { json: { directory }, directory }
    const reset = await w.kilo.fetch("/experimental/worktree/reset", place)
    expect(reset.status).toBe(400)
    expect(await reset.json()).toEqual({ name: "WorktreeResetFailedError", data: { message: "Worktree not found" } })
    expect(await (await w.kilo.fetch("/experimental/worktree", { method: "DELETE", ...place })).json()).toBe(true)
    expect(await readFile(join(directory, "a.txt"), "utf8")).toBe("changed\n")
  })

  test("a setup that fails is told, and outside git there are none", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    const { directory } = project
    await w.kilo.api("/experimental/worktree", { json: { startCommand: "echo broken >&2; exit 3" }, directory })
    const told = await w.events.waitFor((event) => event.type === "worktree.failed")
    expect(told.properties.message).toMatch(/ended with 3\. broken/)
    await using plain = await tempProject({ files: {} })
    expect(await w.kilo.api("/experimental/worktree", { directory: plain.directory })).toEqual([])
    const answer = await w.kilo.fetch("/experimental/worktree", { json: {}, directory: plain.directory })
    expect(await answer.json()).toMatchObject({ name: "WorktreeNotGitError" })
  })

  test("a repository without a commit has nothing to compare with, and says so", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n" } })
    const { directory } = project
    await git(directory, "init", "--quiet")
    for (const path of ["diff", "diff/summary", "diff/file?file=a.txt"]) {
      const answer = await w.kilo.fetch(`/experimental/worktree/${path}`, { directory })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ name: "WorktreeListFailedError" })
    }
  })
})

describe("version control", () => {
  test("a patch is applied whole or not at all, and all changes come as one diff", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n", "b.txt": "two\n" }, git: true })
    const { directory } = project
    await writeFile(join(directory, "a.txt"), "ONE\n")
    await writeFile(join(directory, "new.txt"), "new\n")
    const diff = await (await w.kilo.fetch("/vcs/diff/raw", { directory })).text()
    expect(diff).toMatch(/-one\n\+ONE\n/)
    await using other = await tempProject({ files: { "a.txt": "one\n", "b.txt": "two\n" }, git: true })
    const target = other.directory
    expect(await w.kilo.api("/vcs/apply", { json: { patch: diff }, directory: target })).toEqual({ applied: true })
    expect(await readFile(join(target, "a.txt"), "utf8")).toBe("ONE\n")
    expect(await readFile(join(target, "new.txt"), "utf8")).toBe("new\n")
    const again = await w.kilo.fetch("/vcs/apply", { json: { patch: diff }, directory: target })
    expect(again.status).toBe(400)
    expect(await again.json()).toMatchObject({ name: "VcsApplyError", data: { reason: "not-clean" } })
    const outside = diff.replaceAll("a.txt", "../out.txt")
    expect((await w.kilo.fetch("/vcs/apply", { json: { patch: outside }, directory: target })).status).toBe(400)
  })

  test("a project is renamed, and a folder becomes a repository", async () => {
    await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true })
    const { id } = await w.kilo.api<{ id: string }>("/project/current", { directory: project.directory })
    const change = { method: "PATCH", json: { name: "Mine", commands: { start: "make" } } }
    expect(await (await w.kilo.fetch(`/project/${id}`, change)).json()).toMatchObject({
      name: "Mine",
      commands: { start: "make" },
    })
    await w.events.waitFor((event) => event.type === "project.updated" && event.directory === "global")
    expect((await w.kilo.fetch("/project/nope", change)).status).toBe(404)
    await using plain = await tempProject({ files: {} })
    expect(await w.kilo.api("/project/git/init", { method: "POST", directory: plain.directory })).toMatchObject({
      vcs: "git",
    })
    expect((await stat(join(plain.directory, ".git"))).isDirectory()).toBe(true)
  })
})

describe("control of a terminal interface", () => {
  test.each([
    ["/tui/append-prompt", { text: "x" }, "tui.prompt.append", { text: "x" }],
    ["/tui/execute-command", { command: "agent_cycle" }, "tui.command.execute", { command: "agent.cycle" }],
    ["/tui/submit-prompt", undefined, "tui.command.execute", { command: "prompt.submit" }],
    [
      "/tui/show-toast",
      { message: "m", variant: "info" },
      "tui.toast.show",
      { message: "m", variant: "info", duration: 5000 },
    ],
    [
      "/tui/publish",
      { type: "tui.session.select", properties: { sessionID: "ses_x" } },
      "tui.session.select",
      { sessionID: "ses_x" },
    ],
  ])("%s publishes what the interface waits for", async (path, json, type, properties) => {
    const options = json ? { json } : { method: "POST" }
    expect(await w.kilo.api(path, options)).toBe(true)
    await w.events.waitFor((event) => event.type === type && isDeepStrictEqual(event.properties, properties))
  })

  test("a session that does not exist can't be shown", async () => {
    expect((await w.kilo.fetch("/tui/select-session", { json: { sessionID: "ses_nope" } })).status).toBe(404)
  })
})

describe("parts that this server does not have say so", () => {
  test.each([
    ["/indexing/status", { state: "Disabled" }],
    ["/indexing/warnings", []],
    ["/sandbox/support", { available: false }],
    ["/background-process", []],
    ["/suggestion", []],
    ["/remote/status", { enabled: false, connected: false }],
    ["/experimental/capabilities", { backgroundSubagents: false }],
  ])("%s", async (path, answer) => {
    expect(await w.kilo.api(path)).toMatchObject(answer)
  })

  test("a sandbox is told for the session's own directory, an unknown session is not found", async () => {
    const session = await w.session()
    expect(await w.kilo.api(`/session/${session}/sandbox`)).toMatchObject({
      directory: w.project.directory,
      enabled: false,
    })
    expect((await w.kilo.fetch("/session/ses_nope/sandbox")).status).toBe(404)
    expect((await w.kilo.fetch("/kilocode/background-jobs/x/cancel", { method: "POST" })).status).toBe(404)
  })
})

test("a client's line goes to the log without what it carries, telemetry goes nowhere", async () => {
  await using home = await tempHome()
  await using kilo = await startKilo({ home })
  const line = { service: "window", level: "error", message: "it broke", extra: { token: "s3cret" } }
  expect(await kilo.api("/log", { json: line })).toBe(true)
  expect(await kilo.api("/telemetry/capture", { json: { event: "x", properties: { a: 1 } } })).toBe(true)
  const log = await readFile(home.path(".local/share/kilo/log/kilo.log"), "utf8")
  expect(log).toContain("it broke")
  expect(log).not.toContain("s3cret")
})

test("a busy directory is not read anew, an idle one is", async () => {
  const { directory } = w.project
  const session = await w.session()
  await w.prompt(session, "[[hold:reload]] [[text:x]]")
  await until(async () => Object.keys(await w.kilo.api<object>("/session/status", { directory })).length > 0)
  expect((await w.kilo.fetch("/instance/reload", { method: "POST", directory })).status).toBe(409)
  w.model.release("reload")
  await until(async () => Object.keys(await w.kilo.api<object>("/session/status", { directory })).length === 0)
  expect(await w.kilo.api("/instance/reload", { method: "POST", directory })).toBe(true)
})

test("tools are listed as a model is offered them, and what was used is summed by model", async () => {
  const ids = await w.kilo.api<string[]>("/experimental/tool/ids")
  expect(ids).toEqual(expect.arrayContaining(["read", "edit", "bash", "grep"]))
  const tools = await w.kilo.api<{ id: string; parameters: { type: string } }[]>(
    "/experimental/tool?provider=fake&model=m1",
  )
  expect(tools.find(({ id }) => id === "read")?.parameters.type).toBe("object")
  const session = await w.session()
  const parts = [{ type: "text", text: "[[text:hello]]" }]
  await w.kilo.api(`/session/${session}/message`, { json: { parts } })
  expect(await w.kilo.api(`/session/${session}/model-usage`)).toMatchObject({
    sessionIDs: [session],
    totals: { steps: 1 },
    models: [{ providerID: "fake", modelID: "m1", steps: 1 }],
  })
})
