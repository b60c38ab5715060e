import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Bench, bench } from "../testing.ts"

let b: Bench
beforeEach(() => {
  b = bench()
})
afterEach(() => b.close())

const run = (command: string, more: Record<string, unknown> = {}) => b.call("bash", { command, ...more })

/** Whether a process still runs; a zombie has ended. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** Aborts as soon as the command has written `text`. */
function abortWhen(text: string) {
  b.onUpdate = (update) => {
    if (String(update.metadata?.output).includes(text)) b.controller.abort(new Error("stop"))
  }
}

describe.skipIf(process.platform === "win32")("bash", () => {
  it("asks for each command, streams the output and reports under the wire's names", async () => {
    b.put("a.txt", "")
    const result = await run("echo hi && ls", { description: "List files" })
    expect(b.asks).toEqual([
      {
        permission: "bash",
        patterns: ["echo hi", "ls"],
        always: ["echo *", "ls *"],
        metadata: { command: "echo hi && ls", description: "List files" },
      },
    ])
    expect(result).toEqual({
      title: "List files",
      output: "hi\na.txt\n",
      metadata: { output: "hi\na.txt\n", exit: 0, description: "List files", truncated: false },
    })
    expect(b.updates[0]).toEqual({ metadata: { output: "" } })
    expect(b.updates.length).toBeGreaterThan(1)
  })

  it("runs nothing when it is refused", async () => {
    b.onAsk = () => {
      throw new Error("no")
    }
    await expect(run("touch ran")).rejects.toThrow("no")
    expect(existsSync(join(b.root, "ran"))).toBe(false)
  })

  it("runs in the directory, without our secrets and without input", async () => {
    expect((await run("pwd -P")).output.trim()).toBe(realpathSync(b.root))
    expect((await run('echo "[$KILO_SERVER_PASSWORD]"')).output).toBe("[]\n")
    expect((await run("cat; echo end")).output).toBe("end\n")
  })

  it("reports exit codes, standard error and silence", async () => {
    const failed = await run("echo bad >&2; exit 3")
    expect(failed.metadata).toMatchObject({ output: "bad\n", exit: 3 })
    expect(failed.output).toContain("Exit code 3")
    expect((await run("true")).output).toBe("(no output)")
    expect((await run("kill -9 $$")).metadata.exit).toBeNull()
    await expect(run("  ")).rejects.toThrow(/empty/)
  })

  it("shortens long output and keeps all of it in a file that can be read", async () => {
    const result = await run("i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i+1)); done")
    expect(result.output.length).toBeLessThan(31_000)
    expect(result.output).toContain("line-0\n")
    expect(result.output).toContain("line-19999\n")
    expect(result.metadata.truncated).toBe(true)
    const [name] = readdirSync(join(b.outside, "kept"))
    const kept = join(b.outside, "kept", name ?? "")
    expect(result.output).toContain(kept)
    const lines = readFileSync(kept, "utf8").split("\n")
    expect(lines).toHaveLength(20_001)
    expect(lines.every((line, index) => line === (index < 20_000 ? `line-${index}` : ""))).toBe(true)
  })

  it("keeps characters whole that arrive in pieces", async () => {
    expect((await run("printf '\\303'; printf '\\251\\n'")).output).toBe("é\n")
  })

  it("stops at the time limit, whatever the command does about it", async () => {
    const result = await run("trap '' TERM; echo start; while :; do sleep 1; done", { timeout: 300 })
    expect(result.metadata).toMatchObject({ output: "start\n", exit: null })
    expect(result.output).toContain("after 300 ms")
  })

  it("ends the whole tree on abort, also what left the group", async () => {
    abortWhen("ready")
    // Leaving the group needs setsid, which only Linux has.
    const linux = process.platform === "linux"
    const detach = !linux ? "echo 0 > stray;" : "setsid sh -c 'echo $$ > stray; exec sleep 600' &"
    const group = "sh -c 'echo $$ > child; exec sleep 600' &"
    const result = await run(`${detach} ${group} while [ ! -s stray ] || [ ! -s child ]; do :; done; echo ready; wait`)
    expect(result.metadata).toMatchObject({ output: "ready\n", exit: null })
    expect(result.output).toContain("The user stopped this command.")
    const pids = ["stray", "child"].map((name) => Number(readFileSync(join(b.root, name), "utf8")))
    for (const pid of pids) expect(pid > 0 && runs(pid)).toBe(false)
  })

  it("leaves nothing running behind a command that ended", async () => {
    const result = await run("sleep 600 & echo $!")
    expect(result.metadata).toMatchObject({ exit: 0 })
    expect(result.output).toContain("still running in the background were stopped")
    expect(runs(Number(String(result.metadata.output)))).toBe(false)
  })

  it("waits for a process substitution to finish its output", async () => {
    const shell = process.env.SHELL?.endsWith("zsh") ? process.env.SHELL : "/bin/bash"
    if (!existsSync(shell)) return
    const other = bench({ shell })
    try {
      const result = await other.call("bash", { command: "echo late > >(sleep 0.05; cat)" })
      expect(result.metadata).toMatchObject({ output: "late\n", exit: 0 })
    } finally {
      other.close()
    }
  })

  it("asks about paths outside the project before the command itself", async () => {
    await run("cat ../x.txt > /dev/null 2>&1; true")
    expect(b.asks.map((ask) => [ask.permission, ask.patterns])).toEqual([
      ["external_directory", [`${b.outside}/*`]],
      ["bash", ["cat ../x.txt > /dev/null 2>&1", "true"]],
    ])
    expect(b.asks[0]?.metadata).toEqual({
      filepath: join(b.outside, "x.txt"),
      parentDir: b.outside,
      command: "cat ../x.txt > /dev/null 2>&1; true",
    })
  })

  it("takes the configured shell and says when it can't be started", async () => {
    const other = bench({ shell: "/no/such/shell" })
    try {
      await expect(other.call("bash", { command: "ls" })).rejects.toThrow(/Can't start \/no\/such\/shell/)
    } finally {
      other.close()
    }
  })
})
