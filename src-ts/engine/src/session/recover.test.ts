import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { expect, test } from "vitest"
import { currentOwner, isAlive } from "./recover.ts"

const linux = process.platform === "linux"

test.skipIf(!linux)("a process that has ended is not alive, even while nobody has collected it", async () => {
  // The shell becomes a program that never asks for its child's end.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "ignore"] })
  try {
    const [line] = (await once(createInterface(parent.stdout), "line")) as [string]
    const owner = { pid: Number(line), boot: "epoch:" }
    const self = currentOwner("other")
    expect(isAlive(owner, self)).toBe(true)
    await expect.poll(() => isAlive(owner, self), { timeout: 5000 }).toBe(false)
    // It is still there to be asked.
    expect(process.kill(owner.pid, 0)).toBe(true)
  } finally {
    parent.kill("SIGKILL")
  }
})
