import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises"
import { type TempProject, tempProject, until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { watchDirectory } from "./index.ts"
import type { WatchOptions } from "./types.ts"

async function rig(more: Partial<WatchOptions> & { files?: Record<string, string> } = {}) {
  const { files, ...options } = more
  await using stack = new AsyncDisposableStack()
  const project = stack.use(
    await tempProject({
      git: true,
      files: files ?? { "a.txt": "a", "src/deep/b.txt": "b", ".gitignore": "out/\n*.log\n", "node_modules/x/i.js": "" },
    }),
  )
  const seen: string[] = []
  const reasons: string[] = []
  const branches: (string | undefined)[] = []
  const watch = watchDirectory({
    directory: project.directory,
    worktree: project.directory,
    changed: (file, change) => seen.push(`${change} ${file.slice(project.directory.length + 1)}`),
    branch: (name) => branches.push(name),
    incomplete: (reason) => reasons.push(reason),
    onError(error) {
      throw error
    },
    ...options,
  })
  stack.defer(() => watch.close())
  await watch.ready
  const rested = stack.move()
  return {
    project,
    watch,
    seen,
    reasons,
    branches,
    /** Writes a file and waits until it is told of: what was to be told before has been told then. */
    async mark() {
      const name = `mark${seen.length}`
      await project.write(name, "")
      await until(() => seen.includes(`add ${name}`), { what: `the mark; seen: ${seen}` })
      return seen.filter((line) => !line.includes("mark"))
    },
    [Symbol.asyncDispose]: () => rested.disposeAsync(),
  }
}

/** Events of single files come in no order. */
const sorted = (lines: string[]) => [...new Set(lines)].sort()

describe.each([
  { mode: "folder by folder", recursive: false },
  { mode: "with one watch of the tree", recursive: true },
])("files watched $mode", ({ recursive }) => {
  test("new, changed, replaced and removed ones are told of, ignored ones are not", async () => {
    await using at = await rig({ recursive })
    const { project } = at
    await project.write("src/new.txt", "n")
    await project.write("src/deep/b.txt", "changed")
    await project.write("noise.log", "x")
    await project.write("out/x.txt", "x")
    await project.write("node_modules/x/i.js", "x")
    await rm(project.path("a.txt"))
    const seen = sorted(await at.mark())
    expect(seen).toContain("add src/new.txt")
    expect(seen).toContain("change src/deep/b.txt")
    expect(seen).toContain("unlink a.txt")
    expect(seen.join()).not.toMatch(/log|out|node_modules|\.git\//)
  })
})

describe("files watched folder by folder", () => {
  const linux = process.platform === "linux"
  test("a file that is replaced is changed, not new", async () => {
    await using at = await rig({ recursive: false })
    await at.project.write("a.tmp.log", "whole")
    await rename(at.project.path("a.tmp.log"), at.project.path("a.txt"))
    expect(sorted(await at.mark())).toEqual(["change a.txt"])
  })

  test("folders that come bring their files, and folders that go are told of once", async () => {
    await using at = await rig({ recursive: false })
    const { project, watch } = at
    const before = watch.folders
    await mkdir(project.path("new/in/there"), { recursive: true })
    await project.write("new/in/there/c.txt", "c")
    await until(() => at.seen.includes("add new/in/there/c.txt"), { what: "the file" })
    await project.write("new/in/there/d.txt", "d")
    await until(() => at.seen.includes("add new/in/there/d.txt"), { what: "the second file" })
    expect(watch.folders).toBe(before + 3)
    await rm(project.path("new"), { recursive: true })
    await until(() => at.seen.includes("unlink new"), { what: "the end" })
    expect(watch.folders).toBe(before)
  })

  test("node_modules, .git and what is ignored take no watch", async () => {
    await using at = await rig({
      recursive: false,
      ignore: ["vendor/**"],
      files: {
        "src/a.txt": "",
        ".gitignore": "dist\n",
        "dist/a/b/c.js": "",
        "vendor/lib/x.js": "",
        "node_modules/a/b/c.js": "",
      },
    })
    expect(at.watch.folders).toBe(2)
    await at.project.write("vendor/lib/y.js", "")
    expect(await at.mark()).toEqual([])
  })

  test("a changed .gitignore counts from then on", async () => {
    await using at = await rig({ recursive: false })
    await at.project.write(".gitignore", "src/\n")
    await until(() => at.watch.folders === 1, { what: "src to be left" })
    await at.project.write("src/deep/b.txt", "again")
    expect(sorted(await at.mark())).toEqual(["change .gitignore"])
  })

  test("links are not followed", async () => {
    await using far = await tempProject({ files: { "secret.txt": "s" } })
    await using at = await rig({ recursive: false })
    await symlink(far.directory, at.project.path("link"))
    await until(() => at.seen.includes("add link"), { what: "the link" })
    await far.write("secret.txt", "changed")
    expect(sorted(await at.mark())).toEqual(["add link"])
  })

  test("what somebody announced is not told again, what comes after it is", async () => {
    await using at = await rig({ recursive: false })
    await at.project.write("a.txt", "by a tool")
    at.watch.announced(at.project.path("a.txt"), "change")
    await at.project.write("n.txt", "by a tool")
    at.watch.announced(at.project.path("n.txt"), "add")
    expect(await at.mark()).toEqual([])
    await at.project.write("n.txt", "by a person")
    await until(() => at.seen.includes("change n.txt"), { what: "the person's change" })
  })

  test("more folders than allowed: the nearest are watched, and it is told once", async () => {
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`d${at}/e/f/x.txt`, ""]))
    await using at = await rig({ recursive: false, files, maxFolders: 10 })
    expect(at.watch.folders).toBe(10)
    expect(at.reasons).toEqual([expect.stringContaining("watcher")])
    expect(await at.mark()).toEqual([])
  })

  test.runIf(linux)("closing it leaves nothing watched and tells nothing more", async () => {
    await using at = await rig({ recursive: false })
    at.watch.close()
    await writeFile(at.project.path("a.txt"), "late")
    expect(at.watch.folders).toBe(0)
    await using other = await rig({ recursive: false })
    await other.mark()
    expect(at.seen).toEqual([])
  })
})

test("another branch is told of, in a linked worktree too", async () => {
  await using at = await rig()
  await checkout(at.project, "-b", "other")
  await until(() => at.branches.length === 1, { what: "the branch" })
  await checkout(at.project, "--detach")
  await until(() => at.branches.length === 2, { what: "no branch" })
  expect(at.branches).toEqual(["other", undefined])
  await at.project.git("worktree", "add", "-q", "linked", "-b", "third")
  const branches: (string | undefined)[] = []
  const linked = watchDirectory({
    directory: at.project.path("linked"),
    worktree: at.project.path("linked"),
    changed: () => undefined,
    branch: (name) => branches.push(name),
    incomplete: () => undefined,
    onError(error) {
      throw error
    },
  })
  await linked.ready
  await at.project.git("-C", "linked", "checkout", "-q", "-b", "fourth")
  await until(() => branches.length === 1, { what: "the linked branch" })
  expect(branches).toEqual(["fourth"])
  linked.close()
})

async function checkout(project: TempProject, ...args: string[]) {
  await project.git("checkout", "-q", ...args)
}
