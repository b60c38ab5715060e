import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { fileLog } from "./log.ts"

async function folder() {
  const base = await mkdtemp(join(tmpdir(), "kilo-log-"))
  onTestFinished(() => rm(base, { recursive: true, force: true }))
  return join(base, "log")
}

test("the log has one JSON object a line, in a file that only its user reads", async () => {
  const path = await folder()
  const log = fileLog(path)
  log.error("request failed", { ref: "err_1" })
  log.info("hello")
  const file = join(path, "kilo.log")
  const lines = (await readFile(file, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { level: "error", message: "request failed", ref: "err_1", pid: process.pid, time: expect.any(String) },
    { level: "info", message: "hello" },
  ])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(path)).mode & 0o777).toBe(0o700)
})

test("nothing is made before there is something to log", async () => {
  const path = await folder()
  fileLog(path)
  await expect(stat(path)).rejects.toThrow(/ENOENT/)
})

test("the log is kept in three files of bounded size", async () => {
  const path = await folder()
  const log = fileLog(path)
  const text = "x".repeat(1_000_000)
  for (let count = 0; count < 30; count++) log.info(text)
  expect((await readdir(path)).sort()).toEqual(["kilo.log", "kilo.log.1", "kilo.log.2"])
  for (const name of await readdir(path)) expect((await stat(join(path, name))).size).toBeLessThan(6_500_000)
})
