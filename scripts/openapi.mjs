import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { main } from "./main.mjs"
import { ensurePackages, pinnedNode } from "./packages.mjs"
import { root } from "./root.mjs"

/** `npm run openapi`: writes openapi/kilo.json from the routes, then the TypeScript client from it. */
await main(() => {
  ensurePackages()
  for (const script of ["openapi/write.ts", "src-ts/sdk/generate.ts"]) {
    const run = spawnSync(pinnedNode(), ["--disable-warning=ExperimentalWarning", join(root, script)], {
      cwd: root,
      stdio: "inherit",
    })
    if (run.status !== 0) throw new Error(`${script} failed, see the message above.`)
  }
})
