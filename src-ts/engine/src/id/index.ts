import { randomFillSync } from "node:crypto"

/** Prefixes of the ids on the wire (contract: behaviour section 4). */
export type IdPrefix = "ses" | "msg" | "prt" | "per" | "que" | "evt" | "pty" | "out"

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/** Milliseconds that fit beside the 12 counter bits in 48 bits; plain numbers stay exact and are cheaper than bigints. */
const MS_RANGE = 2 ** 36
const RANGE = 2 ** 48

let lastMs = 0
let counter = 0

/** Time half of an id: the lower 48 bits of epoch milliseconds times 4096 plus a counter from 1 in every millisecond. */
function tick(now: number): number {
  // The clock may step back; ids must not, because clients sort by them.
  if (now > lastMs) {
    lastMs = now
    counter = 0
  }
  counter += 1
  if (counter > 4095) {
    lastMs += 1
    counter = 1
  }
  return (lastMs % MS_RANGE) * 4096 + counter
}

/** Random bytes are drawn in blocks: every streamed delta is an event with an id of its own. */
const pool = new Uint8Array(4096)
let next = pool.length

function random(length: number): string {
  let out = ""
  while (out.length < length) {
    if (next === pool.length) {
      randomFillSync(pool)
      next = 0
    }
    const byte = pool[next++] ?? 255
    // Rejecting bytes from 248 up keeps the 62 characters equally likely.
    if (byte < 248) out += ALPHABET[byte % 62]
  }
  return out
}

function build(prefix: IdPrefix, value: number): string {
  return `${prefix}_${value.toString(16).padStart(12, "0")}${random(14)}`
}

/** A new id that sorts after every earlier one of its kind (messages, parts, permissions, events). */
export function ascending(prefix: Exclude<IdPrefix, "ses">): string {
  return build(prefix, tick(Date.now()))
}

/** A new id that sorts before every earlier one: sessions list newest first. */
export function descending(prefix: "ses"): string {
  return build(prefix, RANGE - 1 - tick(Date.now()))
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** A ULID: 26 characters that sort by time; the id of a tool call that no model made (contract: behaviour section 4). */
export function ulid(): string {
  let out = ""
  for (let time = Date.now(), left = 10; left > 0; left -= 1, time = Math.floor(time / 32))
    out = (CROCKFORD[time % 32] ?? "0") + out
  const bytes = randomFillSync(new Uint8Array(16))
  for (const byte of bytes) out += CROCKFORD[byte % 32] ?? "0"
  return out
}

/** Whether `value` has the shape of an id with this prefix. Clients may bring ids of their own, so only prefix and charset count. */
export function isId(prefix: IdPrefix, value: string): boolean {
  return value.startsWith(`${prefix}_`) && value.length <= 128 && /^[0-9A-Za-z_-]+$/.test(value)
}
