import { spawn } from "node:child_process"
import { readdirSync } from "node:fs"
import { delimiter, join } from "node:path"
import { createInterface } from "node:readline"
import { repository, until } from "../src-ts/testkit/src/index.ts"

const host = join(repository, "frontend", "host", "target")

/** Class path of the window with its test programs. Throws when they are not built. */
export function classPath(): string {
  const jar = readdirSync(host).find((name) => /^kilo-frontend-host-[\d.]+\.jar$/.test(name))
  if (!jar) throw new Error(`${host} has no window: build it with "npm run build"`)
  return [join(host, "test-classes"), join(host, jar)].join(delimiter)
}

/** The Java that the project is built with. */
export const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, "bin", "java") : "java"

/** One line of what the window shows; see RemoteWindow.kt. */
export interface Shown {
  what: string
  /** Epoch milliseconds. */
  at: number
  state?: string
  text?: string | null
  value?: string | boolean
  reason?: string
  ids?: string[]
  id?: string | null
  rows?: unknown
  answer?: number
  tool?: string | null
  prompt?: string | null
  count?: number
}

/** The window's own connection and view models in another process. */
export interface FarWindow extends AsyncDisposable {
  readonly pid: number
  /** Everything it showed so far, oldest first. */
  readonly log: readonly Shown[]
  tell(command: string): void
  /** The first thing shown that matches, from entry `from` of the log. */
  see(what: string, matches: (shown: Shown) => boolean, deadline?: number, from?: number): Promise<Shown>
  /** The newest entry of a kind. */
  last(kind: string): Shown | undefined
  /** The transcript as it is now, without ids and times. */
  rows(): Promise<unknown[]>
}

export interface WindowOptions {
  url: string
  /** Of the backend's certificate. */
  fingerprint: string
  directory: string
  token: string
  /** Command that leads into the window's network. */
  enter?: string[]
  args?: string[]
  /** Home of the window's own settings. */
  home: string
}

export async function openWindow(options: WindowOptions): Promise<FarWindow> {
  const [command = "", ...args] = [
    ...(options.enter ?? []),
    java,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xmx192m",
    "-cp",
    classPath(),
    "dev.kilo.frontend.host.RemoteWindow",
    "--connect",
    options.url,
    "--fingerprint",
    options.fingerprint,
    "--tunnel",
    "far",
    "--directory",
    options.directory,
    ...(options.args ?? []),
  ]
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH ?? "",
      HOME: options.home,
      XDG_STATE_HOME: join(options.home, "window-state"),
      LANG: "C.UTF-8",
      KILO_TOKEN: options.token,
    },
  })
  const log: Shown[] = []
  const wakers = new Set<() => void>()
  let errors = ""
  let over = false
  const wakeAll = () => {
    for (const wake of wakers) wake()
  }
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-4000)
  })
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("{")) log.push(JSON.parse(line))
    wakeAll()
  })
  const exited = new Promise<void>((done) => {
    child.once("close", () => {
      over = true
      wakeAll()
      done()
    })
  })
  const wake = (look: () => void) => {
    wakers.add(look)
    return () => void wakers.delete(look)
  }
  const see: FarWindow["see"] = async (what, matches, deadline = 20_000, from = 0) => {
    let at = from
    const look = () => {
      while (at < log.length) {
        const entry = log[at++]
        if (entry && matches(entry)) return entry
      }
      if (over) throw new Error(`The window ended before it showed ${what}.\n${errors}`)
      return undefined
    }
    try {
      return await until(look, { deadline, wake, what })
    } catch (error) {
      const seen = log.slice(-25).map((entry) => JSON.stringify(entry).slice(0, 300))
      throw new Error(`${String(error)}\nThe window showed:\n${seen.join("\n")}\n${errors}`, { cause: error })
    }
  }
  const tell = (line: string) => void child.stdin.write(`${line}\n`)
  return {
    pid: child.pid ?? 0,
    log,
    tell,
    see,
    last: (kind) => log.findLast((entry) => entry.what === kind),
    async rows() {
      const from = log.length
      tell("rows")
      const shown = await see("its rows", (entry) => entry.what === "rows", 10_000, from)
      return Array.isArray(shown.rows) ? shown.rows : []
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000)
      await exited
      clearTimeout(timer)
    },
  }
}
