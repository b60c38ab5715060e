import { existsSync, statSync } from "node:fs"
import { realpath } from "node:fs/promises"
import { join, resolve } from "node:path"
import { createAuth } from "../auth/index.ts"
import { Bus, GLOBAL_SCOPE } from "../bus/index.ts"
import { createConfig, resolvePaths } from "../config/index.ts"
import type { AuthStore, Engine, EngineOptions, GlobalConfig, Instance } from "../engine.ts"
import { BadRequestError, DirectoryClosedError } from "../error.ts"
import { createGateway } from "../gateway/index.ts"
import { createLogins } from "../login/index.ts"
import { createPtys } from "../pty/index.ts"
import { closeDeadRuns, currentOwner, type LegacyReport, Store, spent, takeOverLegacy } from "../session/index.ts"
import { type Database, openDatabase } from "../storage/index.ts"
import { createWorkspaces } from "../workspace/index.ts"
import { createIdle } from "./idle.ts"
import type { DirectoryInstance } from "./instance.ts"
import { lazy, lazyAsync } from "./lazy.ts"
import { allProjects, changeProject, projectMemory, rememberProject } from "./projects.ts"

/**
 * Composes the engine of one process. Nothing is opened or loaded before it is needed: the database with the first
 * session or project, a directory's parts with their first use.
 */
export function createEngine(options: EngineOptions): Engine {
  const { env } = options
  const paths = resolvePaths(env)
  const onError = (error: unknown) => console.error("kilo:", error instanceof Error ? (error.stack ?? error) : error)
  const bus = new Bus(onError)
  const owner = currentOwner(bus.epoch)
  const storedAuth = createAuth({ paths, env })
  const config = createConfig({ paths, env, auth: storedAuth, organization: () => gateway.organizationConfig() })
  const instances = new Map<string, Promise<DirectoryInstance>>()
  /** Directories that are being ended, and whether anybody is to be told. */
  const endings = new Map<string, { over: Promise<void>; announce: boolean }>()
  let closing = false
  let closed = false

  const db = lazy((): Database => {
    if (closed) throw new Error("The engine is closed.")
    const opened = openDatabase(paths.data, env.KILO_DB)
    closeDeadRuns(opened, owner)
    setImmediate(() => {
      if (!closing) legacy().catch(onError)
    })
    return opened
  })
  const store = new Store({ db, bus, owner, onError })

  const ending = new AbortController()
  let legacyReport: LegacyReport = { sessions: 0, warnings: [] }
  const legacy = lazyAsync(async () => {
    if (ending.signal.aborted || !existsSync(join(paths.data, "storage", "session"))) return legacyReport
    legacyReport = await takeOverLegacy(store, paths.data, ending.signal)
    return legacyReport
  })

  /** Models were listed anew; running turns keep theirs. */
  const reloadProviders = async () => {
    const settled = await Promise.allSettled(instances.values())
    for (const result of settled) if (result.status === "fulfilled") result.value.providers.invalidate()
  }

  const reloadAll = async () => {
    const settled = await Promise.allSettled(instances.values())
    for (const result of settled) if (result.status === "fulfilled") result.value.reload()
  }

  const auth: AuthStore = {
    all: () => storedAuth.all(),
    get: (providerID) => storedAuth.get(providerID),
    async set(providerID, value) {
      await storedAuth.set(providerID, value)
      gateway.invalidate()
      await reloadAll()
    },
    async remove(providerID) {
      await storedAuth.remove(providerID)
      gateway.invalidate()
      await reloadAll()
    },
  }

  const gateway = createGateway({ auth, env, version: options.version, changed: () => void reloadProviders() })
  const ptys = createPtys({ bus, env })
  const logins = createLogins({ auth, env, kilo: gateway.base })

  const globalConfig: GlobalConfig = {
    get: () => config.get(),
    async update(patch) {
      const result = await config.update(patch)
      config.invalidate()
      await reloadAll()
      return result
    },
  }

  const boot = async (directory: string): Promise<DirectoryInstance> => {
    const [{ DirectoryInstance }, { resolveProject }] = await Promise.all([
      import("./instance.ts"),
      import("../project/index.ts"),
    ])
    const found = await resolveProject(directory, env, projectMemory(db))
    if (closing) throw new Error("The engine is closed.")
    const project = rememberProject(db(), found)
    return new DirectoryInstance(
      {
        engine: options,
        paths,
        bus,
        auth,
        logins,
        config,
        gateway,
        store,
        owner,
        onError,
        reloadAll,
        legacyReport: () => legacyReport,
      },
      { directory, worktree: found.worktree, project: { ...project, worktree: found.worktree } },
    )
  }

  const open = (directory: string): Promise<DirectoryInstance> => {
    if (closing) return Promise.reject(new Error("The engine is closed."))
    // What is being ended must start nothing any more, and two at a time would take each other's turns and servers.
    const ending = endings.get(directory)
    if (ending) return ending.over.then(() => open(directory))
    idle.used(directory)
    const known = instances.get(directory)
    if (known) return known
    const made = boot(directory)
    instances.set(directory, made)
    // A failed boot may be tried again.
    made.catch(() => {
      if (instances.get(directory) === made) instances.delete(directory)
    })
    return made
  }

  const end = (directory: string, instance: Promise<DirectoryInstance>, announce: boolean): Promise<void> => {
    const known = endings.get(directory)
    if (known) {
      known.announce ||= announce
      return known.over
    }
    const work = async () => {
      const opened = await instance.catch(() => undefined)
      await Promise.all([opened?.close(), ptys.closeDirectory(directory)])
      if (instances.get(directory) === instance) instances.delete(directory)
      if (opened && ending.announce) bus.publish(opened.scope, "server.instance.disposed", { directory })
    }
    const ending = { announce, over: Promise.resolve() }
    ending.over = work().finally(() => endings.delete(directory))
    endings.set(directory, ending)
    return ending.over
  }

  /** Nobody is told: clients notice nothing, the next request makes it anew. */
  const idle = createIdle(Number(env.KILO_INSTANCE_IDLE_MS) || IDLE_MS, async (directory) => {
    const instance = instances.get(directory)
    const opened = await instance?.catch(() => undefined)
    if (!instance || !opened) return true
    if (opened.busy() || ptys.list(directory).length > 0) return false
    await end(directory, instance, false)
    return true
  })

  const directoryOf = (directory: string) => normalize(directory, options.cwd)

  return {
    version: options.version,
    paths,
    bus,
    auth,
    globalConfig,
    gateway,
    logins,
    ptys,
    workspaces: env.KILO_WORKSPACE_ID
      ? undefined
      : createWorkspaces({
          data: paths.data,
          db,
          project: async (directory) => (await open(await directoryOf(directory))).project.id,
        }),
    sessions: store,

    async instance(directory: string): Promise<Instance> {
      return open(await directoryOf(directory))
    },

    async instanceOf(sessionID: string): Promise<Instance> {
      // As stored: the directory may be gone or have become a link since.
      return open(store.get(sessionID).directory)
    },

    async inSession(sessionID, work) {
      for (let attempt = 1; ; attempt += 1) {
        const { sessions } = await open(store.get(sessionID).directory)
        try {
          return await work(sessions)
        } catch (error) {
          if (!(error instanceof DirectoryClosedError) || attempt === ATTEMPTS) throw error
        }
      }
    },

    projects: () => allProjects(db()),

    storage() {
      const { file } = db()
      const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
      return { file, size: size(file) + size(`${file}-wal`) }
    },

    spent: (input) => spent(db(), input),

    legacy,
    updateProject(projectID, input) {
      const project = changeProject(db(), projectID, input)
      bus.publish(GLOBAL_SCOPE, "project.updated", project)
      return project
    },

    async initGit(directory: string) {
      const key = await directoryOf(directory)
      const { git, resolveProject } = await import("../project/index.ts")
      if ((await resolveProject(key, env)).vcs !== "git") {
        const made = await git(["init", "--quiet"], { cwd: key, env })
        if (made.code !== 0) throw new BadRequestError(`git can't make a repository of ${key}: ${made.stderr.trim()}`)
        const instance = instances.get(key)
        if (instance) await end(key, instance, true)
      }
      const { project } = await open(key)
      bus.publish(GLOBAL_SCOPE, "project.updated", project)
      return project
    },

    async dispose(directory: string) {
      const key = await directoryOf(directory)
      const instance = instances.get(key)
      config.invalidate(key)
      if (instance) await end(key, instance, true)
    },

    async disposeAll() {
      config.invalidate()
      // Clients send this after each change of a provider; nobody who does so wants to lose an answer that is being written.
      await Promise.all(
        [...instances].map(async ([directory, instance]) => {
          const opened = await instance.catch(() => undefined)
          if (opened?.busy()) opened.reload()
          else await end(directory, instance, true)
        }),
      )
      bus.publish(GLOBAL_SCOPE, "global.disposed", {})
    },

    async close() {
      if (closing) return
      closing = true
      ending.abort()
      idle.close()
      await Promise.all([...instances].map(([directory, instance]) => end(directory, instance, false)))
      await ptys.close()
      if (db.made()) await legacy().catch(onError)
      closed = true
      if (!db.made()) return
      store.flush()
      db().close()
    },
  }
}

/** Somebody who disposes a directory without end gets his way; on a busy machine a few disposals are no such thing. */
const ATTEMPTS = 50

/** Unused for so long a directory's language servers, MCP servers and caches only cost memory. */
const IDLE_MS = 30 * 60_000

/** The one name of a directory: absolute, without a trailing slash, links resolved where it exists. */
async function normalize(directory: string, cwd: string): Promise<string> {
  const absolute = resolve(cwd, directory || ".")
  try {
    return await realpath(absolute)
  } catch {
    // It need not exist.
    return absolute
  }
}
