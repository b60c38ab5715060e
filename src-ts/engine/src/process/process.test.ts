import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "@kilo-split/testkit"
import { afterEach, describe, expect, test } from "vitest"
import { findProgram, startChild } from "./index.ts"

const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "kilo-process-"))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true })
})

const env = { PATH: process.env.PATH, KILO_SERVER_PASSWORD: "secret", KILO_AUTH_CONTENT: "{}", MINE: "1" }
const node = (script: string, cwd: string) => ({ command: [process.execPath, "-e", script], cwd, env })

const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    // A zombie that nobody has waited for yet is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

describe("a helper process", () => {
  test("does not get the server's own secrets", async () => {
    const child = await startChild({
      ...node("process.stdout.write(JSON.stringify(process.env) + '\\n'); process.stdin.resume()", folder()),
      more: { ADDED: "2" },
    })
    let text = ""
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part
    })
    await until(() => text.endsWith("\n"))
    expect(text).not.toContain("secret")
    expect(JSON.parse(text)).toMatchObject({ MINE: "1", ADDED: "2" })
    expect(text).not.toContain("KILO_AUTH_CONTENT")
    await child.stop()
  })

  test("is stopped with what it started, even when that ignores signals", async () => {
    const place = folder()
    const grandchild = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); process.stdout.write('up')"
    const script = `
      const { spawn } = require("node:child_process")
      const child = spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: ["ignore", "pipe", "ignore"] })
      child.stdout.once("data", () => require("node:fs").writeFileSync("pid", String(child.pid)))
      setInterval(() => {}, 1000)`
    const child = await startChild(node(script, place))
    const pid = await until(() => {
      try {
        return Number(readFileSync(join(place, "pid"), "utf8"))
      } catch {
        return 0
      }
    })
    expect(alive(pid)).toBe(true)
    await child.stop()
    await until(() => !alive(pid) && !alive(child.pid))
  })

  test("that ends by itself says how, with its last words", async () => {
    const child = await startChild(node("console.error('no such database'); process.exit(3)", folder()))
    expect(await child.ended).toBe("ended with exit code 3: no such database")
  })

  test("that can't be found says what to do", async () => {
    await expect(startChild({ command: ["no-such-program-here"], cwd: folder(), env })).rejects.toThrow(
      'The program "no-such-program-here" is not found on PATH',
    )
  })

  test("can't be started in a folder that is missing", async () => {
    const place = join(folder(), "gone")
    await expect(startChild(node("", place))).rejects.toThrow("Can't start")
  })
})

test("programs are not found through relative entries of PATH", async () => {
  const place = folder()
  writeFileSync(join(place, "evil"), "", { mode: 0o755 })
  expect(await findProgram("evil", { PATH: place })).toBe(join(place, "evil"))
  expect(await findProgram("evil", { PATH: `.:${""}:bin` })).toBeUndefined()
})
