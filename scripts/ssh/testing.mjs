import { execFile, spawn, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises"
import { connect, createServer } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)
const SSHD = "/usr/sbin/sshd"

/** What is missing on this machine to test with a real sshd, or undefined. */
export const missing = !existsSync(SSHD)
  ? "sshd is not installed (package openssh-server)"
  : spawnSync("ssh", ["-V"]).error
    ? "ssh is not installed (package openssh-client)"
    : undefined

/**
 * A host of its own on this machine: Debian's sshd on a free port of loopback, with its own keys and a home folder in a
 * temporary folder. The user's own ~/.ssh is neither read nor written. Between the two lies a wire that a test can cut.
 */
export async function startHost({ environment = {} } = {}) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "kilo-sshd-")))
  const path = (...names) => join(folder, ...names)
  const home = path("home")
  await mkdir(home, { recursive: true })
  for (const name of ["hostkey", "userkey", "strangerkey"])
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path(name)])
  await writeFile(path("authorized"), await readFile(path("userkey.pub")))
  // Run by root it wants this folder, which the package's service makes.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true })
  const port = await freePort()
  const variables = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, ".local", "share"),
    XDG_STATE_HOME: join(home, ".local", "state"),
    XDG_CACHE_HOME: join(home, ".cache"),
    ...(process.env.JAVA_HOME ? { JAVA_HOME: process.env.JAVA_HOME } : {}),
    ...environment,
  }
  const settings = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${path("hostkey")}`,
    "PidFile none",
    `AuthorizedKeysFile ${path("authorized")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "MaxStartups 50",
    `SetEnv ${Object.entries(variables)
      .map(([name, value]) => `"${name}=${value}"`)
      .join(" ")}`,
  ]
  await writeFile(path("sshd_config"), `${settings.join("\n")}\n`)
  const daemon = spawn(SSHD, ["-D", "-e", "-f", path("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] })
  let log = ""
  await new Promise((resolve, reject) => {
    daemon.once("exit", () => reject(new Error(`sshd ended: ${log}`)))
    daemon.stderr.setEncoding("utf8").on("data", (data) => {
      log += data
      if (log.includes("Server listening")) resolve()
    })
  })
  const wire = await startWire(port)
  const [kind, key] = (await readFile(path("hostkey.pub"), "utf8")).split(" ")
  await writeFile(path("known"), `[127.0.0.1]:${wire.port} ${kind} ${key}\n`)
  const config = async (name, { identity = "userkey", known = "known" } = {}) => {
    const lines = [
      "Host far",
      "  HostName 127.0.0.1",
      `  Port ${wire.port}`,
      `  User ${userInfo().username}`,
      `  IdentityFile ${path(identity)}`,
      "  IdentitiesOnly yes",
      `  UserKnownHostsFile ${path(known)}`,
      "  GlobalKnownHostsFile /dev/null",
      "  BatchMode yes",
    ]
    await writeFile(path(name), `${lines.join("\n")}\n`)
    return path(name)
  }
  return {
    folder,
    home,
    path,
    wire,
    /** A configuration for ssh, in which this host is `far`. */
    config: await config("config"),
    /** The same with another of the keys, or with a file of known hosts that does not exist. */
    configWith: config,
    async [Symbol.asyncDispose]() {
      wire.close()
      daemon.kill("SIGTERM")
      // What a failed test has left running there.
      for (const pid of await processesIn(folder)) kill(pid)
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
}

/** Numbers of the processes whose command line names the folder. */
export async function processesIn(folder) {
  const { stdout } = await run("ps", ["-eo", "pid=,args="], { maxBuffer: 1 << 24 })
  return stdout
    .split("\n")
    .filter((line) => line.includes(`${folder}/home/`) && !line.includes("ps -eo"))
    .map((line) => Number(line.trim().split(" ")[0]))
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It has ended by itself meanwhile.
  }
}

/** A TCP relay: `cut` breaks all its connections and lets none in until `mend`. */
async function startWire(to) {
  const sockets = new Set()
  let whole = true
  const server = createServer((near) => {
    if (!whole) return near.destroy()
    const far = connect(to, "127.0.0.1")
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one)
      one.on("error", () => other.destroy())
      one.on("close", () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const cut = () => {
    whole = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: server.address().port,
    cut,
    mend: () => {
      whole = true
    },
    close: () => {
      cut()
      server.close()
    },
  }
}

/** A port that nobody listens on just now. */
export async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
