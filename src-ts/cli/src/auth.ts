import { once } from "node:events"
import { createInterface } from "node:readline/promises"
import { text } from "node:stream/consumers"
import type { Engine } from "@kilo-split/engine"
import { withEngine } from "./engine.ts"
import { UserError } from "./fail.ts"

/** `kilo auth list`: which providers have a credential, never the credential itself. */
export function authList(): Promise<number> {
  return withEngine(async ({ auth }) => {
    const all = Object.entries(auth.all())
    if (all.length === 0) process.stderr.write("No credentials are stored. Store one with kilo auth login.\n")
    for (const [id, { type }] of all) process.stdout.write(`${id} (${type})\n`)
    return 0
  })
}

/**
 * `kilo auth login [provider]`: in the browser where the provider has such a login and this is a terminal; else the key is typed
 * without echo, or read from stdin. An https address is a server that hands out configuration (`wellknown`).
 */
export function authLogin(provider: string | undefined, options: { key?: boolean } = {}): Promise<number> {
  return withEngine(async ({ auth, logins }) => {
    const id = (provider ?? (await ask("Provider (for example anthropic): "))).trim()
    if (/^https?:\/\//.test(id)) return wellKnown(auth, id.replace(/\/+$/, ""))
    if (!/^[\w.:-]+$/.test(id)) throw new UserError("Name the provider, for example: kilo auth login anthropic")
    const method = logins.methods()[id]?.findIndex(({ type }) => type === "oauth") ?? -1
    if (method >= 0 && !options.key && process.stdin.isTTY) return browser(logins, id, method)
    const key = (process.stdin.isTTY ? await secret(`API key for ${id}: `) : await text(process.stdin)).trim()
    if (!key) throw new UserError("No key was given, nothing is stored.")
    await auth.set(id, { type: "api", key })
    process.stderr.write(`Stored the key for ${id}.\n`)
    return 0
  })
}

/** Shows where to go, waits until it is done. */
async function browser(logins: Engine["logins"], id: string, method: number): Promise<number> {
  const inputs: Record<string, string> = {}
  for (const prompt of logins.methods()[id]?.[method]?.prompts ?? []) {
    const { when } = prompt
    if (when && (inputs[when.key] === when.value) !== (when.op === "eq")) continue
    inputs[prompt.key] = prompt.type === "select" ? await choose(prompt) : await ask(`${prompt.message}: `)
  }
  const { url, instructions } = await logins.authorize(id, method, inputs)
  process.stderr.write(`Open ${url}\n${instructions}\nWaiting ...\n`)
  await logins.callback(id)
  process.stderr.write(`Logged in to ${id}.\n`)
  return 0
}

async function choose(prompt: { message: string; options: { label: string; value: string }[] }): Promise<string> {
  const list = prompt.options.map(({ label }, index) => `  ${index + 1}. ${label}`).join("\n")
  const answer = Number(await ask(`${prompt.message}\n${list}\nNumber (1): `)) || 1
  const chosen = prompt.options[answer - 1]
  if (!chosen) throw new UserError(`${answer} is not in the list. Nothing is stored.`)
  return chosen.value
}

/**
 * The server says which token it wants. A command that it names is shown, never run: an address that somebody typed must not decide
 * what runs here.
 */
async function wellKnown(auth: Engine["auth"], url: string): Promise<number> {
  const place = `${url}/.well-known/opencode`
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname)
  if (!url.startsWith("https://") && !local) throw new UserError(`${url} is not encrypted. Use its https address.`)
  const response = await fetch(place, { signal: AbortSignal.timeout(10_000), redirect: "error" }).catch(() => undefined)
  const body: unknown = await response?.json().catch(() => undefined)
  const wanted = typeof body === "object" && body !== null && "auth" in body ? body.auth : undefined
  const env = typeof wanted === "object" && wanted !== null && "env" in wanted ? wanted.env : undefined
  if (typeof env !== "string" || env === "") throw new UserError(`${place} does not describe a login.`)
  const command = typeof wanted === "object" && wanted !== null && "command" in wanted ? wanted.command : undefined
  if (Array.isArray(command))
    process.stderr.write(`The server suggests this command for a token: ${command.join(" ")}\n`)
  const token = (process.stdin.isTTY ? await secret(`Token (${env}): `) : await text(process.stdin)).trim()
  if (!token) throw new UserError("No token was given, nothing is stored.")
  await auth.set(url, { type: "wellknown", key: env, token })
  process.stderr.write(`Stored the token for ${url}.\n`)
  return 0
}

export function authLogout(provider: string): Promise<number> {
  return withEngine(async ({ auth }) => {
    if (!auth.get(provider)) throw new UserError(`No credential is stored for ${provider}.`)
    await auth.remove(provider)
    process.stderr.write(`Forgot the credential for ${provider}.\n`)
    return 0
  })
}

async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new UserError("Name the provider when the key comes from stdin: kilo auth login <provider>")
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await prompt.question(question)
  } finally {
    prompt.close()
  }
}

/** Reads a line from the terminal without showing it. */
async function secret(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true).resume().setEncoding("utf8")
  let typed = ""
  try {
    while (true) {
      const [chunk] = (await once(stdin, "data")) as [string]
      for (const key of chunk) {
        if (key === "\r" || key === "\n" || key === "\u0004") return typed
        if (key === "\u0003") throw new UserError("Cancelled, nothing is stored.")
        typed = key === "\u007f" || key === "\b" ? typed.slice(0, -1) : typed + key
      }
    }
  } finally {
    stdin.setRawMode(false).pause()
    stderr.write("\n")
  }
}
