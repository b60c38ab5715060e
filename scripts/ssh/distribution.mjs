import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { nodeProgram } from "../plugin.mjs"
import { root } from "../root.mjs"

const cache = join(root, ".cache", "ssh")

/**
 * What a host of `platform` (`linux-x64`) gets: the backend with its libraries, and the CLI with that platform's Node.
 * `key` names this version of it, `manifest` is the checksum of its list of checksums. Call after a build.
 */
export async function distribution(platform) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const files = await contents(platform, version)
  const lines = []
  for (const [name, source] of files) lines.push(`${await checksum(source)}  ${name}\n`)
  const list = lines.join("")
  const manifest = createHash("sha256").update(list).digest("hex")
  return { key: `${version}-${platform}-${manifest.slice(0, 12)}`, manifest, files, list }
}

/** The distribution as a .tgz, made when it is not there yet. */
export function pack({ key, files, list }) {
  const target = join(cache, `${key}.tgz`)
  if (existsSync(target)) return target
  const stage = join(cache, `stage.${process.pid}`)
  const part = join(cache, `${key}.${process.pid}.part`)
  try {
    for (const [name, source] of files) place(source, join(stage, name))
    // Compiled code fits the Node that made it: only for hosts like this one, and worth nothing but time.
    const compiled = join(root, "cli-bundle", "dist", "lib", "cache")
    if (key.includes(`-${process.platform}-${process.arch}-`) && existsSync(compiled))
      for (const name of walk(compiled)) place(join(compiled, name), join(stage, "cli", "lib", "cache", name))
    writeFileSync(join(stage, "files.sha256"), list)
    const run = spawnSync("tar", ["-czf", part, "-C", stage, "."], { stdio: ["ignore", "ignore", "inherit"] })
    if (run.status !== 0) throw new Error("The host's part of Kilo could not be packed: tar failed, see above.")
    for (const name of readdirSync(cache)) if (name.endsWith(".tgz")) rmSync(join(cache, name))
    renameSync(part, target)
  } finally {
    rmSync(stage, { recursive: true, force: true })
    rmSync(part, { force: true })
  }
  return target
}

/** Removes the packed form, so that it is made anew. */
export function forget({ key }) {
  rmSync(join(cache, `${key}.tgz`), { force: true })
}

/** Path in the distribution, and where it comes from. */
async function contents(platform, version) {
  const host = join(root, "backend", "host", "target")
  const dist = join(root, "cli-bundle", "dist")
  const own = platform === `${process.platform}-${process.arch}`
  const jar = `kilo-backend-host-${version}.jar`
  const files = [
    ["kilo-backend", join(root, "scripts", "ssh", "host", "kilo-backend")],
    [jar, join(host, jar)],
    ["cli/kilo", join(dist, "kilo")],
    ["cli/node/bin/node", own ? join(dist, "node", "bin", "node") : await nodeProgram(platform)],
  ]
  // The libraries that the jar names: what else lies there may be of an older build.
  const libraries = readFileSync(join(host, "classpath.txt"), "utf8").trim().split(/[:;]/)
  for (const path of libraries) files.push([`lib/${path.split(/[\\/]/).at(-1)}`, path])
  for (const name of walk(join(dist, "lib"))) {
    if (!name.startsWith("cache/")) files.push([`cli/lib/${name}`, join(dist, "lib", name)])
  }
  return files.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Files below a folder, with `/` between their folders. */
function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? walk(join(folder, entry.name)).map((name) => `${entry.name}/${name}`)
      : entry.isFile()
        ? [entry.name]
        : [],
  )
}

/** A hard link costs nothing; across file systems it has to be a copy. */
function place(source, target) {
  mkdirSync(dirname(target), { recursive: true })
  try {
    linkSync(source, target)
  } catch {
    copyFileSync(source, target)
  }
}

function checksum(file) {
  if (!existsSync(file) || !statSync(file).isFile()) throw new Error(`${file} is missing: run npm run build.`)
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256")
    createReadStream(file, { highWaterMark: 1 << 20 })
      .on("error", reject)
      .on("data", (data) => hash.update(data))
      .on("end", () => resolve(hash.digest("hex")))
  })
}
