import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { build, windowJar } from "../scripts/build.mjs"
import { main } from "../scripts/main.mjs"
import { pinnedNode } from "../scripts/packages.mjs"
import { root } from "../scripts/root.mjs"

/** `npm run bench [-- remote|window] [-- --quick]`: builds, then measures on the pinned Node. */
const PROGRAMS = { remote: "remote.ts", window: "window-long.ts" }

await main(async () => {
  const jdk = await build({ scope: "bench" })
  return spawnSync(
    pinnedNode(),
    [
      "--disable-warning=ExperimentalWarning",
      join(root, "bench", PROGRAMS[process.argv[2]] ?? "main.ts"),
      ...process.argv.slice(2),
    ],
    {
      stdio: "inherit",
      env: { ...process.env, KILO_BENCH_JAVA: jdk.java, KILO_BENCH_WINDOW: windowJar },
    },
  ).status
})
