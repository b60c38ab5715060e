import { isObject, type Json } from "../json/index.ts"
import type { Layer } from "./parse.ts"
import type { ConfigWarning } from "./types.ts"

/** A provider whose requests a file inside the project directs to another machine. */
export interface Redirect {
  /** The file and the setting in it that does so. */
  path: string
  setting: string
  /** Whether something of the user's would go along whatever key is used: a reference, or options of the user's own files. */
  borrows: boolean
}

/** Switch with which a user vouches for the files of every project that is opened. */
export const TRUST = "KILO_TRUST_PROJECT_CONFIG"

/** Options that neither choose where requests go nor hold secrets. */
const HARMLESS = new Set(["apiKey", "timeout", "headerTimeout", "chunkTimeout"])

/**
 * Which providers a project's own files direct elsewhere. A repository is somebody else's text: it may describe a provider with a key
 * of its own, or a server on this machine, but it must not make the user's key (environment, stored, or from the user's
 * configuration) travel to a server that it chose. So such a provider is refused as soon as anything of the user's would go along;
 * the provider's registry decides that, because it knows the keys. Sources are weakest first; those the user chose
 * (global files, KILO_CONFIG, KILO_CONFIG_DIR, KILO_CONFIG_CONTENT) are trusted.
 */
export function findRedirects(sources: { layer: Layer; project: boolean }[]): Map<string, Redirect> {
  const found = new Map<string, Redirect>()
  const own = sources.filter((source) => source.project)
  const prompts = own.some(({ layer }) => tells(layer))
  const ids = new Set(own.flatMap(({ layer }) => Object.keys(at(layer.config, "provider") ?? {})))
  for (const id of ids) {
    const cause = redirect(id, sources)
    if (!cause) continue
    const borrows =
      prompts ||
      sources.some(({ layer, project }) => {
        const provider = at(layer.config, "provider", id)
        return project ? refers(id, layer, provider) : holds(provider)
      })
    found.set(id, { ...cause, borrows })
  }
  return found
}

/** What a person reads about a redirected provider, whether or not a key is there. */
export function redirectWarnings(redirects: ReadonlyMap<string, Redirect>): ConfigWarning[] {
  return [...redirects]
    .filter(([, redirect]) => redirect.borrows)
    .map(([id, redirect]) => ({ path: redirect.path, message: refusal(id, redirect) }))
}

/** Why a provider is refused and how to allow it. */
export function refusal(id: string, redirect: Redirect): string {
  return (
    `Provider "${id}" is not used: ${redirect.setting} in the project's ${redirect.path} would send your key or settings to a server ` +
    `that the project chose. If you trust it, put provider.${id} into your global config, or set ${TRUST}=1 in the environment.`
  )
}

type Kind = "base" | "address" | "header" | "key" | "other"

/** The project's setting that decides where a provider's requests go, or what routes them on; undefined when all is the user's or local. */
function redirect(id: string, sources: { layer: Layer; project: boolean }[]): Omit<Redirect, "borrows"> | undefined {
  let base: { url: string; project: boolean } | undefined
  const settings: { path: string; name: string; kind: Kind; value: unknown }[] = []
  for (const { layer, project } of sources) {
    const provider = at(layer.config, "provider", id)
    if (!provider) continue
    const options = at(provider, "options") ?? {}
    if ("baseURL" in options)
      base = typeof options.baseURL === "string" && options.baseURL ? { url: options.baseURL, project } : undefined
    if (!project) continue
    const add = (name: string, kind: Kind, value: unknown) => {
      if (value !== undefined && value !== null)
        settings.push({ path: layer.path, name: `provider.${id}.${name}`, kind, value })
    }
    for (const [key, value] of Object.entries(options)) {
      if (HARMLESS.has(key)) continue
      add(`options.${key}`, key === "baseURL" ? "base" : key === "headers" ? "header" : "other", value)
    }
    add("api", "address", provider.api)
    add("env", "key", provider.env)
    for (const name of Object.keys(at(provider, "models") ?? {})) {
      add(`models.${name}.headers`, "header", at(provider, "models", name)?.headers)
      add(`models.${name}.provider.api`, "address", at(provider, "models", name, "provider")?.api)
    }
  }
  if (base && isLoopback(base.url)) return undefined
  // The strongest address decides; headers count wherever they go, because many gateways take the target from one.
  const relevant = settings.filter(({ kind }) => kind === "header" || !base || (base.project && kind === "base"))
  const addresses = relevant.filter(({ kind }) => kind === "address")
  const local = addresses.length > 0 && addresses.every(({ value }) => isLoopback(String(value)))
  // One model's address leaves the others where they were, so only the provider's own makes all of it local.
  const whole = local && addresses.some(({ name }) => name === `provider.${id}.api`)
  const cause = relevant.findLast(({ kind }) => (kind === "address" ? !local : kind === "other" || !whole))
  return cause && { path: cause.path, setting: cause.name }
}

/** Whether an address leads to this machine. What cannot be read as one does not. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { hostname, protocol } = new URL(url)
  if (protocol !== "http:" && protocol !== "https:") return false
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** Whether a project's description of a provider draws in anything from outside the file. */
function refers(id: string, layer: Layer, provider: Json | undefined): boolean {
  if (layer.references.some(({ path }) => path[0] === "provider" && path[1] === id)) return true
  // Addresses may also hold ${NAME}, which is filled from the environment when a request is made.
  const addresses = [
    provider?.api,
    ...Object.values(at(provider, "models") ?? {}).map((one) => at(one, "provider")?.api),
  ]
  return addresses.some((address) => typeof address === "string" && address.includes("${"))
}

/** Whether the user's own description of a provider has something that only its own server should see. */
function holds(provider: Json | undefined): boolean {
  if (
    Object.keys(at(provider, "options") ?? {}).some(
      (key) => key === "apiKey" || !(HARMLESS.has(key) || key === "baseURL"),
    )
  )
    return true
  return Object.values(at(provider, "models") ?? {}).some((model) => at(model, "headers") !== undefined)
}

/** Whether a project file puts something from outside the project into what models are told. */
function tells({ config, references }: Layer): boolean {
  const told = references.some(
    ({ path, outside }) => outside && ["agent", "mode", "command", "instructions"].includes(String(path[0])),
  )
  const files = Array.isArray(config.instructions) ? config.instructions : []
  return (
    told || files.some((file) => typeof file === "string" && /^[/~\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(file))
  )
}

function at(value: unknown, ...path: string[]): Json | undefined {
  let here = value
  for (const key of path) here = isObject(here) && Object.hasOwn(here, key) ? here[key] : undefined
  return isObject(here) ? here : undefined
}
