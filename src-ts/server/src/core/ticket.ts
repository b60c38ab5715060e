import { createHash } from "node:crypto"

const LIFE_MS = 60_000
const MOST = 1000

/** Tickets that stand for credentials once, for one thing and for a minute. Kept as hashes. */
export class Tickets {
  readonly #open = new Map<string, { scope: string; until: number }>()

  add(ticket: string, scope: string) {
    // The oldest goes: nobody can fill the memory by asking for tickets.
    const oldest = this.#open.size >= MOST ? this.#open.keys().next().value : undefined
    if (oldest !== undefined) this.#open.delete(oldest)
    this.#open.set(hash(ticket), { scope, until: Date.now() + LIFE_MS })
  }

  redeem(ticket: string, scope: string): boolean {
    const key = hash(ticket)
    const found = this.#open.get(key)
    this.#open.delete(key)
    return found !== undefined && found.scope === scope && found.until >= Date.now()
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
