import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { build, jvmSources, windowJar } from "./build.mjs"
import { main } from "./main.mjs"
import { root } from "./root.mjs"

/** `npm start [-- options]`: builds what is missing, then runs the window (or the headless prompt) on a directory. */
await main(async () => {
  const { ssh, args } = splitArguments(process.argv.slice(2))
  const address = Object.keys(ssh).length > 0 ? await remoteAddress(ssh, args) : undefined
  if (Object.keys(ssh).length > 0 && !address) return 2
  const jdk = await build({ scope: "window" })
  if (address && !args.includes("--help")) return await overSsh(jdk, address, ssh.config, args)
  if (!has(args, "--directory") && !has(args, "--connect") && !args.includes("--help")) {
    // npm changes into the package's folder; the user means the one where the command was typed.
    args.push("--directory", process.env.INIT_CWD ?? process.cwd())
  }
  return await ended(startWindow(jdk, args))
})

/** What is for ssh, and what is for the window. */
function splitArguments(all) {
  const names = { "--ssh": "target", "--ssh-port": "port", "--ssh-config": "config" }
  const ssh = {}
  const args = []
  for (let i = 0; i < all.length; i++) {
    const [name, inline] = all[i].split(/=(.*)/s)
    if (!names[name]) args.push(all[i])
    else ssh[names[name]] = inline ?? all[++i] ?? ""
  }
  return { ssh, args }
}

async function remoteAddress({ target = "", port }, args) {
  const { parseAddress, UsageError } = await import("./ssh/index.mjs")
  try {
    for (const name of ["--directory", "--connect", "--token-file", "--fingerprint", "--tunnel"]) {
      if (has(args, name)) throw new UsageError(`--ssh says all that ${name} says: leave ${name} out.`)
    }
    return parseAddress(target, port)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(error.message)
    return undefined
  }
}

/** Prepares the host, runs the window against it, and ends the backend there with the window. */
async function overSsh(jdk, address, config, args) {
  const { RemoteBackend } = await import("./ssh/index.mjs")
  const remote = new RemoteBackend(address, { config, say: sayer() })
  let child
  let interrupted
  const stop = (signal) => {
    interrupted = signal
    // Before there is a window: leave the host as it should be.
    if (child) child.kill(signal)
    else remote.end().finally(() => process.exit(130))
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal))
  await remote.start()
  const { args: own, env } = remote.window
  child = startWindow(jdk, [...args, ...own], env)
  const code = ended(child)
  remote.keep().then(
    () => !interrupted && giveUp(address, args, child),
    (error) => {
      console.error(`kilo: ${error instanceof Error ? error.message : error}`)
      child.kill("SIGTERM")
    },
  )
  const result = await code
  await remote.end()
  return result
}

/** The backend has ended itself meanwhile. A window stays open for reading; a headless run would wait for ever. */
function giveUp(address, args, child) {
  if (child.exitCode !== null) return
  console.error(`${address.target} could not be reached for too long: the backend there has ended.`)
  if (args.includes("--headless")) child.kill("SIGTERM")
}

/** Lines of progress on stderr; on a terminal a percentage stays on its line. */
function sayer() {
  let open = false
  let quarter
  return (text) => {
    const percent = / (\d+) % of /.exec(text)?.[1]
    if (!percent) {
      process.stderr.write(`${open ? "\n" : ""}${text}\n`)
      open = false
      return
    }
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${text}`)
      open = true
      return
    }
    if (quarter === Math.floor(percent / 25)) return
    quarter = Math.floor(percent / 25)
    process.stderr.write(`${text}\n`)
  }
}

function startWindow(jdk, args, env = {}) {
  const windowed = !args.includes("--headless") && !args.includes("--help")
  return spawn(jdk.java, [...jvmOptions(jdk, windowed), "-jar", windowJar, ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: {
      ...process.env,
      KILO_CLI:
        process.env.KILO_CLI ?? resolve(root, "cli-bundle", "dist", process.platform === "win32" ? "kilo.cmd" : "kilo"),
      ...env,
    },
    stdio: "inherit",
  })
}

/** The exit code. Ctrl+C reaches the child through the terminal; waiting lets it stop its CLI before the prompt comes back. */
function ended(child) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  return new Promise((done, fail) => {
    child.on("error", fail)
    child.on("close", (code, signal) => done(code ?? (signal ? 128 : 1)))
  })
}

function has(args, name) {
  return args.some((arg) => arg === name || arg.startsWith(`${name}=`))
}

/**
 * Short-lived start-up work dominates a chat window, so the first compiler tier and the serial collector start it fastest.
 * Loaded classes are kept in an archive that the first window writes when it is closed: it halves later starts.
 */
function jvmOptions({ major, home }, windowed) {
  const target = join(root, "frontend", "host", "target")
  const key = createHash("sha256").update(`${home} ${major} ${jvmSources()}`).digest("hex").slice(0, 12)
  const archive = join(target, `window-${key}.jsa`)
  const options = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:disable", "-Xlog:all=error:stderr"]
  if (major >= 24) options.push("--enable-native-access=ALL-UNNAMED")
  if (existsSync(archive)) return [...options, `-XX:SharedArchiveFile=${archive}`]
  if (!windowed) return options
  for (const name of readdirSync(target)) if (/^window-.*\.jsa$/.test(name)) rmSync(join(target, name))
  return [...options, `-XX:ArchiveClassesAtExit=${archive}`]
}
