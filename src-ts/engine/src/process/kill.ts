import { spawn } from "node:child_process"
import { readdir, readFile } from "node:fs/promises"
import { setTimeout as delay } from "node:timers/promises"
import { MARKER } from "./environment.ts"

const GRACE_MS = 400
const LINGER_MS = 500
const POLL_MS = 20

/**
 * Ends a child's whole process tree: its group politely, then by force; where /proc is readable also descendants that
 * left the group. The child leads a group of its own (`detached`) and carries `marker` in its environment.
 * Resolves when the group is gone or was told by force.
 */
export async function killTree(pid: number, marker: string): Promise<void> {
  if (process.platform === "win32") return taskkill(pid)
  const strays = await marked(marker)
  signal(-pid, "SIGTERM")
  for (const each of strays) signal(each, "SIGTERM")
  const deadline = Date.now() + GRACE_MS
  while (Date.now() < deadline && (alive(-pid) || strays.some(alive))) await delay(POLL_MS)
  signal(-pid, "SIGKILL")
  for (const each of new Set([...strays, ...(await marked(marker))])) signal(each, "SIGKILL")
}

/** Whether everything of the command's group ends by itself within a moment. */
export async function groupEnds(pid: number): Promise<boolean> {
  if (process.platform === "win32") return true
  const deadline = Date.now() + LINGER_MS
  while (alive(-pid)) {
    if (Date.now() >= deadline) return false
    await delay(POLL_MS)
  }
  return true
}

function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name)
  } catch (error) {
    // Gone already, or no longer ours.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Processes that carry the call's marker in their environment. Nothing is found where there is no /proc. */
async function marked(marker: string): Promise<number[]> {
  const names = await readdir("/proc").catch(() => [])
  const wanted = `${MARKER}=${marker}`
  const found = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        // Other users' processes can't be read; they are not ours either.
        const text = await readFile(`/proc/${name}/environ`, "latin1").catch(() => "")
        return text.split("\0").includes(wanted) ? Number(name) : 0
      }),
  )
  return found.filter((pid) => pid > 0)
}

function taskkill(pid: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const child = spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true })
  child.on("error", () => resolve())
  child.on("close", () => resolve())
  return promise
}
