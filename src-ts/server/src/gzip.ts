import { promisify } from "node:util"
import { constants, gzip } from "node:zlib"

const FROM_CHARS = 1024
const compress = promisify(gzip)

/** Whether an answer is sent compressed. On loopback that costs more than it saves, on both ends. */
export function wantsGzip(
  accepted: string | string[] | undefined,
  remote: string | undefined,
  length: number,
): boolean {
  return length >= FROM_CHARS && /\bgzip\b/.test(String(accepted ?? "")) && !isLoopback(remote)
}

export async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await compress(text, { level: constants.Z_BEST_SPEED }))
}

function isLoopback(address: string | undefined): boolean {
  return address === undefined || address === "::1" || /^(::ffff:)?127\./.test(address)
}
