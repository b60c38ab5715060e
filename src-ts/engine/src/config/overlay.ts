import { createHash } from "node:crypto"
import { constants } from "node:fs"
import { access, readFile, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { BadRequestError, OverlayConflictError } from "../error.ts"
import { isObject, type Json } from "../json/index.ts"
import { plainText } from "./parse.ts"
import { keySchemas } from "./schema.ts"
import type {
  ConfigOverlay,
  OverlayField,
  OverlayPatch,
  OverlayScope,
  OverlaySource,
  OverlayTarget,
  Source,
  SourceKind,
} from "./types.ts"

/** Keys whose value is a map of entries that are added, changed and removed one by one. */
const COLLECTIONS = ["agent", "mode", "provider", "command", "mcp", "formatter", "lsp", "permission", "tools"]

const LABELS: Record<SourceKind, string> = {
  legacy: "Files of older products",
  wellknown: "Server you are logged in to",
  global: "Your settings",
  explicit: "File named by KILO_CONFIG",
  home: "Your home folder",
  project: "Project",
  folder: "Folder named by KILO_CONFIG_DIR",
  content: "KILO_CONFIG_CONTENT",
  organization: "Organization",
  managed: "Administrator's settings",
  preferences: "Managed preferences",
  flags: "Environment variables",
}

/** Kinds that lie above the project's files and can't be changed from here. */
const ABOVE: ReadonlySet<SourceKind> = new Set<SourceKind>([
  "folder",
  "content",
  "organization",
  "managed",
  "preferences",
  "flags",
])

interface Described {
  scope: OverlayScope
  loaded: { config: Json; sources: Source[] }
  global: OverlayTarget
  project: OverlayTarget
  merge(weak: Json, strong: Json): Json
}

/** Says for every setting what is in force, what each of the two writable layers says, and who wins. */
export function describe({ scope, loaded, global, project, merge }: Described): ConfigOverlay {
  const of = (wanted: (kind: SourceKind) => boolean) =>
    loaded.sources.filter(({ kind }) => wanted(kind)).reduce<Json>((all, { layer }) => merge(all, layer.config), {})
  const layers: Values = {
    effective: loaded.config,
    global: of((kind) => kind === "global"),
    project: of((kind) => kind === "project"),
    above: of((kind) => ABOVE.has(kind)),
    below: of((kind) => !ABOVE.has(kind) && kind !== "global" && kind !== "project"),
  }
  const fields: Record<string, OverlayField> = {}
  const collections: Record<string, OverlayField[]> = {}
  for (const key of Object.keys(keySchemas)) {
    if (!COLLECTIONS.includes(key)) {
      fields[key] = field(scope, [key], layers)
      continue
    }
    const names = new Set(
      Object.values(layers).flatMap((layer) => (isObject(layer[key]) ? Object.keys(layer[key]) : [])),
    )
    collections[key] = [...names].map((name) => field(scope, [key, name], layers))
    // "allow" instead of rules, or true instead of a map of servers.
    if (Object.values(layers).some((layer) => layer[key] !== undefined && !isObject(layer[key]))) {
      fields[key] = field(scope, [key], layers)
    }
  }
  return {
    scope,
    effective: layers.effective,
    global: layers.global,
    project: layers.project,
    sources: loaded.sources.map(({ kind, layer }, index) => described(index, kind, layer.path)),
    targets: { global, project, active: scope === "global" ? global : project },
    fields,
    collections,
  }
}

interface Values {
  effective: Json
  global: Json
  project: Json
  above: Json
  below: Json
}

function described(index: number, kind: SourceKind, path: string): OverlaySource {
  const editable = kind === "global" || kind === "project"
  const file = path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)
  return {
    order: index + 1,
    kind,
    scope: kind === "project" ? "project" : kind === "managed" || kind === "preferences" ? "system" : "global",
    label: LABELS[kind],
    source: path,
    ...(file ? { path } : {}),
    exists: true,
    editable,
    ...(editable ? {} : { reason: "Only the files of the global settings and of the project are changed from here." }),
  }
}

function field(scope: OverlayScope, path: string[], layers: Values): OverlayField {
  const value = at(layers.effective, path)
  const global = at(layers.global, path)
  const local = at(layers.project, path)
  const above = at(layers.above, path)
  const own = scope === "global" ? global : local
  const source =
    above !== undefined
      ? "system"
      : local !== undefined
        ? "project"
        : global !== undefined
          ? "global"
          : at(layers.below, path) !== undefined
            ? "system"
            : "default"
  return {
    key: path.join("."),
    path,
    ...(value === undefined ? {} : { value }),
    ...(global === undefined ? {} : { global }),
    ...(local === undefined ? {} : { local }),
    source,
    inherited: own === undefined,
    overridden: own !== undefined && !isDeepStrictEqual(own, value),
    editable: above === undefined,
    ...(above === undefined ? {} : { reason: "A stronger source sets it; a change here would have no effect." }),
  }
}

function at(layer: Json, path: string[]): unknown {
  let value: unknown = layer
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return value
}

/** The file as it is now. */
export async function readTarget(scope: OverlayScope, path: string): Promise<OverlayTarget> {
  const text = await readFile(path, "utf8").catch(() => undefined)
  return {
    scope,
    path,
    revision: createHash("sha256")
      .update(text ?? "")
      .digest("hex"),
    exists: text !== undefined,
    writable: await writable(path),
    raw: text === undefined ? {} : plainText(text),
  }
}

/** Whether a file can be written; a missing one where the nearest folder that exists takes new entries. */
async function writable(path: string, missing = false): Promise<boolean> {
  const info = await stat(path).catch(() => undefined)
  if (!info) return dirname(path) !== path && writable(dirname(path), true)
  if (missing && !info.isDirectory()) return false
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  )
}

/** Throws when the file is another one, or no longer what the caller saw. */
export function checkExpected(expected: OverlayPatch["expected"], now: OverlayTarget) {
  if (!expected) return
  if (expected.path !== now.path) {
    const message = `Settings of this scope now belong into ${now.path}. Read the settings again, then repeat the change.`
    throw new OverlayConflictError("target-changed", message, now)
  }
  if (expected.revision !== now.revision) {
    const message = `${now.path} has changed since it was read. Read the settings again, then repeat the change.`
    throw new OverlayConflictError("revision-conflict", message, now)
  }
}

/** One patch of values and of nulls for what is to be deleted. */
export function patchOf(patch: OverlayPatch): Json {
  const out: Json = { ...patch.set }
  for (const path of patch.unset ?? []) {
    const last = path.at(-1)
    if (last === undefined) throw new BadRequestError("unset: a path needs at least one key.")
    let here = out
    for (const key of path.slice(0, -1)) {
      const next = Object.hasOwn(here, key) && isObject(here[key]) ? { ...here[key] } : {}
      here[key] = next
      here = next
    }
    here[last] = null
  }
  return out
}
