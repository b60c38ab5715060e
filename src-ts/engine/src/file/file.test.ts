import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { BadRequestError, PathOutsideError } from "../error.ts"
import { createFiles, createVcs, directoriesOf, search, walk } from "./index.ts"
import { findRipgrep } from "./ripgrep.ts"

let root: string
let env: Record<string, string | undefined>

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "kilo-file-")))
  env = { PATH: process.env.PATH, HOME: root }
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string | Uint8Array) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function run(...args: string[]): string {
  const options = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
  return execFileSync("git", [...options, ...args], {
    cwd: root,
    env: { ...env, GIT_CONFIG_NOSYSTEM: "1" },
    encoding: "utf8",
  })
}

const vcs = () => createVcs({ directory: root, worktree: root, env })
const files = () => createFiles({ directory: root, worktree: "/", env, vcs: vcs() })

describe("list and read", () => {
  it("lists one level, directories first and with a slash, .git too", async () => {
    run("init", "-q")
    put("a.txt", "a")
    put("src/x.ts", "x")
    put(".gitignore", "out/\n")
    put("out/o.js", "o")
    const nodes = await files().list(".")
    expect(nodes.map((node) => node.path)).toEqual([".git/", "out/", "src/", ".gitignore", "a.txt"])
    expect(nodes.find((node) => node.name === "out")).toEqual({
      name: "out",
      path: "out/",
      absolute: join(root, "out"),
      type: "directory",
      ignored: true,
    })
    expect((await files().list("src"))[0]?.path).toBe("src/x.ts")
  })

  it("names a directory that is missing, whatever is asked of it", async () => {
    const gone = createFiles({
      directory: join(root, "gone"),
      worktree: "/",
      env: process.env,
      vcs: createVcs({ directory: join(root, "gone"), worktree: "/", env: process.env }),
    })
    await expect(gone.list(".")).rejects.toThrow("Directory not found")
    await expect(gone.findText("x")).rejects.toThrow("Directory not found")
    await expect(gone.findFiles({ query: "x" })).rejects.toThrow("Directory not found")
  })

  it("reads text without its last newline, binary as base64, and a missing file as empty text", async () => {
    put("a.txt", "one\ntwo\n")
    put("i.png", new Uint8Array([0x89, 0x50, 0, 1]))
    expect(await files().read("a.txt")).toEqual({ type: "text", content: "one\ntwo" })
    expect(await files().read("i.png")).toEqual({
      type: "binary",
      content: "iVAAAQ==",
      encoding: "base64",
      mimeType: "image/png",
    })
    expect(await files().read("missing.txt")).toEqual({ type: "text", content: "" })
    await expect(files().read(".")).rejects.toThrow(BadRequestError)
  })

  it("does not leave the directory, neither by dots nor by symlinks, even dangling ones", async () => {
    symlinkSync("/etc", join(root, "etc"))
    symlinkSync("/nowhere/at/all", join(root, "dangling"))
    for (const path of ["../x", "/etc/hostname", "etc/hostname", "dangling"]) {
      await expect(files().read(path)).rejects.toThrow(PathOutsideError)
    }
    await expect(files().list("etc")).rejects.toThrow(PathOutsideError)
  })
})

describe("walking and finding", () => {
  const tree = () => {
    run("init", "-q")
    put(".git/info/exclude", "secret.txt\n")
    put("secret.txt", "needle")
    put(".gitignore", "*.log\n/build/\n!keep.log\n")
    put("a.log", "needle")
    put("keep.log", "needle one\nother\nneedle é needle\n")
    put("build/out.js", "needle")
    put("src/build/in.js", "needle\n")
    put("src/.gitignore", "gen/*\n!gen/mine.ts\n")
    put("src/gen/theirs.ts", "needle")
    put("src/gen/mine.ts", "needle\r\n")
    put("src/.hidden", "needle")
    put("node_modules/m/i.js", "needle")
    put("sp ace/nö\tt.md", "x needle")
    put("bin.dat", new Uint8Array([110, 101, 101, 100, 108, 101, 0]))
    symlinkSync(root, join(root, "loop"))
  }
  const expected = [
    ".gitignore",
    "bin.dat",
    "keep.log",
    "sp ace/nö\tt.md",
    "src/.gitignore",
    "src/.hidden",
    "src/build/in.js",
    "src/gen/mine.ts",
  ]

  it("looks for ripgrep on the given PATH only", () => {
    expect(findRipgrep({ PATH: root })).toBeUndefined()
    expect(findRipgrep({})).toBeUndefined()
  })

  // Without ripgrep on the machine both runs take the built-in way.
  it.each([false, true])("walks what git does not ignore (built-in: %s)", async (builtIn) => {
    tree()
    const walked = await walk({ root, top: root, env, builtIn })
    expect(walked.files.sort()).toEqual(expected)
    expect(walked.cut).toBe(false)
    const below = await walk({ root: join(root, "src"), top: root, env, builtIn })
    expect(below.files.sort()).toEqual([".gitignore", ".hidden", "build/in.js", "gen/mine.ts"])
    const cut = await walk({ root, top: root, env, builtIn, limit: 3 })
    expect(cut.files).toHaveLength(3)
    expect(cut.cut).toBe(true)
    expect(directoriesOf(expected).sort()).toEqual(["sp ace/", "src/", "src/build/", "src/gen/"])
  })

  it("finds the same text with and without ripgrep", async () => {
    tree()
    const both = await Promise.all(
      [false, true].map((builtIn) => search({ root, top: root, env, builtIn, pattern: "need(le)?", limit: 100 })),
    )
    expect(both[1]).toEqual(both[0])
    expect(both[0]?.matches.map((match) => `${match.path.text}:${match.line_number}`)).toEqual([
      "keep.log:1",
      "keep.log:3",
      "sp ace/nö\tt.md:1",
      "src/.hidden:1",
      "src/build/in.js:1",
      "src/gen/mine.ts:1",
    ])
    expect(both[0]?.matches[1]?.submatches).toEqual([
      { match: { text: "needle" }, start: 0, end: 6 },
      { match: { text: "needle" }, start: 10, end: 16 },
    ])
  })

  it.each([false, true])("filters by name or path without un-ignoring anything (built-in: %s)", async (builtIn) => {
    tree()
    const named = async (include: string) =>
      (await search({ root, top: root, env, builtIn, pattern: "needle", include, limit: 100 })).matches.map(
        (match) => match.path.text,
      )
    expect(await named("*.ts")).toEqual(["src/gen/mine.ts"])
    expect(await named("src/**")).toEqual(["src/.hidden", "src/build/in.js", "src/gen/mine.ts"])
    expect(await named("*.{log,md}")).toEqual(["keep.log", "keep.log", "sp ace/nö\tt.md"])
  })

  it("ends an expression that would never end, and refuses an invalid one", async () => {
    put("a.txt", `${"a".repeat(40)}b\n`)
    const endless = await search({ root, top: root, env, builtIn: true, pattern: "^(a+)+$", limit: 9, timeoutMs: 300 })
    expect(endless).toEqual({ matches: [], cut: true })
    for (const builtIn of [false, true]) {
      await expect(search({ root, top: root, env, builtIn, pattern: "(", limit: 9 })).rejects.toThrow(BadRequestError)
    }
    const reason = new Error("stop")
    const aborted = search({
      root,
      top: root,
      env,
      builtIn: true,
      pattern: "a",
      limit: 9,
      signal: AbortSignal.abort(reason),
    })
    await expect(aborted).rejects.toBe(reason)
  })

  it("finds files by fuzzy name, directories with a slash", async () => {
    tree()
    expect(await files().findFiles({ query: "minets" })).toEqual(["src/gen/mine.ts"])
    expect(await files().findFiles({ query: "gen", type: "directory" })).toEqual(["src/gen/"])
    expect(await files().findFiles({ query: "", type: "file", limit: 2 })).toEqual([".gitignore", "bin.dat"])
    expect((await files().findText("needle")).length).toBe(6)
  })
})

describe("version control", () => {
  const commit = (message: string) => {
    run("add", "-A")
    run("commit", "-q", "-m", message)
  }

  it("is empty outside git", async () => {
    const none = createVcs({ directory: root, worktree: "/", env })
    expect([await none.info(), await none.status(), await none.diff("git")]).toEqual([{}, [], []])
  })

  it("knows branches before and after the first commit", async () => {
    run("init", "-q", "-b", "main")
    expect(await vcs().info()).toEqual({ branch: "main" })
    put("a.txt", "a\n")
    expect(await vcs().status()).toEqual([{ file: "a.txt", additions: 1, deletions: 0, status: "added" }])
    commit("one")
    run("checkout", "-q", "-b", "topic")
    expect(await vcs().info()).toEqual({ branch: "topic", default_branch: "main" })
    run("checkout", "-q", "--detach")
    expect(await vcs().info()).toEqual({ default_branch: "main" })
  })

  it("shows what changed against HEAD, the branch point and in the last commit", async () => {
    run("init", "-q", "-b", "main")
    put("a.txt", "one\ntwo\n")
    put("b.txt", "b\n")
    commit("one")
    expect((await vcs().diff("last-commit")).map((each) => each.file)).toEqual(["a.txt", "b.txt"])
    run("checkout", "-q", "-b", "topic")
    put("a.txt", "one\nTWO\n")
    commit("two")
    put("new file.txt", "n\nn")
    rmSync(join(root, "b.txt"))
    const now = await vcs().diff("git")
    expect(now.map(({ patch, ...rest }) => rest)).toEqual([
      { file: "b.txt", additions: 0, deletions: 1, status: "deleted" },
      { file: "new file.txt", additions: 2, deletions: 0, status: "added" },
    ])
    expect(now[1]?.patch).toContain("+n\n+n\n\\ No newline at end of file")
    expect((await vcs().diff("branch")).map((each) => each.file)).toEqual(["a.txt", "b.txt", "new file.txt"])
    const last = await vcs().diff("last-commit", 0)
    expect(last).toHaveLength(1)
    expect(last[0]?.patch).toContain("@@ -2 +2 @@")
    expect(await files().status()).toContainEqual({ path: "b.txt", added: 0, removed: 1, status: "deleted" })
  })
})
