import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { resolveProject } from "../project/index.ts"
import { createSnapshot, type Snapshot } from "./index.ts"

let root: string
let work: string
let env: Record<string, string | undefined>
let errors: Error[]

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "kilo-snapshot-")))
  work = join(root, "work")
  mkdirSync(work)
  env = { PATH: process.env.PATH, HOME: join(root, "home") }
  errors = []
  run("init", "-q", "-b", "main")
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function run(...args: string[]): string {
  const options = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
  return execFileSync("git", [...options, ...args], {
    cwd: work,
    env: { ...env, GIT_CONFIG_NOSYSTEM: "1" },
    encoding: "utf8",
  })
}

function put(path: string, text: string | Uint8Array) {
  mkdirSync(dirname(join(work, path)), { recursive: true })
  writeFileSync(join(work, path), text)
}

function snapshot(more: Partial<Parameters<typeof createSnapshot>[0]> = {}): Snapshot {
  const data = join(root, "data")
  return createSnapshot({
    paths: { home: root, config: root, state: root, cache: root, log: root, data },
    projectID: "p1",
    worktree: work,
    directory: work,
    vcs: "git",
    enabled: true,
    env,
    onError: (error) => errors.push(error),
    ...more,
  })
}

/** Everything of the user's repository that a snapshot must leave alone. */
function userState(): string {
  const files = readdirSync(join(work, ".git"), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => `${file}:${readFileSync(file).toString("base64")}`)
    .join("\n")
}

async function track(of: Snapshot): Promise<string> {
  const tree = await of.track()
  expect(errors).toEqual([])
  if (tree === undefined) throw new Error("no snapshot")
  return tree
}

describe("snapshots", () => {
  it("tell what changed, as git-style patches with paths relative to the repository", async () => {
    put("a.txt", "one\ntwo\nthree\n")
    put("gone.txt", "x\n")
    run("add", "-A")
    run("commit", "-q", "-m", "one")
    const snap = snapshot()
    const before = await track(snap)
    put("a.txt", "one\nTWO\nthree\n")
    put("src/new.txt", "n\n")
    rmSync(join(work, "gone.txt"))
    const after = await track(snap)
    const diff = await snap.diff(before, after)
    expect(diff.map(({ patch, ...rest }) => rest)).toEqual([
      { file: "a.txt", additions: 1, deletions: 1, status: "modified" },
      { file: "gone.txt", additions: 0, deletions: 1, status: "deleted" },
      { file: "src/new.txt", additions: 1, deletions: 0, status: "added" },
    ])
    expect(diff[0]?.patch).toBe(
      "diff --git a/a.txt b/a.txt\nindex 4cb29ea..ddc897f 100644\n--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n",
    )
    expect(await snap.changed(before, after)).toEqual(
      ["a.txt", "gone.txt", "src/new.txt"].map((name) => join(work, name)),
    )
    expect(await snap.diff(after, after)).toEqual([])
  })

  it("never touch the user's repository", async () => {
    put("a.txt", "one\n")
    run("add", "-A")
    run("commit", "-q", "-m", "one")
    put("a.txt", "two\n")
    put("b.txt", "staged\n")
    run("add", "b.txt")
    writeFileSync(join(work, ".git/hooks/post-index-change"), `#!/bin/sh\ntouch ${root}/hooked\n`)
    chmodSync(join(work, ".git/hooks/post-index-change"), 0o755)
    const state = userState()
    const snap = snapshot()
    const first = await track(snap)
    put("c.txt", "new\n")
    const second = await track(snap)
    expect(await snap.diff(first, second)).toHaveLength(1)
    expect(userState()).toBe(state)
    expect(readdirSync(root)).not.toContain("hooked")
  })

  it("leave out ignored and large files and nested repositories, and keep links, modes and odd names", async () => {
    put(".gitignore", "*.log\n")
    put(".git/info/exclude", "private.txt\n")
    const snap = snapshot()
    const before = await track(snap)
    put("x.log", "x")
    put("private.txt", "x")
    put("large.bin", new Uint8Array(2 * 1024 * 1024 + 1))
    put("fits.bin", new Uint8Array(2 * 1024 * 1024))
    put("nested/.git/HEAD", "ref: refs/heads/main\n")
    mkdirSync(join(work, "nested/.git/objects"))
    mkdirSync(join(work, "nested/.git/refs"))
    put("nested/inner.txt", "x")
    put('tab\tnew\nline é "q".txt', "odd\n")
    symlinkSync("a/b", join(work, "link"))
    put("run.sh", "#!/bin/sh\n")
    chmodSync(join(work, "run.sh"), 0o755)
    const after = await track(snap)
    const names = (await snap.diff(before, after)).map((each) => each.file)
    expect(names.sort()).toEqual(["fits.bin", "link", "run.sh", 'tab\tnew\nline é "q".txt'])
  })

  it("hold files exactly as they are, whatever attributes ask for", async () => {
    put(".gitattributes", "* text=auto eol=lf filter=evil ident\n")
    run("config", "filter.evil.clean", `touch ${root}/filtered; cat`)
    put("a.txt", "one\r\n$Id$\r\n")
    const snap = snapshot()
    const before = await track(snap)
    put("a.txt", "one\n$Id$\r\n")
    const [diff] = await snap.diff(before, await track(snap))
    expect(diff?.patch).toContain("-one\r\n+one\n")
    expect(readdirSync(root)).not.toContain("filtered")
  })

  it("give the same tree for the same files, also after a touch and in a new process's first look", async () => {
    put("a.txt", "one\n")
    const snap = snapshot()
    const tree = await track(snap)
    expect(await track(snap)).toBe(tree)
    utimesSync(join(work, "a.txt"), 1, 1)
    expect(await track(snap)).toBe(tree)
    expect(await track(snapshot())).toBe(tree)
    put("a.txt", "two\n")
    const other = await track(snap)
    expect(other).not.toBe(tree)
    put("a.txt", "one\n")
    expect(await track(snap)).toBe(tree)
  })

  it("notice a file that becomes a directory and back", async () => {
    put("x", "file\n")
    const snap = snapshot()
    const before = await track(snap)
    rmSync(join(work, "x"))
    put("x/y", "inside\n")
    const middle = await track(snap)
    expect((await snap.diff(before, middle)).map((each) => [each.file, each.status])).toEqual([
      ["x", "deleted"],
      ["x/y", "added"],
    ])
    rmSync(join(work, "x"), { recursive: true })
    put("x", "file\n")
    expect(await track(snap)).toBe(before)
  })

  it("notice a directory that becomes a link to another one, and a parent that becomes a file", async () => {
    put("real/y", "inside\n")
    put("x/y", "inside\n")
    put("p/q/r", "deep\n")
    const snap = snapshot()
    const before = await track(snap)
    rmSync(join(work, "x"), { recursive: true })
    symlinkSync("real", join(work, "x"))
    rmSync(join(work, "p"), { recursive: true })
    put("p", "file\n")
    const after = await track(snap)
    expect((await snap.diff(before, after)).map((each) => [each.file, each.status])).toEqual([
      ["p", "added"],
      ["p/q/r", "deleted"],
      ["x", "added"],
      ["x/y", "deleted"],
    ])
    rmSync(join(work, "x"))
    rmSync(join(work, "p"))
    put("x/y", "inside\n")
    put("p/q/r", "deep\n")
    expect(await track(snap)).toBe(before)
  })

  it("wait for each other, and get past the lock of a process that was killed", async () => {
    put("a.txt", "one\n")
    const snap = snapshot()
    const trees = await Promise.all([snap.track(), snap.track(), snap.track()])
    expect(new Set(trees).size).toBe(1)
    const [name] = readdirSync(join(root, "data/snapshot/p1"))
    const lock = join(root, "data/snapshot/p1", name ?? "", "index.lock")
    writeFileSync(lock, "")
    utimesSync(lock, 1, 1)
    put("a.txt", "two\n")
    expect(await track(snap)).not.toBe(trees[0])
  })

  it("leave no lock behind when they are stopped half-way, and take turns with another one of the same files", async () => {
    for (let at = 0; at < 12; at += 1) put(`big${at}.bin`, randomBytes(1_000_000))
    const snap = snapshot()
    const stop = new AbortController()
    const stopped = snap.track(stop.signal)
    const base = join(root, "data/snapshot/p1")
    const lock = () => readdirSync(base).map((name) => join(base, name, "index.lock"))
    while (!existsSync(base) || !lock().some((file) => existsSync(file))) await setImmediate()
    stop.abort()
    expect(await stopped).toBeUndefined()
    expect(lock().filter((file) => existsSync(file))).toEqual([])
    const [one, other] = await Promise.all([track(snap), track(snapshot())])
    expect(one).toBe(other)
  })

  it("are not kept waiting by the lock of a git that was stopped before it knew of it", async () => {
    put("a.txt", "one\n")
    const bin = join(root, "bin")
    mkdirSync(bin)
    // What git leaves behind when it is stopped between making its lock and noting that it has one.
    const stuck = `#!/bin/sh
for each; do case "$each" in --git-dir=*) dir="\${each#--git-dir=}" ;; esac; done
case "$*" in *update-index*) : > "$dir/index.lock"; : > ${join(root, "stuck")}; exec sleep 60 ;; esac
PATH=${process.env.PATH} exec git "$@"
`
    writeFileSync(join(bin, "git"), stuck, { mode: 0o755 })
    const stop = new AbortController()
    const stopped = snapshot({ env: { ...env, PATH: `${bin}:${process.env.PATH}` } }).track(stop.signal)
    while (!existsSync(join(root, "stuck"))) await setImmediate()
    stop.abort()
    expect(await stopped).toBeUndefined()
    const base = join(root, "data/snapshot/p1")
    expect(readdirSync(base).filter((name) => existsSync(join(base, name, "index.lock")))).toEqual([])
    expect(await track(snapshot())).toMatch(/^[0-9a-f]{40}$/)
  })

  it("give each linked worktree its own and work before the first commit", async () => {
    put("a.txt", "one\n")
    expect(await track(snapshot())).toMatch(/^[0-9a-f]{40}$/)
    run("add", "-A")
    run("commit", "-q", "-m", "one")
    const linked = join(root, "linked")
    run("worktree", "add", "-q", linked)
    const project = await resolveProject(linked, env)
    const other = snapshot({ worktree: project.worktree, directory: linked })
    const before = await track(other)
    writeFileSync(join(linked, "b.txt"), "b\n")
    expect(await other.changed(before, await track(other))).toEqual([join(linked, "b.txt")])
  })

  it("are no business of the repository's hooks, filters, submodules, ownership and settings, whatever these say", async () => {
    put(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n*.txt filter=loud diff=loud\n")
    put("a.txt", "one\r\n")
    put("b.bin", "version https://git-lfs.github.com/spec/v1\n")
    run("add", "-A")
    run("commit", "-q", "-m", "one")
    const scream = join(root, "scream.sh")
    writeFileSync(scream, `#!/bin/sh\necho "$0 $*" >> ${root}/screams\ncat\n`)
    chmodSync(scream, 0o755)
    for (const kind of ["clean", "smudge", "process"]) {
      run("config", `filter.lfs.${kind}`, scream)
      run("config", `filter.loud.${kind}`, scream)
    }
    run("config", "filter.loud.required", "true")
    run("config", "diff.loud.command", scream)
    run("config", "diff.loud.textconv", scream)
    run("config", "core.autocrlf", "true")
    run("config", "core.fsmonitor", scream)
    run("config", "core.hooksPath", join(root, "hooks"))
    run("config", "core.untrackedCache", "true")
    run("config", "gc.auto", "1")
    mkdirSync(join(root, "hooks"))
    for (const hook of ["post-index-change", "pre-commit", "post-checkout", "fsmonitor-watchman", "pre-auto-gc"]) {
      writeFileSync(join(root, "hooks", hook), `#!/bin/sh\necho ${hook} >> ${root}/screams\n`)
      chmodSync(join(root, "hooks", hook), 0o755)
    }
    execFileSync("git", ["init", "-q", join(work, "sub")], { env: { ...env } })
    put("sub/inner.txt", "inner\n")
    run("stash", "list")
    rmSync(join(root, "screams"), { force: true })
    const state = userState()
    const snap = snapshot()
    const before = await track(snap)
    put("a.txt", "two\r\n")
    put("b.bin", "binary now\n")
    put("new.txt", "n\n")
    const after = await track(snap)
    const files = ["a.txt", "b.bin", "new.txt", "sub/inner.txt"]
    expect((await snap.diff(before, after)).map((each) => each.file)).toEqual(["a.txt", "b.bin", "new.txt"])
    const report = await snap.restore(new Map(files.map((name) => [join(work, name), before])))
    expect(report.left.map((each) => each.file)).toEqual([join(work, "sub/inner.txt")])
    expect(readFileSync(join(work, "a.txt"), "utf8")).toBe("one\r\n")
    expect(readFileSync(join(work, "sub/inner.txt"), "utf8")).toBe("inner\n")
    expect(await track(snap)).toBe(before)
    expect(await snap.collect(async () => [before, after], { force: true, graceMs: 0 })).toBe(true)
    expect(userState()).toBe(state)
    expect(readdirSync(root)).not.toContain("screams")
  })

  it("work beside a repository whose own configuration is broken", async () => {
    put("a.txt", "one\n")
    writeFileSync(join(work, ".git/config"), "[core\nnonsense")
    const state = userState()
    const snap = snapshot()
    const before = await track(snap)
    put("a.txt", "two\n")
    expect(await snap.changed(before, await track(snap))).toEqual([join(work, "a.txt")])
    expect(userState()).toBe(state)
  })

  it("hold what git tracks although its patterns ignore it, and names that other systems forbid", async () => {
    put(".gitignore", "*.log\n")
    put("kept.log", "1\n")
    run("add", "-f", "kept.log", ".gitignore")
    run("commit", "-q", "-m", "one")
    put("git~1", "x\n")
    put("back\\slash", "x\n")
    const snap = snapshot()
    const before = await track(snap)
    put("kept.log", "2\n")
    put("other.log", "2\n")
    put("git~1", "y\n")
    put("back\\slash", "y\n")
    const names = (await snap.diff(before, await track(snap))).map((each) => each.file)
    expect(names.sort()).toEqual(["back\\slash", "git~1", "kept.log"])
  })

  it("are freed when nobody needs them, and those in use and new ones stay whole", async () => {
    const snap = snapshot()
    const trees: string[] = []
    for (let count = 0; count < 6; count += 1) {
      put("a.txt", `${count} ${"random".repeat(200)}`)
      put(`f${count}/b.txt`, `${count}\n`)
      trees.push(await track(snap))
    }
    const [first = "", second = "", ...rest] = trees
    expect(await snap.collect(async () => trees)).toBe(false)
    expect(await snap.collect(async () => [first, rest.at(-1) ?? ""], { force: true })).toBe(true)
    expect(await snap.has(trees)).toBe(true)
    expect(await snap.collect(async () => [first, "0".repeat(40)], { force: true, graceMs: 0 })).toBe(true)
    expect(await snap.has([first])).toBe(true)
    expect(await snap.has([second])).toBe(false)
    expect((await snap.read(first, "a.txt"))?.content.toString()).toContain("0 random")
    // What the index holds is in use, too: the next checkpoint builds on it.
    expect(await track(snap)).toBe(trees.at(-1))
    expect(await snap.has([trees.at(-1) ?? ""])).toBe(true)
    await expect(snap.restore(new Map([[join(work, "a.txt"), second]]))).rejects.toThrow(/no longer there/)
    expect(readFileSync(join(work, "a.txt"), "utf8")).toContain("5 random")
  })

  it("are absent outside git or when switched off, and a failure is reported once and fails nothing", async () => {
    expect(await createSnapshotOff({ vcs: undefined })).toEqual([undefined, [], []])
    expect(await createSnapshotOff({ enabled: false })).toEqual([undefined, [], []])
    writeFileSync(join(root, "blocked"), "")
    const paths = { home: root, config: root, state: root, cache: root, log: root, data: join(root, "blocked") }
    const snap = snapshot({ paths })
    expect([await snap.track(), await snap.track()]).toEqual([undefined, undefined])
    expect(errors).toHaveLength(1)
    expect(await snapshot().diff("0".repeat(40), "not a tree")).toEqual([])
    expect(await snapshot().track(AbortSignal.abort())).toBeUndefined()
  })
})

async function createSnapshotOff(more: { vcs?: undefined; enabled?: boolean }) {
  const snap = snapshot({ enabled: more.enabled ?? true, ...("vcs" in more ? { worktree: "/" } : {}) })
  return [await snap.track(), await snap.diff("a", "b"), await snap.changed("a", "b")]
}
