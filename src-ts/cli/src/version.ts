import { readFileSync } from "node:fs"
import { join } from "node:path"

/** Set by the bundler. */
declare const KILO_VERSION: string | undefined

/** The product's version; run from source it is read from the repository's package.json. */
export function version(): string {
  if (typeof KILO_VERSION === "string") return KILO_VERSION
  const manifest = readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8")
  return (JSON.parse(manifest) as { version: string }).version
}
