import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { build } from "./build.mjs"
import { main } from "./main.mjs"
import { pinnedNode } from "./packages.mjs"
import { root } from "./root.mjs"

/** `npm run test:network`: every trouble of a network at every moment of a turn. Takes some ten minutes. */
await main(async () => {
  await build()
  return spawnSync(
    pinnedNode(),
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      "run",
      "network/matrix",
      "--maxConcurrency=6",
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: "inherit", env: { ...process.env, KILO_NETWORK: "full" } },
  ).status
})
