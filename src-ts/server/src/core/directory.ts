import type { IncomingHttpHeaders } from "node:http"
import { resolve } from "node:path"

/**
 * Directory that a request is about: `?directory=`, then the headers, then the server's own (contract: behaviour
 * section 2). Values are percent-decoded once more, because clients encode them in headers as well as in queries.
 * Throws BadDirectoryError for a value that cannot be a path.
 */
export function directoryOf(query: URLSearchParams, headers: IncomingHttpHeaders, cwd: string): string {
  const given =
    query.get("directory") || textOf(headers["x-kilo-directory"]) || textOf(headers["x-opencode-directory"]) || ""
  const decoded = decode(given)
  if (decoded.includes("\0")) throw new BadDirectoryError()
  return resolve(cwd, decoded)
}

export class BadDirectoryError extends Error {
  override readonly name = "BadDirectoryError"
  constructor() {
    super("The directory contains a zero character.")
  }
}

/** A header may hold UTF-8 as it is; Node reads it as Latin-1. */
export function textOf(value: string | string[] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value
  return first === undefined ? undefined : Buffer.from(first, "latin1").toString("utf8")
}

/** A path may hold a percent sign that is none of an encoding: such a value is taken as it is. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch (error) {
    if (error instanceof URIError) return value
    throw error
  }
}
