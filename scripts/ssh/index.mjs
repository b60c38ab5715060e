import { randomBytes } from "node:crypto"
import { createServer } from "node:net"
import { connect } from "node:tls"
import { Connection, SshError, UploadError } from "./connection.mjs"
import { distribution, forget, pack } from "./distribution.mjs"

export { parseAddress, UsageError } from "./address.mjs"
export { SshError } from "./connection.mjs"

/** How long the backend waits on the host for a window that has lost it. */
const LINGER = "30m"
const LINGER_MILLIS = 30 * 60_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 15_000

/**
 * A backend on another machine, reached through ssh: its distribution is uploaded once per version, its port forwarded to
 * one of this machine, its token and certificate told over ssh. While the window runs, a lost connection is made again.
 * `say` shows a line of progress.
 */
export class RemoteBackend {
  #address
  #options
  #say
  #connection
  #client = `${process.pid}-${randomBytes(6).toString("hex")}`
  #distribution
  #java
  #port
  #facts
  #ended = false
  #keeping
  #wake
  /** Where the project is on the host. */
  directory

  constructor(address, { config, say }) {
    this.#address = address
    this.#options = { config }
    this.#say = say
  }

  /** What the window needs to connect. Throws {@link SshError}. */
  get window() {
    return {
      args: [
        ...["--connect", `wss://127.0.0.1:${this.#port}`, "--fingerprint", this.#facts.fingerprint],
        ...["--tunnel", this.#address.target, "--directory", this.directory],
      ],
      env: { KILO_TOKEN: this.#facts.token },
    }
  }

  async start() {
    this.#say(`Connecting to ${this.#address.target} ...`)
    this.#port = await freePort()
    try {
      await this.#connect()
    } catch (error) {
      await this.end()
      throw error
    }
  }

  /**
   * Makes the connection again whenever it is lost, until {@link end}. Resolves when it could not for so long that the
   * backend has ended itself.
   */
  async keep() {
    this.#keeping = this.#keep()
    await this.#keeping
  }

  /** The window has ended: the backend ends too, unless another window uses it. */
  async end() {
    if (this.#ended) return
    this.#ended = true
    this.#wake?.()
    const connection = this.#connection
    try {
      if (this.#facts) await this.#farewell(connection)
    } catch {
      this.#say(`${this.#address.target} can't be reached; the backend there ends by itself after ${LINGER}.`)
    } finally {
      connection?.close()
    }
  }

  async #farewell(connection) {
    const values = { ...this.#values(), folder: "" }
    try {
      await connection.run("end", values)
    } catch {
      // Ctrl+C reaches ssh too, so its connection may be gone before us. Nobody is asked for a password now.
      const again = new Connection(this.#address, { ...this.#options, batch: true })
      try {
        await again.open()
        await again.run("end", values)
      } finally {
        again.close()
      }
    }
  }

  async #connect(batch = false) {
    const connection = new Connection(this.#address, { ...this.#options, batch })
    try {
      await connection.open()
      if (!(this.#facts && (await this.#begin(connection)))) {
        await this.#prepare(connection)
        if (!(await this.#begin(connection)))
          throw new SshError(`Kilo's files on ${this.#address.target} were removed meanwhile: run the command again.`)
      }
      await connection.forward(this.#port, this.#facts.port)
      await reach(this.#port, this.#facts.fingerprint, this.#address)
      this.#connection = connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** Finds out what the host is, and sees to it that it has the distribution. */
  async #prepare(connection) {
    for (let attempt = 0; ; attempt++) {
      // Which distribution it needs is known when its platform is; most hosts are like this machine.
      const guess = this.#distribution ?? (await distribution(`${process.platform}-${process.arch}`))
      let found = await this.#probe(connection, guess)
      if (!guess.key.includes(`-${found.platform}-`)) {
        found = await this.#probe(connection, await distribution(found.platform), found)
      }
      this.#java = found.java
      this.directory = found.directory
      if (!found.upload) return
      try {
        return await this.#install(connection, found.upload)
      } catch (error) {
        // Perhaps it is our archive that is damaged: it is made anew, once.
        if (!(error instanceof UploadError) || attempt > 0) throw error
        this.#say(error.message)
        forget(this.#distribution)
      }
    }
  }

  /** Starts the backend or finds it running. False when its files are not there. */
  async #begin(connection) {
    const values = { ...this.#values(), folder: "", java: this.#java, linger: LINGER }
    const facts = await connection.run("start", values)
    if (facts.missing) return false
    const before = this.#facts
    if (before && (before.token !== facts.token || before.fingerprint !== facts.fingerprint))
      throw new SshError(`The backend on ${this.#address.target} was set up anew: start Kilo again.`)
    this.#facts = facts
    return true
  }

  async #probe(connection, wanted, before) {
    if (before?.upload) await connection.run("discard", { ...this.#values(), folder: "", upload: before.upload })
    this.#distribution = wanted
    return await connection.run("probe", { ...this.#values(), folder: this.#address.path })
  }

  async #install(connection, upload) {
    this.#say("Packing the host's part of Kilo ...")
    const file = pack(this.#distribution)
    try {
      await connection.upload(file, upload, (sent, size) => this.#say(progress(this.#address.target, sent, size)))
    } catch (error) {
      if (error instanceof UploadError) await connection.run("discard", { ...this.#values(), folder: "", upload })
      throw error
    }
    const { damaged } = await connection.run("install", { ...this.#values(), folder: "", upload })
    if (damaged)
      throw new UploadError(
        `The upload to ${this.#address.target} arrived damaged or not as a whole (is its disk full?).`,
      )
  }

  async #keep() {
    while (true) {
      await this.#connection.lost
      if (this.#ended) return
      this.#say(`The ssh connection to ${this.#address.target} is lost; connecting again ...`)
      if (!(await this.#reconnect())) return
    }
  }

  async #reconnect() {
    const deadline = Date.now() + LINGER_MILLIS
    let pause = FIRST_PAUSE
    let told
    while (!this.#ended && Date.now() < deadline) {
      try {
        await this.#connect(!process.stdin.isTTY)
        this.#say(`Connected to ${this.#address.target} again.`)
        return true
      } catch (error) {
        if (!(error instanceof SshError)) throw error
        if (error.message !== told) this.#say(error.message)
        told = error.message
      }
      await new Promise((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, pause * (0.75 + Math.random() / 2)).unref()
      })
      pause = Math.min(pause * 2, LONGEST_PAUSE)
    }
    return false
  }

  #values() {
    return { key: this.#distribution.key, manifest: this.#distribution.manifest, client: this.#client }
  }
}

function progress(target, sent, size) {
  const percent = Math.floor((sent / size) * 100)
  return `Uploading Kilo to ${target}, only needed once per version: ${percent} % of ${(size / 1e6).toFixed(0)} MB`
}

/** A host may forbid forwarding, which shows only when somebody connects. */
function reach(port, fingerprint, { target }) {
  const forbidden = `${target} does not let ssh forward ports (AllowTcpForwarding in its sshd_config), which Kilo needs.`
  return new Promise((resolve, reject) => {
    // Who answers is decided by the fingerprint, which came over ssh.
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      const shown = socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase()
      socket.destroy()
      if (shown === fingerprint) resolve()
      else reject(new SshError(`Another program than Kilo's backend answers at the end of the tunnel to ${target}.`))
    })
    socket.setTimeout(15_000, () => socket.destroy(new Error("no answer")))
    socket.once("error", () => reject(new SshError(forbidden)))
    socket.once("close", () => reject(new SshError(forbidden)))
  })
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
