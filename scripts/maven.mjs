import { spawn } from "node:child_process"
import { createWriteStream, mkdirSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { root } from "./root.mjs"

/**
 * Runs the Maven wrapper, shows which module is being built, keeps the whole output in target/maven.log and shows its
 * end when it fails. Resolves with Maven's exit code.
 */
export async function maven(args, { title, env = process.env }) {
  mkdirSync(join(root, "target"), { recursive: true })
  const file = join(root, "target", "maven.log")
  const log = createWriteStream(file)
  const windows = process.platform === "win32"
  const child = spawn(join(root, windows ? "mvnw.cmd" : "mvnw"), ["-B", "-ntp", ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    shell: windows,
  })
  const tail = []
  const started = Date.now()
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`
  const take = (line) => {
    log.write(`${line}\n`)
    tail.push(line)
    if (tail.length > 60) tail.shift()
    const module = /^\[INFO\] Building (.+?) \d\S* +\[(\d+\/\d+)\]/.exec(line)
    if (module) console.error(`${title}: ${module[1]} [${module[2]}] (${seconds()})`)
  }
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", take)
  const stop = () => child.kill("SIGTERM")
  process.once("SIGINT", stop).once("SIGTERM", stop)
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (status) => resolve(status ?? 1))
  })
  process.off("SIGINT", stop).off("SIGTERM", stop)
  await new Promise((resolve) => log.end(resolve))
  if (code !== 0) {
    const errors = tail.filter((line) => line.startsWith("[ERROR]"))
    console.error((errors.length ? errors : tail).join("\n"))
    console.error(`${title} failed after ${seconds()}; the whole output is in ${file}.`)
  }
  return code
}
