import { execFile, spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { promisify } from "node:util"

const run = promisify(execFile)

/**
 * A network of its own for one window, joined to this machine's by a pair of virtual interfaces. Only those two ends
 * exist in it, so taking the window's end down is a cable that is pulled: nothing answers, nothing is reset.
 */
export interface Wire extends AsyncDisposable {
  /** This machine's end as the window reaches it. */
  readonly address: string
  /** What to put before a command so that it runs in the window's network. */
  readonly enter: string[]
  /** Bytes that have passed, in both directions, with all their headers. */
  bytes(): Promise<number>
  pull(): Promise<void>
  plug(): Promise<void>
}

/** Why no network of one's own can be made here, or undefined when it can. */
export function wiresMissing(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's"
  if (process.getuid?.() !== 0) return "making network namespaces needs root"
  const name = `kn${process.pid}t`
  const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" })
  if (made.error) return "the program ip is not installed (package iproute2)"
  if (made.status !== 0) return `network namespaces are not permitted here: ${made.stderr.trim()}`
  const pair = spawnSync("ip", ["link", "add", name, "type", "veth", "peer", "name", "peer", "netns", name], {
    encoding: "utf8",
  })
  spawnSync("ip", ["netns", "del", name])
  return pair.status === 0 ? undefined : `virtual interfaces are not permitted here: ${pair.stderr.trim()}`
}

let count = 0

/** Makes a wire. Addresses are of the block that is set apart for tests of networks (198.18.0.0/15). */
export async function makeWire(): Promise<Wire> {
  sweep()
  const own = count++
  const name = `kn${process.pid}x${own}`
  const net = `198.18.${process.pid % 250}.${(own * 4) % 252}`.replace(/\.\d+$/, "")
  const low = (own * 4) % 252
  const [here, there] = [`${net}.${low + 1}`, `${net}.${low + 2}`]
  const ip = (...args: string[]) => run("ip", args)
  const inside = (...args: string[]) => run("ip", ["-n", name, ...args])
  await ip("netns", "add", name)
  try {
    await ip("link", "add", name, "type", "veth", "peer", "name", "far", "netns", name)
    await ip("addr", "add", `${here}/30`, "dev", name)
    await inside("addr", "add", `${there}/30`, "dev", "far")
    await ip("link", "set", name, "up")
    await inside("link", "set", "lo", "up")
    await inside("link", "set", "far", "up")
  } catch (error) {
    await ip("netns", "del", name)
    throw error
  }
  return {
    address: here,
    enter: ["ip", "netns", "exec", name],
    async bytes() {
      const count = (kind: string) => readFile(`/sys/class/net/${name}/statistics/${kind}_bytes`, "utf8").then(Number)
      return (await count("rx")) + (await count("tx"))
    },
    pull: async () => void (await inside("link", "set", "far", "down")),
    plug: async () => void (await inside("link", "set", "far", "up")),
    // With the network its interface goes, and with that the one here.
    [Symbol.asyncDispose]: async () => void (await ip("netns", "del", name)),
  }
}

/** Takes away what a run that was killed has left. */
function sweep() {
  let names: string[] = []
  try {
    names = readdirSync("/run/netns")
  } catch {
    return
  }
  for (const name of names) {
    const owner = /^kn(\d+)x\d+$/.exec(name)?.[1]
    if (owner && !alive(Number(owner))) spawnSync("ip", ["netns", "del", name])
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
