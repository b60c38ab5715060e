import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { build } from "./build.mjs"
import { main } from "./main.mjs"
import { pinnedNode } from "./packages.mjs"
import { root } from "./root.mjs"

/** The long forms of tests whose short forms are in `npm test`: `npm run test:fuzz`, `npm run test:endurance`. */
const FORMS = {
  fuzz: { files: "src-ts/server/test/fuzz", env: { KILO_FUZZ: "full" } },
  endurance: { files: "src-ts/server/test/endurance", env: { KILO_ENDURANCE: "full" } },
}

await main(async () => {
  const [name, ...more] = process.argv.slice(2)
  const form = FORMS[name]
  if (!form) throw new Error(`Which one? ${Object.keys(FORMS).join(" or ")}`)
  await build({ scope: "cli" })
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
  const env = { ...process.env, KILO_TEST_REQUIRE: "all", ...form.env }
  return spawnSync(pinnedNode(), [vitest, "run", form.files, ...more], { cwd: root, stdio: "inherit", env }).status
})
