import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "./build.mjs"
import { main } from "./main.mjs"
import { root } from "./root.mjs"

const LOOKS = ["light", "dark", "contrast"]

/**
 * `npm run gallery`: plays the window's scenarios and keeps a picture of each state that they show, in every look, in
 * frontend/gallery; `npm run gallery -- Composer Changes` only those of the named lists.
 */
await main(async () => {
  for (const [tool, name] of [
    ["convert", "imagemagick"],
    ["Xvfb", "xvfb"],
  ]) {
    if (spawnSync(tool, ["-version"]).error) throw new Error(`${tool} is missing: install the package ${name}.`)
  }
  await build()
  const lists = process.argv.slice(2)
  const taken = join(root, "frontend", "host", "target", "screenshots")
  rmSync(taken, { recursive: true, force: true })
  const options = ["-Dtest=WindowTest", "-Dsurefire.failIfNoSpecifiedTests=false", "-Dkilo.gallery=true"]
  if (lists.length > 0) options.push(`-Dkilo.scenarios=${lists.join(",")}`)
  const run = spawnSync(join(root, "mvnw"), ["-ntp", "-q", "-B", "test", "-pl", "frontend/host", "-am", ...options], {
    cwd: root,
    stdio: "inherit",
  })
  if (!existsSync(taken)) throw new Error("the scenarios took no picture, see above.")
  const gallery = join(root, "frontend", "gallery")
  if (lists.length === 0) rmSync(gallery, { recursive: true, force: true })
  mkdirSync(gallery, { recursive: true })
  const names = readdirSync(taken)
    .filter((file) => file.endsWith("-dark.png"))
    .map((file) => file.slice(0, -"-dark.png".length))
  for (const name of names) {
    for (const look of LOOKS) {
      const from = join(taken, look === "light" ? `${name}.png` : `${name}-${look}.png`)
      // 256 colours are plenty for a window, and a quarter of the bytes.
      spawnSync("convert", [
        from,
        "+dither",
        "-colors",
        "256",
        "-strip",
        `PNG8:${join(gallery, `${name}-${look}.png`)}`,
      ])
    }
  }
  writeFileSync(join(gallery, "README.md"), index(gallery))
  console.error(`${names.length} states in ${gallery}.`)
  return run.status ?? 1
})

/** One row a state, one column a look. */
function index(gallery) {
  const names = readdirSync(gallery)
    .filter((file) => file.endsWith("-light.png"))
    .map((file) => file.slice(0, -"-light.png".length))
    .sort()
  const rows = names.map(
    (name) => `| ${name} | ${LOOKS.map((look) => `<img src="${name}-${look}.png" width="300">`).join(" | ")} |`,
  )
  return [
    "# Gallery",
    "",
    "What the window's tests see, written by `npm run gallery`; do not edit.",
    "",
    `| | ${LOOKS.join(" | ")} |`,
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n")
}
