import { readFileSync } from "node:fs"

const POLL_MS = 1000

/**
 * Calls `gone` once the process that started us has ended, also when its number was given to another one or when it
 * is a zombie that nobody has waited for. The timer does not keep the process alive.
 */
export function watchParent(pid: number, gone: () => void): void {
  const born = startTime(pid)
  const look = () => {
    if (alive(pid) && startTime(pid) === born) return
    clearInterval(timer)
    gone()
  }
  const timer = setInterval(look, POLL_MS)
  timer.unref()
  if (!alive(pid) || born === "zombie") setImmediate(look)
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return startTime(pid) !== "zombie"
  } catch (error) {
    // A process of another user may not be signalled, but it is there.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** When the process was started, in clock ticks, where the system tells. */
function startTime(pid: number): string | undefined {
  if (process.platform !== "linux") return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name in parentheses may hold anything; the fields after it are safe to split.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" ? "zombie" : fields[19]
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined
    throw error
  }
}
