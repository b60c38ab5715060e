import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { fakeConfig, startFakeModel, tempHome, tempProject } from "../src-ts/testkit/src/index.ts"
import { root } from "./root.mjs"

const run = promisify(execFile)
const MINUTES = 60_000

/** A fresh copy of a real repository: this one, as committed. */
async function copyOfThisRepository() {
  const project = await tempProject({ prefix: "kilo-headless-" })
  await run("git", ["clone", "-q", "--no-hardlinks", root, project.path("repository")])
  return { ...project, directory: project.path("repository"), read: (name) => project.read(join("repository", name)) }
}

/** `npm start -- --headless ...` the way a person types it, with a home of its own. */
async function headless(args, { home, config = {} }) {
  // The real HOME keeps Maven from fetching everything anew if a source is newer than the build; XDG folders are our own.
  const env = { ...process.env, ...home.env, HOME: process.env.HOME, KILO_CONFIG_CONTENT: JSON.stringify(config) }
  const command = [join(root, "scripts", "start.mjs"), "--headless", ...args]
  const done = await run(process.env.KILO_TEST_NODE ?? "node", command, { env, timeout: 2 * MINUTES }).catch(
    (error) => error,
  )
  return { code: done.code ?? 0, stdout: done.stdout, stderr: done.stderr }
}

/** Nothing local may answer in place of the guide. */
const NO_LOCAL = { disabled_providers: ["ollama", "lmstudio"] }
const BEFORE = "A coding agent for JetBrains IDEs"
const AFTER = "An agent that codes"

/** Has a sentence of a copy's README.md replaced, as `how` says, and gives what was printed. */
async function replaced(how) {
  await using home = await tempHome()
  const project = await copyOfThisRepository()
  try {
    const before = await project.read("README.md")
    const { args, config } = how(project)
    const prompt = `replace "${BEFORE}" with "${AFTER}" in README.md`
    const done = await headless([...args, "--prompt", prompt, "--auto-approve"], { home, config })
    expect(done.stdout).toContain("read README.md")
    expect(done.stdout).toContain("edit README.md")
    expect(done.code).toBe(0)
    expect(await project.read("README.md")).toBe(before.replace(BEFORE, AFTER))
    return done
  } finally {
    await project[Symbol.asyncDispose]()
  }
}

describe("the headless run on a real repository", () => {
  it("changes the file with the embedded model and names the tools that were used", {
    timeout: 3 * MINUTES,
  }, async () => {
    const { stdout } = await replaced((project) => ({
      args: ["--directory", project.directory],
      config: NO_LOCAL,
    }))
    expect(stdout).toContain("Offline guide, no AI")
  })

  it("does the same task with an OpenAI-compatible server from KILO_CONFIG_CONTENT", {
    timeout: 3 * MINUTES,
  }, async () => {
    await using fake = await startFakeModel()
    const { stdout } = await replaced((project) => {
      const filePath = join(project.directory, "README.md")
      fake.reply(
        [{ tool: "read", args: { filePath } }],
        [{ tool: "edit", args: { filePath, oldString: BEFORE, newString: AFTER } }],
        [{ text: "Replaced it in README.md." }],
      )
      return {
        args: ["--directory", project.directory, "--model", "fake/m1"],
        config: fakeConfig(fake.url),
      }
    })
    expect(stdout).toContain("Replaced it in README.md.")
  })

  it("rejects an edit that nobody can be asked about, leaves the file alone and exits with 1", {
    timeout: 3 * MINUTES,
  }, async () => {
    await using home = await tempHome()
    await using project = await tempProject({ git: true, files: { "a.txt": "foo\n" } })
    const args = ["--directory", project.directory, "--prompt", "replace foo with bar in a.txt"]
    const { code, stdout, stderr } = await headless(args, { home, config: NO_LOCAL })
    expect(code).toBe(1)
    expect(stdout + stderr).toContain("--auto-approve")
    expect(await project.read("a.txt")).toBe("foo\n")
  })

  it("says in one line that a directory is missing and exits with 2, as for any wrong option", {
    timeout: 3 * MINUTES,
  }, async () => {
    await using home = await tempHome()
    const { code, stdout, stderr } = await headless(["--directory", "/nonexistent/place", "--prompt", "hi"], {
      home,
      config: NO_LOCAL,
    })
    expect(code).toBe(2)
    expect(stdout + stderr).toContain("/nonexistent/place")
    expect(stdout + stderr).not.toMatch(/\bat [\w.$]+\(/)
  })
})
