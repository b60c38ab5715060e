import { existsSync } from "node:fs"
import { expect, test } from "vitest"
import { tempHome, tempProject } from "./index.ts"

test("a temporary project is a repository with its files in one commit, and leaves nothing behind", async () => {
  let directory = ""
  {
    await using project = await tempProject({ git: true, files: { "src/a.txt": "one\n" } })
    directory = project.directory
    expect(await project.read("src/a.txt")).toBe("one\n")
    expect((await project.git("log", "--format=%s")).trim()).toBe("First")
    expect(await project.git("status", "--porcelain")).toBe("")
  }
  expect(existsSync(directory)).toBe(false)
})

test("a temporary home hides the developer's own settings", async () => {
  await using home = await tempHome()
  expect(home.env.HOME).toBe(home.directory)
  for (const name of ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR"]) {
    expect(home.env[name]?.startsWith(home.directory)).toBe(true)
  }
})
