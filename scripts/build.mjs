import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { maven } from "./maven.mjs"
import { ensurePackages } from "./packages.mjs"
import { checkNode, findJava } from "./prerequisites.mjs"
import { root } from "./root.mjs"

const JVM_SOURCES = ["pom.xml", ".mvn", "openapi", "shared", "backend", "frontend", "platform-stubs", "plugin"]
const stamp = (scope) => join(root, "target", `built-${scope}`)

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** The built window: its manifest names the libraries beside it. */
export const windowJar = join(root, "frontend", "host", "target", `kilo-frontend-host-${version}.jar`)

/**
 * What a build is for: `window` is enough to start it, `bench` has the tests' classes that measure it too, `all` is every
 * module with its compiled tests, `cli` builds no Kotlin.
 */
const SCOPES = {
  cli: undefined,
  window: ["-pl", "frontend/host", "-am", "-Dkilo.tests.skip=true"],
  bench: ["-pl", "frontend/host", "-am"],
  all: [],
}

/** Builds what is missing or older than its sources: packages, CLI bundle, Kotlin modules. Resolves with the JDK it found. */
export async function build({ scope = "all", force = false } = {}) {
  checkNode()
  const jdk = findJava()
  ensurePackages()
  bundle(force)
  if (SCOPES[scope]) await jvm(scope, force)
  return jdk
}

/** Notes that the Kotlin sources as they are now have been built by somebody else: the tests' own Maven run. */
export function noteBuilt(sources) {
  writeFileSync(stamp("all"), sources)
}

/** Identifies the Kotlin sources as they are now. */
export const jvmSources = () => fingerprint(JVM_SOURCES)

function bundle(force) {
  const run = spawnSync(process.execPath, [join(root, "cli-bundle", "build.mjs"), ...(force ? ["--force"] : [])], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  })
  if (run.status !== 0) throw new Error("Building the CLI failed, see the message above.")
}

async function jvm(scope, force) {
  const sources = jvmSources()
  const built = (name) => existsSync(stamp(name)) && readFileSync(stamp(name), "utf8") === sources
  if (!force && existsSync(windowJar) && (built(scope) || built("all"))) return
  console.error("Building the Kotlin side (some minutes the first time, libraries are downloaded) ...")
  const code = await maven(["-DskipTests", "-Dspotless.check.skip=true", ...SCOPES[scope], "package"], {
    title: "Kotlin build",
  })
  if (code !== 0) throw new Error("The Kotlin build failed, see the message above.")
  mkdirSync(join(root, "target"), { recursive: true })
  writeFileSync(stamp(scope), sources)
}

/** Changes whenever a source file is added, removed or edited; reading sizes and times of some hundred files takes milliseconds. */
function fingerprint(places) {
  const hash = createHash("sha256")
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat) return
    if (!stat.isDirectory()) {
      hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`)
      return
    }
    for (const name of readdirSync(path).sort()) {
      if (name !== "target" && name !== "node_modules") visit(join(path, name))
    }
  }
  for (const place of places) visit(join(root, place))
  return hash.digest("hex")
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { main } = await import("./main.mjs")
  await main(async () => {
    await build({ force: process.argv.includes("--force") })
  })
}
