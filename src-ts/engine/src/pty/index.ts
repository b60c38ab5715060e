import { randomBytes, timingSafeEqual } from "node:crypto"
import { stat } from "node:fs/promises"
import { resolve } from "node:path"
import type { IPty } from "@lydell/node-pty"
import type { Bus, EventScope } from "../bus/index.ts"
import type { EngineOptions } from "../engine.ts"
import { BadRequestError, PtyNotFoundError } from "../error.ts"
import { ascending } from "../id/index.ts"
import { childEnvironment, findProgram } from "../process/index.ts"
import { Scrollback } from "./scrollback.ts"
import { defaultShell, findShells } from "./shells.ts"
import type { Pty, PtyService, PtySize, PtyViewer } from "./types.ts"

export * from "./types.ts"

const SIZE: PtySize = { rows: 24, cols: 80 }
const TICKET_MS = 60_000
/** A person never has so many; a program that forgets to close them must not take the machine. */
const MAX_TERMINALS = 50

interface Entry {
  info: Pty
  scope: EventScope
  process: IPty
  marker: string
  output: Scrollback
  viewers: Set<PtyViewer>
  ended: Promise<void>
  /** Removed by a client: its end is no news. */
  removed: boolean
}

/** Terminals for clients. The native library is loaded with the first one. */
export function createPtys(options: { bus: Bus; env: EngineOptions["env"] }): PtyService {
  const { bus, env } = options
  const entries = new Map<string, Entry>()
  const tickets = new Map<string, { id: string; expires: number }>()

  const find = (id: string): Entry => {
    const entry = entries.get(id)
    if (!entry) throw new PtyNotFoundError(id)
    return entry
  }

  const end = async (entry: Entry) => {
    const { killTree } = await import("../process/index.ts")
    await killTree(entry.process.pid, entry.marker)
    await entry.ended
  }

  const watch = (entry: Entry, done: () => void) => {
    entry.process.onData((text) => {
      entry.output.add(text)
      for (const viewer of entry.viewers) viewer.data(text)
    })
    entry.process.onExit(({ exitCode }) => {
      const { id } = entry.info
      entry.info = { ...entry.info, status: "exited", exitCode }
      entries.delete(id)
      for (const viewer of entry.viewers) viewer.end()
      entry.viewers.clear()
      if (!entry.removed) bus.publish(entry.scope, "pty.exited", { id, exitCode })
      bus.publish(entry.scope, "pty.deleted", { id })
      done()
    })
  }

  return {
    list: (directory) =>
      [...entries.values()].flatMap(({ scope, info }) => (scope.directory === directory ? [info] : [])),
    shells: () => findShells(env),
    async create(scope, input) {
      if (entries.size >= MAX_TERMINALS) {
        throw new BadRequestError(`There are ${MAX_TERMINALS} terminals already. Close some, then try again.`)
      }
      const cwd = resolve(scope.directory, input.cwd ?? ".")
      if (!(await stat(cwd).catch(() => undefined))?.isDirectory()) {
        throw new BadRequestError(`${cwd} is not a directory. Choose one that exists for the terminal.`)
      }
      const wanted = input.command ?? defaultShell(env)
      const command =
        wanted.includes("/") || wanted.includes("\\") ? resolve(cwd, wanted) : await findProgram(wanted, env)
      if (!command || !(await stat(command).catch(() => undefined))?.isFile()) {
        throw new BadRequestError(`${wanted} can't be run: there is no such program on the server's PATH.`)
      }
      const args = input.args ?? (input.command === undefined && process.platform !== "win32" ? ["-l"] : [])
      const id = ascending("pty")
      const marker = randomBytes(12).toString("hex")
      const { spawn } = await load()
      const size = sane(input.size)
      const child = spawn(command, args, {
        name: "xterm-256color",
        cwd,
        ...size,
        env: childEnvironment(env, marker, { ...own(input.env), TERM: "xterm-256color", COLORTERM: "truecolor" }),
      })
      const ended = Promise.withResolvers<void>()
      const info: Pty = {
        id,
        title: input.title ?? `Terminal ${id.slice(-4)}`,
        command: input.command ?? command,
        args,
        cwd,
        status: "running",
        pid: child.pid,
      }
      const entry: Entry = {
        info,
        scope,
        process: child,
        marker,
        output: new Scrollback(),
        viewers: new Set(),
        ended: ended.promise,
        removed: false,
      }
      entries.set(id, entry)
      bus.publish(scope, "pty.created", { info })
      watch(entry, ended.resolve)
      return info
    },
    get: (id) => find(id).info,
    update(id, { title, size, sessionID }) {
      const entry = find(id)
      if (size) {
        const { rows, cols } = sane(size)
        entry.process.resize(cols, rows)
      }
      entry.info = {
        ...entry.info,
        ...(title === undefined ? {} : { title }),
        ...(sessionID === undefined ? {} : { sessionID }),
      }
      bus.publish(entry.scope, "pty.updated", { info: entry.info })
      return entry.info
    },
    async remove(id) {
      const entry = find(id)
      entry.removed = true
      await end(entry)
    },
    ticket(id) {
      find(id)
      const now = Date.now()
      for (const [word, { expires }] of tickets) if (expires <= now) tickets.delete(word)
      const word = randomBytes(24).toString("base64url")
      tickets.set(word, { id, expires: now + TICKET_MS })
      return { ticket: word, expires_in: TICKET_MS / 1000 }
    },
    redeem(id, given) {
      const found = [...tickets].find(([word]) => same(word, given))
      if (!found) return false
      const [word, ticket] = found
      tickets.delete(word)
      return ticket.id === id && ticket.expires > Date.now()
    },
    connect(id, from, viewer) {
      const entry = find(id)
      const backlog = entry.output.from(from)
      entry.viewers.add(viewer)
      return {
        backlog,
        cursor: entry.output.end,
        write: (text) => {
          if (entry.info.status === "running") entry.process.write(text)
        },
        close: () => {
          entry.viewers.delete(viewer)
        },
      }
    },
    async closeDirectory(directory) {
      const mine = [...entries.values()].filter(({ scope }) => scope.directory === directory)
      await Promise.all(mine.map(end))
    },
    async close() {
      await Promise.all([...entries.values()].map(end))
    },
  }
}

/** Clients measure before they are laid out; a terminal without rows or columns breaks its programs. */
function sane(size: PtySize | undefined): PtySize {
  const fit = (value: number, limit: number) => Math.min(limit, Math.max(1, Math.floor(value)))
  return size ? { rows: fit(size.rows, 1000), cols: fit(size.cols, 1000) } : SIZE
}

/** What a client adds to the environment, without what would hand it this server. */
function own(env: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(KILO|OPENCODE)_SERVER_/.test(name)))
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

async function load(): Promise<typeof import("@lydell/node-pty")> {
  try {
    const module = await import("@lydell/node-pty")
    // A CommonJS module: bundlers and Node do not agree on where its exports are.
    return "default" in module ? (module.default as typeof module) : module
  } catch (error) {
    throw new BadRequestError(
      `Terminals are not available for ${process.platform}-${process.arch} in this installation: ${error instanceof Error ? error.message.split("\n")[0] : error}`,
    )
  }
}
