import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, realpath, rm, stat, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { bundledCli } from "@kilo-split/testkit"
import { expect, onTestFinished, test } from "vitest"

const run = promisify(execFile)

async function folder() {
  const path = await realpath(await mkdtemp(join(tmpdir(), "kilo bundle ")))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

test("the launcher works through links, relative ones and such in a folder with a space too", async () => {
  const at = await folder()
  await symlink(bundledCli(), join(at, "absolute"))
  await symlink("absolute", join(at, "relative"))
  for (const name of ["absolute", "relative"]) {
    expect((await run(join(at, name), ["--version"])).stdout).toBe("0.1.0\n")
    expect((await run(`./${name}`, ["--version"], { cwd: at })).stdout).toBe("0.1.0\n")
  }
})

test("the launcher is found on the path, and needs nothing else there", async () => {
  const PATH = dirname(bundledCli())
  expect((await run("/bin/sh", ["-c", "kilo --version"], { env: { PATH } })).stdout).toBe("0.1.0\n")
})

test("the launcher hands arguments on as they are, and leaves the environment of commands alone", async () => {
  const home = await folder()
  const env = { PATH: process.env.PATH ?? "", HOME: home }
  const failed = await run(bundledCli(), ["run", "--dir", "a  b'\"$HOME", "x"], { env }).catch((error) => error)
  expect(failed.stderr).toContain("a  b'\"$HOME is not a directory")
  expect((await readdir(home)).filter((name) => name !== ".local" && name !== ".config")).toEqual([])
})

test("the bundle without Node is at most 25 MB", async () => {
  const lib = join(dirname(bundledCli()), "lib")
  let bytes = 0
  for (const entry of await readdir(lib, { recursive: true })) bytes += (await stat(join(lib, entry))).size
  expect(bytes).toBeLessThan(25 * 1024 * 1024)
  expect(bytes).toBeGreaterThan(1024 * 1024)
})

/** What Node reads before it runs the first line of these files of the bundle: name and size. */
async function staticCode(...names: string[]) {
  const lib = join(dirname(bundledCli()), "lib")
  const files = new Map<string, string>()
  const read = async (name: string) => {
    if (files.has(name)) return
    const text = await readFile(join(lib, name), "utf8")
    files.set(name, text)
    for (const [, next = ""] of text.matchAll(/(?:from|import)"\.\/([^"]+\.mjs)"/g)) await read(next)
  }
  for (const name of names) await read(name)
  return { files, bytes: [...files.values()].reduce((sum, text) => sum + text.length, 0) }
}

const started = async () => {
  const { files } = await staticCode("main.mjs")
  const serve = /import\("\.\/(serve-\w+\.mjs)"\)/.exec([...files.values()].join("\n"))?.[1]
  return staticCode("main.mjs", serve ?? "serve is not loaded by main")
}

test("a server that starts reads at most 145 kB of code, so nothing of a turn, a tool or a provider", async () => {
  const { files, bytes } = await started()
  expect(bytes, `in ${files.size} files: ${[...files.keys()].join(", ")}`).toBeLessThan(145_000)
  const text = [...files.values()].join("\n")
  expect(text).toContain("server listening on")
  // An import of node:http loads Node's fetch with it; the other starts programs, which the start never does.
  expect(text).not.toMatch(/(?:from|import)"node:(?:https?|child_process)"/)
})

test("the version is told without the server's code", async () => {
  expect((await staticCode("main.mjs")).bytes).toBeLessThan(10_000)
})
