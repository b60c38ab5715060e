import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { main } from "./main.mjs"
import { maven } from "./maven.mjs"
import { ensurePackages, pinnedNode } from "./packages.mjs"
import { checkNode } from "./prerequisites.mjs"
import { root } from "./root.mjs"

/** Checks of the TypeScript side: format and lint, types, and which room may import which. Returns the names of those that failed. */
export function lint({ fix = false } = {}) {
  const node = pinnedNode()
  const tool = (path, ...args) =>
    spawnSync(node, [join(root, "node_modules", path), ...args], { cwd: root, stdio: "inherit" }).status === 0
  const checks = {
    format: () => tool("@biomejs/biome/bin/biome", "check", ...(fix ? ["--write"] : ["--error-on-warnings"]), "."),
    types: () => tool("typescript/bin/tsc", "--noEmit", "-p", "."),
    rooms: () => tool("dependency-cruiser/bin/dependency-cruiser.mjs", "--config", ".dependency-cruiser.cjs", "src-ts"),
  }
  return Object.entries(checks)
    .filter(([, run]) => !run())
    .map(([name]) => name)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(async () => {
    checkNode()
    ensurePackages()
    const fix = process.argv.includes("--fix")
    const failed = lint({ fix })
    const kotlin = await maven([`spotless:${fix ? "apply" : "check"}`], {
      title: fix ? "Kotlin format" : "Kotlin lint",
    })
    if (kotlin !== 0) failed.push("kotlin")
    if (failed.length) throw new Error(`these checks failed: ${failed.join(", ")}. Try \`npm run format\`.`)
    console.error("All checks passed.")
  })
}
