import { spawn } from "node:child_process"
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Transform } from "node:stream"
import { pipeline } from "node:stream/promises"

/** The host, the network or ssh did not do what was asked; the message says what to do. */
export class SshError extends Error {
  name = "SshError"
}

/** The distribution did not arrive as it is. */
export class UploadError extends SshError {
  name = "UploadError"
}

const host = join(import.meta.dirname, "host")
const KEEP_ALIVE = ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "-o", "ConnectTimeout=15"]
/** What a user's configuration may say for a shell, and would only be in the way here. */
const PLAIN = ["-o", "RemoteCommand=none", "-o", "RequestTTY=no", "-o", "ControlPersist=no"]

/**
 * One login at a host through the system's own `ssh` with the user's own configuration, keys and known hosts. All that
 * follows shares it (ssh's connection sharing), so a password is asked for once. On Windows, whose ssh can't share, each
 * step logs in by itself.
 */
export class Connection {
  #address
  #base
  #folder
  #master
  #forwarded
  #shared = process.platform !== "win32"
  /** Resolves when the connection has ended, for whatever reason. */
  lost

  constructor(address, { config, batch = false } = {}) {
    this.#address = address
    this.#base = [
      ...(config ? ["-F", config] : []),
      ...(address.port ? ["-p", String(address.port)] : []),
      ...(batch ? ["-o", "BatchMode=yes"] : []),
      ...PLAIN,
      ...KEEP_ALIVE,
    ]
  }

  /** Logs in. ssh asks on the terminal for what it needs. Throws {@link SshError}. */
  async open() {
    if (!this.#shared) return
    this.#folder = mkdtempSync(join(tmpdir(), "kilo-ssh-"))
    const child = spawn("ssh", [...this.#base, "-M", "-N", "-S", this.#socket, "--", this.#address.target], {
      stdio: ["ignore", "ignore", "pipe"],
    })
    const said = collect(child.stderr)
    this.#master = child
    const ended = new Promise((resolve) => {
      child.once("error", (error) => resolve({ error }))
      child.once("close", (code) => resolve({ code }))
    })
    let over
    this.lost = ended.then((end) => {
      over = end
      this.#clean()
    })
    while (over || !existsSync(this.#socket)) {
      if (over) throw this.#failed(over.error, said())
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }

  /** Runs a script of `host/` there; resolves with the values that it says. Throws {@link SshError} with its error. */
  async run(name, values) {
    const child = this.#command("sh -s", "pipe")
    child.stdin.on("error", () => undefined)
    child.stdin.end(script(name, values))
    const out = collect(child.stdout)
    const said = collect(child.stderr)
    const code = await status(child)
    const answers = Object.fromEntries(
      [...out().matchAll(/^kilo:(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value.replace(/\r$/, "")]),
    )
    if (answers.error) throw new SshError(`${this.#address.target}: ${answers.error}`)
    if (code !== 0 || Object.keys(answers).length === 0) {
      if (code instanceof Error || code === 255) throw this.#failed(code, said())
      if (name !== "end")
        throw new SshError(
          `${this.#address.target} does not run commands as expected (exit code ${code}): ${last(said())}`,
        )
    }
    return answers
  }

  /** Unpacks a .tgz into a folder of the host. `progress` is told how many bytes are on their way. */
  async upload(file, folder, progress) {
    const child = this.#command(`tar -xzf - -C ${quote(folder)}`, "pipe")
    const said = collect(child.stderr)
    const ended = status(child)
    let sent = 0
    const count = new Transform({
      transform(chunk, _encoding, done) {
        sent += chunk.length
        progress(sent, size)
        done(null, chunk)
      },
    })
    const { size } = statSync(file)
    try {
      await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), count, child.stdin)
    } catch (error) {
      const code = await ended
      throw code === 255 ? this.#failed(code, said()) : new UploadError(this.#noUpload(said(), error))
    }
    const code = await ended
    if (code === 255 || code instanceof Error) throw this.#failed(code, said())
    if (code !== 0) throw new UploadError(this.#noUpload(said()))
  }

  /** Makes a port of this machine lead to one of the host's own. */
  async forward(local, remote) {
    const way = ["-L", `127.0.0.1:${local}:127.0.0.1:${remote}`]
    if (this.#shared) {
      const child = spawn(
        "ssh",
        [...this.#base, "-S", this.#socket, "-O", "forward", ...way, "--", this.#address.target],
        {
          stdio: ["ignore", "ignore", "pipe"],
        },
      )
      const said = collect(child.stderr)
      if ((await status(child)) !== 0) throw new SshError(`The port ${local} could not be forwarded: ${last(said())}`)
      return
    }
    const only = ["-N", "-o", "ExitOnForwardFailure=yes"]
    this.#forwarded = spawn("ssh", [...this.#base, ...only, ...way, "--", this.#address.target], { stdio: "ignore" })
    this.lost = status(this.#forwarded)
  }

  close() {
    this.#master?.kill("SIGTERM")
    this.#forwarded?.kill("SIGTERM")
    this.#clean()
  }

  get #socket() {
    return join(this.#folder, "s")
  }

  #clean() {
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
  }

  #command(line, stdin) {
    const share = this.#shared ? ["-o", "ControlMaster=no", "-S", this.#socket] : []
    return spawn("ssh", [...this.#base, ...share, "--", this.#address.target, line], { stdio: [stdin, "pipe", "pipe"] })
  }

  #noUpload(said, error) {
    return `The upload to ${this.#address.target} failed (is its disk full?): ${last(said) || error?.message || "no reason given"}`
  }

  #failed(code, said) {
    if (code?.code === "ENOENT")
      return new SshError(
        "The program ssh was not found: install it (package openssh-client) and run the command again.",
      )
    return new SshError(explain(this.#address, last(said)))
  }
}

/** The text of a script of `host/`, with its settings before it. */
export function script(name, values) {
  const settings = Object.entries(values).map(([key, value]) => `${key}=${quote(value)}\n`)
  const parts = ["common.sh", `${name}.sh`].map((file) => readFileSync(join(host, file), "utf8"))
  return settings.join("") + parts.join("\n")
}

/** What ssh's last line means for the user. Hosts word theirs differently; an unknown one is passed on. */
export function explain({ target, host: name, port }, line) {
  const command = `ssh ${port ? `-p ${port} ` : ""}${target}`
  const why = line ? ` (${line})` : ""
  if (/REMOTE HOST IDENTIFICATION|Host key verification failed|host key .* (has changed|is known)/i.test(line))
    return `The host key of ${name} is not known, or is not the one that is known: log in once with "${command}", compare it, and run the command again${why}.`
  if (/Permission denied|Too many authentication failures|Authentication failed/i.test(line))
    return `${name} refused the login as ${target.includes("@") ? target.split("@")[0] : "your user"}: check the user name and your key until "${command}" works${why}.`
  if (/Could not resolve|Name or service not known|nodename nor servname/i.test(line))
    return `The host ${name} is not known: check its name${why}.`
  if (/Connection refused/i.test(line))
    return `No ssh server answers on ${name}${port ? ` port ${port}` : ""}: it must run there (package openssh-server)${why}.`
  if (/timed out|No route|Network is unreachable/i.test(line))
    return `${name} can't be reached: check the network and the host${why}.`
  return `The ssh connection to ${target} failed: check that "${command}" works${why}.`
}

/** One word for a POSIX shell, and for fish and csh as well. */
export function quote(text) {
  return `'${String(text).replaceAll("'", `'"'"'`)}'`
}

function collect(stream) {
  let text = ""
  stream.setEncoding("utf8")
  stream.on("data", (data) => {
    text = (text + data).slice(-65_536)
  })
  return () => text
}

function last(text) {
  return text.trim().split(/\r?\n/).at(-1)?.trim() ?? ""
}

/** The exit code, or the error when the program could not be started. */
function status(child) {
  return new Promise((resolve) => {
    child.once("error", resolve)
    child.once("close", (code) => resolve(code ?? 255))
  })
}
