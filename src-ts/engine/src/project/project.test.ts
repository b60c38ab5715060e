import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { diffEntries, emptyTree, git, newFilePatch, resolveProject } from "./index.ts"

let root: string
let env: Record<string, string | undefined>

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "kilo-project-")))
  env = { PATH: process.env.PATH, HOME: root }
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function run(cwd: string, ...args: string[]): string {
  const options = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
  return execFileSync("git", [...options, ...args], {
    cwd,
    env: { ...env, GIT_CONFIG_NOSYSTEM: "1" },
    encoding: "utf8",
  })
}

function repository(name: string): string {
  const directory = join(root, name)
  mkdirSync(directory)
  run(directory, "init", "-q", "-b", "main")
  return directory
}

function commit(directory: string, file: string, text: string) {
  writeFileSync(join(directory, file), text)
  run(directory, "add", "-A")
  run(directory, "commit", "-q", "-m", file)
}

describe("resolveProject", () => {
  it("names a project by its root commit, also from a sub-directory that does not exist", async () => {
    const directory = repository("a")
    commit(directory, "a.txt", "one\n")
    commit(directory, "b.txt", "two\n")
    const id = run(directory, "rev-list", "--max-parents=0", "HEAD").trim()
    expect(await resolveProject(directory, env)).toEqual({ id, worktree: directory, vcs: "git" })
    expect(await resolveProject(join(directory, "no", "such"), env)).toEqual({ id, worktree: directory, vcs: "git" })
  })

  it("needs no git for a young repository, nor for one that it knows at this commit", async () => {
    const directory = repository("a")
    commit(directory, "a.txt", "one\n")
    commit(directory, "b.txt", "two\n")
    const expected = await resolveProject(directory, env)
    const without = { PATH: join(root, "nothing") }
    const known = new Map<string, { id: string; head: string }>()
    const memory = {
      get: (key: string) => known.get(key),
      set: (key: string, found: { id: string; head: string }) => void known.set(key, found),
    }
    expect(await resolveProject(directory, without, memory)).toEqual(expected)
    run(directory, "gc", "-q")
    expect(await resolveProject(directory, without, memory)).toEqual(expected)
    expect(await resolveProject(directory, without)).not.toEqual(expected)
    run(directory, "checkout", "-q", "--orphan", "other")
    commit(directory, "c.txt", "three\n")
    const other = await resolveProject(directory, env)
    expect(other.id).not.toBe(expected.id)
    expect(await resolveProject(directory, without, memory)).toEqual(other)
    run(directory, "merge", "-q", "--allow-unrelated-histories", "--no-edit", "main")
    expect((await resolveProject(directory, env, memory)).id).toBe([expected.id, other.id].sort()[0])
  })

  it("gives a linked worktree its own root and the same id", async () => {
    const directory = repository("a")
    commit(directory, "a.txt", "one\n")
    const linked = join(root, "linked")
    run(directory, "worktree", "add", "-q", linked)
    const main = await resolveProject(directory, env)
    expect(await resolveProject(linked, env)).toEqual({ id: main.id, worktree: linked, vcs: "git" })
  })

  it("calls a repository without commits global but keeps its root", async () => {
    const directory = repository("a")
    expect(await resolveProject(directory, env)).toEqual({ id: "global", worktree: directory, vcs: "git" })
  })

  it("is global outside git and in a broken repository", async () => {
    mkdirSync(join(root, "plain"))
    expect(await resolveProject(join(root, "plain"), env)).toEqual({ id: "global", worktree: "/" })
    mkdirSync(join(root, "broken"))
    writeFileSync(join(root, "broken", ".git"), "gitdir: /nowhere\n")
    expect(await resolveProject(join(root, "broken"), env)).toEqual({ id: "global", worktree: "/" })
  })

  it("follows a symlink to the repository's real root", async () => {
    const directory = repository("a")
    commit(directory, "a.txt", "one\n")
    symlinkSync(directory, join(root, "link"))
    expect((await resolveProject(join(root, "link"), env)).worktree).toBe(directory)
  })
})

describe("git", () => {
  it("ignores GIT_DIR of the caller and runs no program of the repository", async () => {
    const directory = repository("a")
    commit(directory, "a.txt", "one\n")
    run(directory, "config", "core.fsmonitor", `touch ${join(root, "ran")}; false`)
    const result = await git(["status", "--porcelain"], { cwd: directory, env: { ...env, GIT_DIR: "/nowhere" } })
    expect(result).toMatchObject({ code: 0, stdout: "" })
    expect(() => realpathSync(join(root, "ran"))).toThrow()
  })

  it("sends files through the user's filters, never through those that the repository's settings define", async () => {
    const directory = repository("a")
    writeFileSync(join(directory, ".gitattributes"), "*.a filter=mine\n*.b filter=odd=one\n")
    commit(directory, "x.a", "one\n")
    commit(directory, "x.b", "one\n")
    const home = join(root, "home")
    mkdirSync(home)
    writeFileSync(join(home, ".gitconfig"), '[filter "mine"]\n\tclean = tr a-z A-Z\n')
    run(directory, "config", "filter.odd=one.clean", `touch ${join(root, "ran")}; cat`)
    run(directory, "config", "filter.odd=one.required", "true")
    writeFileSync(join(directory, "x.a"), "two\n")
    writeFileSync(join(directory, "x.b"), "two\n")
    const { stdout } = await git(["diff", "HEAD"], { cwd: directory, env: { ...env, HOME: home } })
    expect(stdout).toContain("+TWO\n")
    expect(stdout).toContain("+two\n")
    expect(() => realpathSync(join(root, "ran"))).toThrow()
  })

  it("reports a missing git and output beyond the limit without throwing", async () => {
    const directory = repository("a")
    commit(directory, "a.txt", "x\n".repeat(100_000))
    expect((await git(["status"], { cwd: directory, env: { PATH: root } })).code).toBe(-1)
    const cut = await git(["show", "HEAD:a.txt"], { cwd: directory, env, maxBytes: 1000 })
    expect(cut.cut).toBe(true)
    expect(cut.stdout.length).toBeLessThanOrEqual(1000)
  })

  it("rejects with the reason when it is aborted", async () => {
    const reason = new Error("stop")
    await expect(git(["version"], { cwd: root, env, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe("diffEntries", () => {
  it("lists added, changed, deleted, binary and oddly named files with their patches", async () => {
    const directory = repository("a")
    commit(directory, "keep.txt", "one\ntwo\n")
    commit(directory, "gone.txt", "x\n")
    writeFileSync(join(directory, "keep.txt"), "one\nTWO\n")
    rmSync(join(directory, "gone.txt"))
    writeFileSync(join(directory, 'tab\tand "quote" é.txt'), "n\n")
    writeFileSync(join(directory, "bin"), Buffer.from([0, 1, 2]))
    run(directory, "add", "-A")
    const entries = await diffEntries("HEAD", undefined, { cwd: directory, env, context: 3 })
    const byName = new Map(entries.map((entry) => [entry.file, entry]))
    expect([...byName.keys()].sort()).toEqual(["bin", "gone.txt", "keep.txt", 'tab\tand "quote" é.txt'])
    expect(byName.get("keep.txt")).toMatchObject({ additions: 1, deletions: 1, status: "modified" })
    expect(byName.get("keep.txt")?.patch).toContain("-two\n+TWO\n")
    expect(byName.get("gone.txt")).toMatchObject({ status: "deleted", deletions: 1 })
    expect(byName.get('tab\tand "quote" é.txt')).toMatchObject({ status: "added", additions: 1 })
    expect(byName.get("bin")).toMatchObject({ status: "added", additions: 0 })
  })

  it("compares the first commit with the empty tree", async () => {
    const directory = repository("a")
    commit(directory, "a.txt", "one\n")
    const entries = await diffEntries(await emptyTree({ cwd: directory, env }), "HEAD", { cwd: directory, env })
    expect(entries).toEqual([{ file: "a.txt", additions: 1, deletions: 0, status: "added" }])
  })

  it("writes patches of untracked files that git applies", () => {
    const directory = repository("a")
    for (const text of ["one\n", "one\ntwo", ""]) {
      const name = `f${text.length}.txt`
      writeFileSync(join(root, "p.diff"), newFilePatch(name, text))
      run(directory, "apply", join(root, "p.diff"))
      expect(execFileSync("cat", [join(directory, name)], { encoding: "utf8" })).toBe(text)
    }
  })
})
