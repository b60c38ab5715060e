import { once } from "node:events"
import { createInterface } from "node:readline/promises"
import { text } from "node:stream/consumers"
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

/** `kilo auth login [provider]`: the key is typed without echo, or read from stdin when that is no terminal. */
export function authLogin(provider: string | undefined): Promise<number> {
  return withEngine(async ({ auth }) => {
    const id = (provider ?? (await ask("Provider (for example anthropic): "))).trim()
    if (!/^[\w.:-]+$/.test(id)) throw new UserError("Name the provider, for example: kilo auth login anthropic")
    const key = (process.stdin.isTTY ? await secret(`API key for ${id}: `) : await text(process.stdin)).trim()
    if (!key) throw new UserError("No key was given, nothing is stored.")
    await auth.set(id, { type: "api", key })
    process.stderr.write(`Stored the key for ${id}.\n`)
    return 0
  })
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
