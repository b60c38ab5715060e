import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync } from "node:fs"
import { delimiter, join } from "node:path"
import { build, windowJar } from "./build.mjs"
import { openDisplay } from "./display.mjs"
import { main } from "./main.mjs"
import { findJava } from "./prerequisites.mjs"
import { root } from "./root.mjs"

/** Pictures that the README shows, by the name that the program gives them. */
const SHOWN = { "edit-light.png": "window-light.png", "done-dark.png": "window-dark.png" }

/** `npm run screenshots`: a short conversation with a fake model in the real window, kept as pictures in docs/images. */
await main(async () => {
  await build()
  const display = await openDisplay()
  if (!display) throw new Error("there is no display: install Xvfb (package xvfb) or set DISPLAY.")
  const out = join(root, "target", "screenshots")
  try {
    const host = join(root, "frontend", "host", "target")
    const run = spawnSync(
      findJava().java,
      ["-cp", [join(host, "test-classes"), windowJar].join(delimiter), "dev.kilo.frontend.host.Screenshot", out],
      { cwd: join(root, "frontend", "host"), stdio: "inherit", env: { ...process.env, DISPLAY: display.name } },
    )
    if (run.status !== 0) throw new Error("the window's conversation did not come to its end, see above.")
  } finally {
    display.stop()
  }
  const images = join(root, "docs", "images")
  mkdirSync(images, { recursive: true })
  for (const [from, to] of Object.entries(SHOWN)) copyFileSync(join(out, from), join(images, to))
  console.error(`All pictures are in ${out}, those of the README in ${images}.`)
})
