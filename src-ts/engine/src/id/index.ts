import { randomBytes } from "node:crypto"

/** Prefixes of the ids on the wire (contract: behaviour section 4). */
export type IdPrefix = "ses" | "msg" | "prt" | "per" | "que" | "evt" | "pty"

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const MASK = (1n << 48n) - 1n

let lastMs = 0
let counter = 0

/** Time half of an id: epoch milliseconds times 4096 plus a counter that starts at 1 in every millisecond. */
function tick(now: number): bigint {
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
  return BigInt(lastMs) * 4096n + BigInt(counter)
}

/** Rejecting bytes from 248 up keeps the 62 characters equally likely. */
function random(length: number): string {
  let out = ""
  while (out.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && out.length < length) out += ALPHABET[byte % 62]
    }
  }
  return out
}

function build(prefix: IdPrefix, value: bigint): string {
  return `${prefix}_${(value & MASK).toString(16).padStart(12, "0")}${random(14)}`
}

/** A new id that sorts after every earlier one of its kind (messages, parts, permissions, events). */
export function ascending(prefix: Exclude<IdPrefix, "ses">): string {
  return build(prefix, tick(Date.now()))
}

/** A new id that sorts before every earlier one: sessions list newest first. */
export function descending(prefix: "ses"): string {
  return build(prefix, ~tick(Date.now()))
}

/** Whether `value` has the shape of an id with this prefix. Clients may bring ids of their own, so only prefix and charset count. */
export function isId(prefix: IdPrefix, value: string): boolean {
  return value.startsWith(`${prefix}_`) && value.length <= 128 && /^[0-9A-Za-z_-]+$/.test(value)
}
