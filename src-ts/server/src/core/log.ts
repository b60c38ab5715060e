import { appendFileSync, chmodSync, mkdirSync, renameSync, statSync } from "node:fs"
import { join } from "node:path"

export interface Log {
  error(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
}

const MAX_BYTES = 5_000_000
const KEPT = 3

/**
 * Log of the server in `kilo.log` of the folder, readable by its owner only, kept in a few files of bounded size.
 * What requests carry is never written. Failing to log never fails a request: the line goes to stderr instead.
 */
export function fileLog(folder: string): Log {
  const file = join(folder, "kilo.log")
  let size: number | undefined
  const write = (level: string, message: string, fields?: Record<string, unknown>) => {
    const line = `${JSON.stringify({ time: new Date().toISOString(), pid: process.pid, level, message, ...fields })}\n`
    try {
      if (size === undefined) {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
      }
      if (size > MAX_BYTES) {
        rotate(file)
        size = 0
      }
      appendFileSync(file, line, { mode: 0o600 })
      if (size === 0) chmodSync(file, 0o600)
      size += Buffer.byteLength(line)
    } catch (error) {
      process.stderr.write(`${line}(not logged: ${error instanceof Error ? error.message : error})\n`)
    }
  }
  return {
    error: (message, fields) => write("error", message, fields),
    info: (message, fields) => write("info", message, fields),
  }
}

function rotate(file: string) {
  for (let number = KEPT - 1; number >= 1; number--) {
    const from = number === 1 ? file : `${file}.${number - 1}`
    if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${file}.${number}`)
  }
}
