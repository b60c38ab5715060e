import { access } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import type { EngineOptions } from "../engine.ts"
import { emptyLayer, type Layers } from "./layers.ts"
import type { Layer } from "./parse.ts"

const DOMAIN = "dev.kilo.managed.plist"
const MAX_BYTES = 1024 * 1024

/**
 * Preferences that a device management profile sets on macOS, the machine's first and then the user's. `plutil`, which every Mac has,
 * turns them into JSON. Nothing on other systems.
 */
export async function preferenceLayers(
  env: EngineOptions["env"],
  layers: Layers,
  system: { platform: NodeJS.Platform; root: string } = {
    platform: process.platform,
    root: "/Library/Managed Preferences",
  },
): Promise<Layer[]> {
  if (system.platform !== "darwin") return []
  const files = [join(system.root, DOMAIN), ...(env.USER ? [join(system.root, env.USER, DOMAIN)] : [])]
  const found: Layer[] = []
  for (const file of files) {
    const there = await access(file).then(
      () => true,
      () => false,
    )
    if (!there) continue
    try {
      const { execFile } = await import("node:child_process")
      const { stdout } = await promisify(execFile)("plutil", ["-convert", "json", "-o", "-", "--", file], {
        encoding: "utf8",
        maxBuffer: MAX_BYTES,
        timeout: 5000,
        env: { PATH: env.PATH },
      })
      found.push(await layers.text(file, stdout, system.root))
    } catch (error) {
      const message = `Can't be read (${error instanceof Error ? error.message : String(error)}). It is ignored.`
      found.push({ ...emptyLayer(file), warnings: [{ path: file, message }] })
    }
  }
  return found
}
