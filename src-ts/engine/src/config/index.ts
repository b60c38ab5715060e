import { createQueue } from "../disk/index.ts"
import type { AuthStore, EngineOptions, GlobalConfig } from "../engine.ts"
import { isObject, type Json } from "../json/index.ts"
import type { PermissionConfig } from "../permission/types.ts"
import type { Paths } from "../project/types.ts"
import { type Claims, findClaims, NO_CLAIMS } from "./claims.ts"
import { flagLayers, readPermission } from "./flags.ts"
import { createLayers, stampOf } from "./layers.ts"
import { mergeConfig } from "./merge.ts"
import type { Layer } from "./parse.ts"
import { preferenceLayers } from "./preferences.ts"
import {
  envFiles,
  globalFiles,
  globalMcpFiles,
  homeFiles,
  managedFiles,
  newProjectFile,
  on,
  projectFiles,
  projectMcpFiles,
} from "./sources.ts"
import { findRedirects, type Redirect, redirectWarnings, TRUST } from "./trust.ts"
import type { Config, ConfigOverlay, ConfigWarning, OverlayPatch, OverlayScope, Source } from "./types.ts"
import { hasRules, Vouched } from "./vouch.ts"
import { createWellKnown, foreignLayer } from "./wellknown.ts"

export type { Claim, Claims } from "./claims.ts"
export { type ConfigFolder, configFolders, projectRoots } from "./folders.ts"
export { mergeConfig } from "./merge.ts"
export { resolvePaths } from "./paths.ts"
export { on as switchedOn } from "./sources.ts"
export { type Redirect, refusal, TRUST } from "./trust.ts"
export * from "./types.ts"

/** Reads and writes configuration; every read is served from memory while the files are unchanged. */
export interface ConfigService extends GlobalConfig {
  /**
   * Effective configuration of a directory, weakest source first (seed 002): MCP files of older products (their modes and
   * the organization's are agents, see agent/files.ts), servers the user is logged in to, global files, KILO_CONFIG, the home folder's and the project's files, KILO_CONFIG_DIR, KILO_CONFIG_CONTENT, the active
   * organization, the administrator's files and preferences, single environment variables. Never throws for a bad source: it is
   * named in the warnings. The same object comes back until something changes, so it must not be modified.
   */
  load(directory: string, worktree: string): Promise<Loaded>
  /**
   * Deep merge into the project's strongest existing file, else a new `.kilo/kilo.jsonc` at the top of the worktree; null deletes a
   * key. Throws BadRequestError for wrong values and for a file that is broken (which stays untouched).
   */
  updateProject(directory: string, worktree: string, patch: Record<string, unknown>): Promise<void>
  /** What each source says about each setting, for settings pages (contract: types, ConfigOverlayResponse). */
  overlay(directory: string, worktree: string, scope: OverlayScope): Promise<ConfigOverlay>
  /** Sets and unsets keys of one file, if it still is as the caller saw it. Throws OverlayConflictError when not. */
  updateOverlay(directory: string, worktree: string, patch: OverlayPatch): Promise<void>
  /** Forgets what was read for a directory, or everything. Only needed after changes that leave size and time as they were. */
  invalidate(directory?: string): void
}

export interface Loaded {
  config: Config
  /**
   * The configuration without the project's files, when those say what agents may do: they can forbid more than the user does, and
   * never allow more. Missing when KILO_TRUST_PROJECT_CONFIG is on, or when the user wrote the rules through us.
   */
  own?: Config
  warnings: ConfigWarning[]
  /** Providers that the project's own files direct to other machines; empty when KILO_TRUST_PROJECT_CONFIG is on. */
  redirects: ReadonlyMap<string, Redirect>
  /** Providers about which the project's own files say something; they are not asked for anything unless the user wants to use them. */
  projectProviders: ReadonlySet<string>
  /** Servers and programs that the project's own files define; empty when KILO_TRUST_PROJECT_CONFIG is on. */
  claims: Claims
  /** What was merged, weakest first; sources that are not there are left out. */
  sources: Source[]
}

export interface ConfigOptions {
  paths: Paths
  env: EngineOptions["env"]
  auth?: Pick<AuthStore, "all">
  /** Configuration of the active organization, which beats what user and project say; the same object until it changes. */
  organization?: () => Promise<Json | undefined>
}

export function createConfig(options: ConfigOptions): ConfigService {
  const { paths, env } = options
  const queue = createQueue()
  const layers = createLayers(env)
  const wellKnown = createWellKnown({ auth: () => options.auth?.all() ?? {}, paths })
  const reading = new Map<string, Promise<Loaded>>()
  const results = new Map<string, { layers: Layer[]; foreign: string; loaded: Loaded }>()

  // Read once: the environment doesn't change.
  let fixed: Promise<{ flags: Layer[]; preferences: Layer[]; lowest: ConfigWarning[] }> | undefined
  const fromEnv = () => {
    fixed ??= (async () => ({
      flags: await flagLayers(env),
      preferences: await preferenceLayers(env, layers),
      lowest: (await readPermission(env, "KILO_DEFAULT_PERMISSION")).warnings,
    }))()
    return fixed
  }

  let ofOrganization: { config: Json; layer: Promise<Layer> } | undefined
  const organization = async (): Promise<Layer | undefined> => {
    const config = await options.organization?.()
    if (!config) return undefined
    if (ofOrganization?.config !== config) {
      ofOrganization = { config, layer: foreignLayer("the organization's configuration", config) }
    }
    return ofOrganization.layer
  }

  const trusted = on(env[TRUST])
  const vouched = new Vouched(paths.state)
  const isForeign = ({ kind, layer }: Source) => kind === "project" && !trusted && !vouched.has(layer)

  const combine = async (key: string, sources: Source[], older: readonly string[] = []): Promise<Loaded> => {
    const { lowest } = await fromEnv()
    const known = results.get(key)
    const foreign = sources.filter(isForeign)
    const own = sources.filter((source) => !foreign.includes(source))
    const same =
      known?.foreign === foreign.map(({ layer }) => layer.path).join("\n") &&
      known?.layers.length === sources.length &&
      sources.every(({ layer }, index) => layer === known.layers[index])
    if (known && same) return known.loaded
    const owned = sources.map(({ layer, kind }) => ({
      layer,
      project: kind === "project" || older.includes(layer.path),
    }))
    const redirects = trusted ? new Map<string, Redirect>() : findRedirects(owned)
    const together = (some: Source[]) =>
      some.reduce<Json>((config, { layer, kind }) => mergeConfig(config, cleaned(layer, kind, trusted)), {})
    const loaded: Loaded = {
      config: together(sources),
      ...(foreign.length > 0 ? { own: together(own) } : {}),
      warnings: [
        ...sources.flatMap(({ layer }) => layer.warnings),
        ...redirectWarnings(redirects),
        ...(trusted ? [] : shellWarnings(sources)),
        ...lowest,
      ],
      redirects,
      projectProviders: new Set(
        sources.flatMap(({ kind, layer }) =>
          kind === "project" && isObject(layer.config.provider) ? Object.keys(layer.config.provider) : [],
        ),
      ),
      claims: trusted ? NO_CLAIMS : findClaims(owned),
      sources,
    }
    results.set(key, {
      layers: sources.map(({ layer }) => layer),
      foreign: foreign.map(({ layer }) => layer.path).join("\n"),
      loaded,
    })
    return loaded
  }

  const files = async (kind: Source["kind"], names: string[]): Promise<Source[]> =>
    of(kind, await Promise.all(names.map((name) => layers.file(name))))

  const read = async (directory: string, worktree: string): Promise<Loaded> => {
    const { explicit, folder } = envFiles(env)
    const mine = new Set([...globalFiles(paths), ...homeFiles(paths), ...folder, ...(explicit ? [explicit] : [])])
    const without = on(env.KILO_DISABLE_PROJECT_CONFIG)
    const local = without ? [] : projectFiles(directory, worktree)
    const theirs = globalMcpFiles(paths)
    const older = without ? [] : projectMcpFiles(directory, worktree).filter((file) => !theirs.includes(file))
    const found = await Promise.all([
      files("legacy", [...theirs, ...older]),
      wellKnown.layers().then((all) => of("wellknown", all)),
      files("global", globalFiles(paths)),
      explicit ? layers.file(explicit, true).then((layer) => of("explicit", [layer])) : undefined,
      // A file that the user chose stays the user's, wherever it lies.
      files(
        "home",
        homeFiles(paths).filter((file) => !local.includes(file)),
      ),
      Promise.all(local.map(async (file) => of(mine.has(file) ? "home" : "project", [await layers.file(file)]))).then(
        (all) => all.flat(),
      ),
      files("folder", folder),
      env.KILO_CONFIG_CONTENT
        ? layers.text(CONTENT, env.KILO_CONFIG_CONTENT, process.cwd()).then((layer) => of("content", [layer]))
        : undefined,
      organization().then((layer) => of("organization", [layer])),
      files("managed", managedFiles(env)),
      fromEnv().then(({ flags, preferences }) => [...of("preferences", preferences), ...of("flags", flags)]),
    ])
    return combine(
      JSON.stringify([directory, worktree]),
      found.flatMap((sources) => sources ?? []),
      older,
    )
  }

  const edit = async (files: string[], fresh: string, patch: Json, modes: { mode: number; dirMode: number }) => {
    // Values go to the strongest existing file of the layer, so that they take effect; deletions to every file that has the key.
    const { editFile } = await editor()
    const existing = await present(files)
    const target = existing.at(-1) ?? fresh
    for (const file of existing) if (file !== target) await editFile(file, patch, { ...modes, deletesOnly: true })
    await editFile(target, patch, modes)
  }

  /** A change by the user makes the rules his, unless there were others before. */
  const vouching = async (file: string, patch: Json, change: () => Promise<unknown>) => {
    const before = hasRules(patch) ? await layers.file(file) : undefined
    const mine = hasRules(patch) && (!before || vouched.has(before))
    await change()
    const after = mine ? await layers.file(file) : undefined
    if (after) await vouched.add(after)
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
      return (await combine("global", await files("global", globalFiles(paths)))).config
    },
    async update(patch) {
      const { checkPatch } = await editor()
      checkPatch(patch)
      const files = globalFiles(paths)
      await queue("global", () => edit(files, files[2] ?? "", patch, GLOBAL_MODES))
      return service.get()
    },
    async updateProject(directory, worktree, patch) {
      const { checkPatch } = await editor()
      checkPatch(patch)
      const fresh = newProjectFile(directory, worktree)
      const files = projectFiles(directory, worktree)
      await queue(fresh, async () => {
        const strongest = (await present(files)).at(-1) ?? fresh
        await vouching(strongest, patch, () => edit(files, fresh, patch, PROJECT_MODES))
      })
    },
    async overlay(directory, worktree, scope) {
      const { describe } = await import("./overlay.ts")
      const [loaded, global, project] = await Promise.all([
        service.load(directory, worktree),
        target("global", globalFiles(paths), globalFiles(paths)[2] ?? ""),
        target("project", projectFiles(directory, worktree), newProjectFile(directory, worktree)),
      ])
      return describe({ scope, loaded, global, project, merge: mergeConfig })
    },
    async updateOverlay(directory, worktree, patch) {
      const [{ checkPatch, editFile }, { checkExpected, patchOf }] = await Promise.all([
        editor(),
        import("./overlay.ts"),
      ])
      const changes = patchOf(patch)
      checkPatch(changes)
      const global = patch.scope === "global"
      const candidates = global ? globalFiles(paths) : projectFiles(directory, worktree)
      const fresh = global ? (candidates[2] ?? "") : newProjectFile(directory, worktree)
      await queue(global ? "global" : fresh, async () => {
        const now = await target(patch.scope, candidates, fresh)
        checkExpected(patch.expected, now)
        const change = () =>
          editFile(now.path, changes, {
            ...(global ? GLOBAL_MODES : PROJECT_MODES),
            ...(patch.replace ? { replace: patch.replace } : {}),
          })
        await (global ? change() : vouching(now.path, changes, change))
      })
    },
    invalidate(directory) {
      reading.clear()
      layers.forget(directory)
      if (directory === undefined) results.clear()
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

/** JSON Schema of a configuration file, for editors. */
export async function configJsonSchema(): Promise<Record<string, unknown>> {
  return (await import("./schema.ts")).configJsonSchema()
}

/** Drops from configuration that was found outside the configuration files (`path` names where) what breaks the schema, and says so. */
export async function checkedConfig(
  config: Json,
  path: string,
): Promise<{ config: Config; warnings: ConfigWarning[] }> {
  const { validate } = await parser()
  const warnings: ConfigWarning[] = []
  return { config: validate(config, (_, message) => warnings.push({ path, message })), warnings }
}

/** The schema library and the JSONC parser take a good part of the server's start, which needs no configuration. */
const parser = () => import("./parse.ts")
const editor = () => import("./edit.ts")

const CONTENT = "KILO_CONFIG_CONTENT"
const GLOBAL_MODES = { mode: 0o600, dirMode: 0o700 }
// A project's file is shared through version control, so it gets ordinary modes.
const PROJECT_MODES = { mode: 0o644, dirMode: 0o755 }

function of(kind: Source["kind"], found: (Layer | undefined)[]): Source[] {
  return found.flatMap((layer) => (layer ? [{ kind, layer }] : []))
}

/**
 * Global settings may say how an index is made, never that there is one: that is each project's choice (seed 002). Which program runs
 * every command is the user's choice, not the project's.
 */
function cleaned(layer: Layer, kind: Source["kind"], trusted: boolean): Json {
  if (kind === "project" && !trusted && "shell" in layer.config) {
    const { shell: _, ...rest } = layer.config
    return rest
  }
  const indexing = layer.config.indexing
  if (kind !== "global" || typeof indexing !== "object" || indexing === null) return layer.config
  const { enabled: _, ...rest } = indexing as Json
  return { ...layer.config, indexing: rest }
}

function shellWarnings(sources: Source[]): ConfigWarning[] {
  return sources
    .filter(({ kind, layer }) => kind === "project" && "shell" in layer.config)
    .map(({ layer }) => ({
      path: layer.path,
      message: `The setting "shell" of this project is not used: the project would choose what runs on this machine. If you trust it, put it into your global config, or set ${TRUST}=1 in the environment.`,
    }))
}

async function present(files: string[]): Promise<string[]> {
  return files.filter((file) => stampOf(file) !== "")
}

/** The file of a layer that changes go to. */
async function target(scope: OverlayScope, candidates: string[], fresh: string) {
  const { readTarget } = await import("./overlay.ts")
  const existing = await present(candidates)
  return readTarget(scope, existing.at(-1) ?? fresh)
}
