import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { build, windowJar } from "./build.mjs"
import { openDisplay } from "./display.mjs"
import { main } from "./main.mjs"
import { findJava } from "./prerequisites.mjs"
import { root } from "./root.mjs"

/** Ways of looking at the window, as `Gallery.kt` knows them, and what stands above their column. */
const SITTINGS = {
  light: "Light",
  dark: "Dark",
  contrast: "High contrast",
  narrow: "Narrow tool window",
  german: "German",
  japanese: "Japanese",
  chinese: "Simplified Chinese",
  sharp: "Display of twice the sharpness",
}
/** Languages whose letters are not in every machine's fonts. */
const LETTERS = { japanese: "ja", chinese: "zh-cn" }
const OVERVIEW = ["light", "dark", "contrast", "narrow"]

/**
 * `npm run gallery`: plays what a person does with the window, once for every way of looking at it, and keeps a picture of
 * each state in frontend/gallery; `npm run gallery -- dark german` only those, `-- --taken` what the last run took.
 */
await main(async () => {
  const wanted = process.argv.slice(2).filter((name) => name !== "--taken")
  const unknown = wanted.filter((name) => !(name in SITTINGS))
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(", ")}; there are ${Object.keys(SITTINGS).join(", ")}.`)
  if (spawnSync("convert", ["-version"]).error) throw new Error("convert is missing: install the package imagemagick.")
  const taken = join(root, "target", "gallery")
  const whole =
    process.argv.includes("--taken") || (await play(wanted.length > 0 ? wanted : Object.keys(SITTINGS), taken))
  const gallery = join(root, "frontend", "gallery")
  keep(taken, gallery)
  writeFileSync(join(gallery, "README.md"), index(gallery))
  console.error(`${readdirSync(taken).length} pictures in ${gallery}.`)
  return whole ? 0 : 1
})

/** Whether every sitting came to its end. */
async function play(names, out) {
  await build()
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  let whole = true
  for (const name of names) {
    const language = LETTERS[name]
    if (language && !hasLetters(language)) {
      console.error(`No pictures in ${SITTINGS[name]}: no font here has its letters (package fonts-noto-cjk).`)
      continue
    }
    if (!(await sit(name, out))) whole = false
  }
  return whole
}

/** Replaces the pictures of the sittings that `taken` has any of. */
function keep(taken, gallery) {
  mkdirSync(gallery, { recursive: true })
  const files = readdirSync(taken).filter((file) => !file.startsWith("stopped-"))
  const sittings = new Set(files.map((file) => file.slice(file.lastIndexOf("-"))))
  for (const old of readdirSync(gallery)) if (sittings.has(old.slice(old.lastIndexOf("-")))) rmSync(join(gallery, old))
  for (const file of files) {
    const to = join(gallery, file)
    // 256 colours are plenty for a window, and a quarter of the bytes.
    spawnSync("convert", [join(taken, file), "+dither", "-colors", "256", "-strip", `PNG8:${to}`], { stdio: "inherit" })
    if (!existsSync(to)) throw new Error(`${to} could not be written.`)
  }
}

async function sit(name, out) {
  const display = await openDisplay("2600x1900x24")
  if (!display) throw new Error("there is no display: install Xvfb (package xvfb) or set DISPLAY.")
  try {
    const host = join(root, "frontend", "host", "target")
    const classes = [join(host, "test-classes"), windowJar].join(delimiter)
    const scale = `-Dsun.java2d.uiScale=${name === "sharp" ? 2 : 1}`
    const run = spawnSync(
      findJava().java,
      [scale, "-cp", classes, "dev.kilo.frontend.host.gallery.Gallery", out, name],
      { cwd: join(root, "frontend", "host"), stdio: "inherit", env: { ...process.env, DISPLAY: display.name } },
    )
    return run.status === 0
  } finally {
    display.stop()
  }
}

function hasLetters(language) {
  const fonts = spawnSync("fc-list", [`:lang=${language}`, "family"], { encoding: "utf8" })
  return !fonts.error && fonts.stdout.trim() !== ""
}

/** One row a state and one column a look; then what there is in other languages and sizes. */
function index(gallery) {
  const files = new Set(readdirSync(gallery))
  const names = [...files]
    .filter((file) => file.endsWith(".png"))
    .map((file) => file.slice(0, file.lastIndexOf("-")))
    .filter((name, at, all) => all.indexOf(name) === at)
    .sort()
  const cell = (name, sitting, width) =>
    files.has(`${name}-${sitting}.png`)
      ? `<img src="${name}-${sitting}.png" width="${width}" alt="${name}, ${SITTINGS[sitting]}">`
      : ""
  const rows = names
    .filter((name) => OVERVIEW.some((sitting) => files.has(`${name}-${sitting}.png`)))
    .map((name) => `| ${name} | ${OVERVIEW.map((s) => cell(name, s, s === "narrow" ? 150 : 300)).join(" | ")} |`)
  const others = Object.keys(SITTINGS).filter((sitting) => !OVERVIEW.includes(sitting))
  const more = others.map((sitting) => {
    const own = names.filter((name) => files.has(`${name}-${sitting}.png`))
    return [`## ${SITTINGS[sitting]}`, "", own.map((name) => cell(name, sitting, 300)).join(" "), ""].join("\n")
  })
  return [
    "# Gallery",
    "",
    "The chat window with the real agent and a model that is told what to say. `npm run gallery` takes these pictures and",
    "writes this page; do not edit it. The fonts are those that an IDE brings along, where the machine has them",
    "(packages fonts-inter, fonts-jetbrains-mono, fonts-noto-cjk).",
    "",
    `| | ${OVERVIEW.map((sitting) => SITTINGS[sitting]).join(" | ")} |`,
    `|---|${OVERVIEW.map(() => "---|").join("")}`,
    ...rows,
    "",
    ...more,
  ].join("\n")
}
