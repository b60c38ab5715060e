import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { build } from "../scripts/build.mjs"
import { main } from "../scripts/main.mjs"
import { pinnedNode } from "../scripts/packages.mjs"
import { root } from "../scripts/root.mjs"

/** `npm run bench [-- remote] [-- --quick]`: builds, then measures on the pinned Node. */
await main(async () => {
  await build()
  return spawnSync(
    pinnedNode(),
    [
      "--disable-warning=ExperimentalWarning",
      join(root, "bench", process.argv.includes("remote") ? "remote.ts" : "main.ts"),
      ...process.argv.slice(2),
    ],
    {
      stdio: "inherit",
    },
  ).status
})
