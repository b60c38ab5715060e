import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { createQueue, writeAtomic } from "../../disk/index.ts"
import { isObject } from "../../json/index.ts"

/** What is kept about the login to one server. Times are epoch seconds, as older versions wrote them. */
export interface AuthEntry {
  /** Everything below belongs to this address only: another server of the same name gets none of it. */
  serverUrl: string
  tokens?: { accessToken: string; refreshToken?: string; expiresAt?: number; scope?: string; issuer?: string }
  clientInfo?: {
    clientId: string
    clientSecret?: string
    clientSecretExpiresAt?: number
    redirectUri?: string
    issuer?: string
  }
  codeVerifier?: string
  oauthState?: string
}

/** Changes of the file wait for each other in the whole process, whichever directory's instance makes them. */
const queue = createQueue()

/**
 * Logins to MCP servers in `mcp-auth.json` of the data folder, readable by the user only. Every read looks at the file, because
 * other processes log in too. A file that can't be parsed counts as empty and is replaced by the next login.
 */
export class AuthFile {
  readonly #file: string

  constructor(dataFolder: string) {
    this.#file = join(dataFolder, "mcp-auth.json")
  }

  async get(name: string, serverUrl: string): Promise<AuthEntry | undefined> {
    const entry = (await this.#read())[name]
    return isEntry(entry) && entry.serverUrl === serverUrl ? entry : undefined
  }

  /** Gives `edit` the entry, a fresh one for another address, and stores what it has become. */
  change(name: string, serverUrl: string, edit: (entry: AuthEntry) => void): Promise<void> {
    return this.#write((all) => {
      const known = all[name]
      const entry: AuthEntry = isEntry(known) && known.serverUrl === serverUrl ? known : { serverUrl }
      edit(entry)
      all[name] = entry
    })
  }

  remove(name: string): Promise<void> {
    return this.#write((all) => {
      delete all[name]
    })
  }

  async #read(): Promise<Record<string, unknown>> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#file, "utf8"))
      return isObject(value) ? value : {}
    } catch {
      return {}
    }
  }

  #write(edit: (all: Record<string, unknown>) => void): Promise<void> {
    return queue(this.#file, async () => {
      const all = await this.#read()
      edit(all)
      const text = `${JSON.stringify(all, null, 2)}\n`
      await writeAtomic(this.#file, text, { mode: 0o600, dirMode: 0o700, force: true })
    })
  }
}

function isEntry(value: unknown): value is AuthEntry {
  return isObject(value) && typeof value.serverUrl === "string"
}
