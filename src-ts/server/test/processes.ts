import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** What a process holds at one moment, from /proc (Linux). */
export interface Held {
  /** Resident memory of the process alone, in MiB. */
  resident: number
  /** Open file descriptors. */
  descriptors: number
  /** Living processes below it, at any depth; those that only wait to be collected do not count. */
  children: number[]
}

export function held(pid: number): Held {
  return {
    resident: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    children: below(pid),
  }
}

/** What the descriptors lead to, for the message of a test that found a leak. */
export function targets(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map((name) => attempt(() => readlinkSync(`/proc/${pid}/fd/${name}`)) ?? "gone")
    .sort()
}

/** How many folders and files the process watches through inotify. */
export function watched(pid: number): number {
  const all = readdirSync(`/proc/${pid}/fdinfo`).map(
    (name) => attempt(() => readFileSync(`/proc/${pid}/fdinfo/${name}`, "utf8")) ?? "",
  )
  return all.join("").match(/^inotify /gm)?.length ?? 0
}

/** The command line of a process, for messages. */
export function commandOf(pid: number): string {
  return (attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "gone").replaceAll("\0", " ").trim()
}

export function alive(pid: number): boolean {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
  return stat !== undefined && !/\) [ZX] /.test(stat)
}

function below(pid: number): number[] {
  const tasks = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? []
  const own = tasks.flatMap((task) =>
    (attempt(() => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8")) ?? "").split(" ").filter(Boolean),
  )
  return own.map(Number).flatMap((child) => (alive(child) ? [child, ...below(child)] : below(child)))
}

/** Processes and descriptors end while they are looked at. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
