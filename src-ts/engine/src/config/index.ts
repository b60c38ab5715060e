import { readFile, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { createQueue } from "../disk/index.ts"
import type { EngineOptions, GlobalConfig } from "../engine.ts"
import type { Json } from "../json/index.ts"
import type { PermissionConfig } from "../permission/types.ts"
import type { Paths } from "../project/types.ts"
import { mergeConfig } from "./merge.ts"
import type { Layer } from "./parse.ts"
import { envFiles, globalFiles, newProjectFile, on, projectFiles } from "./sources.ts"
import { findRedirects, type Redirect, redirectWarnings, TRUST } from "./trust.ts"
import type { Config, ConfigWarning } from "./types.ts"

export { resolvePaths } from "./paths.ts"
export { type Redirect, refusal } from "./trust.ts"
export * from "./types.ts"

/** Reads and writes configuration; every read is served from memory while the files are unchanged. */
export interface ConfigService extends GlobalConfig {
  /**
   * Effective configuration of a directory, weakest source first: global files, KILO_CONFIG, project files from the worktree's top
   * down, KILO_CONFIG_DIR, KILO_CONFIG_CONTENT, KILO_PERMISSION. Never throws for a bad file: it is named in the warnings.
   * The same object comes back until something changes, so it must not be modified.
   */
  load(directory: string, worktree: string): Promise<Loaded>
  /**
   * Deep merge into the project's strongest existing file, else a new `.kilo/kilo.jsonc` at the top of the worktree; null deletes a
   * key. Throws BadRequestError for wrong values and for a file that is broken (which stays untouched).
   */
  updateProject(directory: string, worktree: string, patch: Record<string, unknown>): Promise<void>
  /** Forgets what was read for a directory, or everything. Only needed after changes that leave size and time as they were. */
  invalidate(directory?: string): void
}

export interface Loaded {
  config: Config
  warnings: ConfigWarning[]
  /** Providers that the project's own files direct to other machines; empty when KILO_TRUST_PROJECT_CONFIG is on. */
  redirects: ReadonlyMap<string, Redirect>
}

export function createConfig(options: { paths: Paths; env: EngineOptions["env"] }): ConfigService {
  const { paths, env } = options
  const queue = createQueue()
  const layers = new Map<string, { stamp: string; layer: Layer }>()
  const reading = new Map<string, Promise<Loaded>>()
  const results = new Map<string, { sources: Layer[]; loaded: Loaded }>()

  const layerOf = async (file: string, mustExist = false): Promise<Layer | undefined> => {
    const known = layers.get(file)
    const stamp = await stampOf(file, known?.layer.files)
    if (known?.stamp === stamp) return known.layer
    if (stamp === "" && !mustExist) {
      layers.delete(file)
      return undefined
    }
    const { parseConfig, reason } = await parser()
    let layer: Layer
    try {
      layer = await parseConfig(await readFile(file, "utf8"), { path: file, base: dirname(file), env })
    } catch (error) {
      const message = `Can't be read (${reason(error)}). The file is ignored.`
      layer = { path: file, config: {}, warnings: [{ path: file, message }], files: [], references: [] }
    }
    layers.set(file, { stamp: await stampOf(file, layer.files), layer })
    return layer
  }

  const contentOf = async (): Promise<Layer | undefined> => {
    const text = env.KILO_CONFIG_CONTENT
    if (!text) return undefined
    const known = layers.get(CONTENT)
    const stamp = await stampOf(undefined, known?.layer.files)
    if (known?.stamp === stamp) return known.layer
    const { parseConfig } = await parser()
    const layer = await parseConfig(text, { path: CONTENT, base: process.cwd(), env })
    layers.set(CONTENT, { stamp: await stampOf(undefined, layer.files), layer })
    return layer
  }

  // Read once: the environment doesn't change.
  let fixed: Promise<{ overrides: Layer | undefined; lowest: ConfigWarning[] }> | undefined
  const fromEnv = () => {
    fixed ??= (async () => ({
      overrides: await permissionLayer(env),
      lowest: (await readPermission(env, "KILO_DEFAULT_PERMISSION")).warnings,
    }))()
    return fixed
  }

  const trusted = on(env[TRUST])

  const combine = async (
    key: string,
    found: (Layer | undefined)[],
    ofProject: ReadonlySet<string> = NONE,
  ): Promise<Loaded> => {
    const { lowest } = await fromEnv()
    const sources = found.filter((layer) => layer !== undefined)
    const known = results.get(key)
    const same = known?.sources.length === sources.length && sources.every((layer, i) => layer === known.sources[i])
    if (known && same) return known.loaded
    const redirects = trusted
      ? new Map<string, Redirect>()
      : findRedirects(sources.map((layer) => ({ layer, project: ofProject.has(layer.path) })))
    const loaded: Loaded = {
      config: sources.reduce<Json>((config, layer) => mergeConfig(config, layer.config), {}),
      warnings: [...sources.flatMap((layer) => layer.warnings), ...redirectWarnings(redirects), ...lowest],
      redirects,
    }
    results.set(key, { sources, loaded })
    return loaded
  }

  const read = async (directory: string, worktree: string): Promise<Loaded> => {
    const { explicit, folder } = envFiles(env)
    const project = on(env.KILO_DISABLE_PROJECT_CONFIG) ? [] : projectFiles(directory, worktree)
    const found = await Promise.all([
      ...globalFiles(paths).map((file) => layerOf(file)),
      explicit ? layerOf(explicit, true) : undefined,
      ...project.map((file) => layerOf(file)),
      ...folder.map((file) => layerOf(file)),
      contentOf(),
      fromEnv().then(({ overrides }) => overrides),
    ])
    // A file that the user chose stays the user's, wherever it lies.
    const chosen = new Set([...globalFiles(paths), ...folder, explicit])
    return combine(JSON.stringify([directory, worktree]), found, new Set(project.filter((file) => !chosen.has(file))))
  }

  const service: ConfigService = {
    load(directory, worktree) {
      // A prompt's parts ask at the same moment: they share one look at the files.
      const key = JSON.stringify([directory, worktree])
      const running = reading.get(key)
      if (running) return running
      const started = read(directory, worktree).finally(() => {
        if (reading.get(key) === started) reading.delete(key)
      })
      reading.set(key, started)
      return started
    },
    async get() {
      const found = await Promise.all(globalFiles(paths).map((file) => layerOf(file)))
      return (await combine("global", found)).config
    },
    async update(patch) {
      const { checkPatch } = await editor()
      checkPatch(patch)
      const files = globalFiles(paths)
      await queue("global", () => edit(files, files[2] ?? "", patch, { mode: 0o600, dirMode: 0o700 }))
      return service.get()
    },
    async updateProject(directory, worktree, patch) {
      const { checkPatch } = await editor()
      checkPatch(patch)
      const fresh = newProjectFile(directory, worktree)
      const files = projectFiles(directory, worktree)
      // A project's file is shared through version control, so it gets ordinary modes.
      await queue(fresh, () => edit(files, fresh, patch, { mode: 0o644, dirMode: 0o755 }))
    },
    invalidate(directory) {
      reading.clear()
      if (directory === undefined) {
        layers.clear()
        results.clear()
        return
      }
      for (const key of layers.keys()) if (key.startsWith(directory)) layers.delete(key)
    },
  }
  return service
}

/**
 * Rules below every file, from KILO_DEFAULT_PERMISSION: JSON, or one action for everything. Undefined when unset; when it can't be
 * understood everything asks, because whoever set it wanted a limit.
 */
export async function defaultPermission(env: EngineOptions["env"]): Promise<PermissionConfig | undefined> {
  return (await readPermission(env, "KILO_DEFAULT_PERMISSION")).permission
}

/** The schema library and the JSONC parser take a good part of the server's start, which needs no configuration. */
const parser = () => import("./parse.ts")
const editor = () => import("./edit.ts")

const NONE: ReadonlySet<string> = new Set()
const CONTENT = "KILO_CONFIG_CONTENT"

/** Values go to the strongest existing file of the layer, so that they take effect; deletions to every file that has the key. */
async function edit(
  files: string[],
  fresh: string,
  patch: Json,
  modes: { mode: number; dirMode: number },
): Promise<void> {
  const { editFile } = await editor()
  const stamps = await Promise.all(files.map((file) => stampOf(file)))
  const existing = files.filter((_, index) => stamps[index] !== "")
  const target = existing.at(-1) ?? fresh
  for (const file of existing) if (file !== target) await editFile(file, patch, { ...modes, deletesOnly: true })
  await editFile(target, patch, modes)
}

/** Identity of a file's content, with the files it draws in; empty when it doesn't exist. */
async function stampOf(file: string | undefined, more: string[] = []): Promise<string> {
  const one = async (name: string) => {
    const info = await stat(name, { bigint: true }).catch((error: unknown) =>
      error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")
        ? undefined
        : "unreadable",
    )
    if (info === undefined || typeof info === "string") return info ?? ""
    return `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}`
  }
  const own = file === undefined ? "env" : await one(file)
  if (own === "" || more.length === 0) return own
  return [own, ...(await Promise.all(more.map(one)))].join("|")
}

async function permissionLayer(env: EngineOptions["env"]): Promise<Layer | undefined> {
  const { permission, warnings } = await readPermission(env, "KILO_PERMISSION")
  return permission === undefined
    ? undefined
    : {
        path: "KILO_PERMISSION",
        config: { permission },
        warnings,
        files: [],
        references: [],
      }
}

async function readPermission(
  env: EngineOptions["env"],
  name: "KILO_DEFAULT_PERMISSION" | "KILO_PERMISSION",
): Promise<{ permission?: PermissionConfig; warnings: ConfigWarning[] }> {
  const text = env[name]?.trim()
  if (!text) return { warnings: [] }
  const { reason, validate } = await parser()
  const warnings: ConfigWarning[] = []
  let value: unknown
  try {
    value = ["allow", "ask", "deny"].includes(text) ? text : JSON.parse(text)
  } catch (error) {
    value = "ask"
    warnings.push({ path: name, message: `Not valid JSON, so everything asks: ${reason(error)}` })
  }
  const checked = validate({ permission: value ?? "ask" }, (_, message) => warnings.push({ path: name, message }))
  return { permission: checked.permission as PermissionConfig, warnings }
}
