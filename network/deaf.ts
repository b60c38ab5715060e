import { randomBytes } from "node:crypto"
import { connect } from "node:tls"
import type { FarBackend } from "./backend.ts"

/** A peer that is alive as far as the backend can tell, asks for a workspace's events, and never reads one. */
export interface Deaf extends AsyncDisposable {
  /** False when the backend has ended the connection. */
  readonly open: boolean
}

/** Speaks just enough of the protocol to be let in, then stops reading its socket and goes on giving signs of life. */
export async function connectDeaf(backend: FarBackend, directory: string): Promise<Deaf> {
  const [host = "", port = ""] = backend.address.split(":")
  // The certificate is the backend's own; nothing of worth is sent.
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false })
  let open = true
  socket.once("close", () => {
    open = false
  })
  socket.on("error", () => undefined)
  await new Promise<void>((done) => socket.once("secureConnect", () => done()))
  const head = [
    "GET / HTTP/1.1",
    `Host: ${backend.address}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Version: 13",
  ]
  socket.write(`${head.join("\r\n")}\r\n\r\n`)
  await new Promise<void>((done) => socket.once("data", () => done()))
  const send = (frame: object) => socket.write(message(JSON.stringify(frame)))
  send({ _: "hello", version: 1, client: "deaf", product: "test", token: backend.token })
  await new Promise<void>((done) => socket.once("data", () => done()))
  socket.pause()
  send({ _: "subscribe", id: 1, op: "workspace.events", args: { directory }, credits: 1_000_000 })
  const signs = setInterval(() => send({ _: "ping" }), 1000)
  return {
    get open() {
      return open
    },
    async [Symbol.asyncDispose]() {
      clearInterval(signs)
      socket.destroy()
    },
  }
}

/** One masked text message. */
function message(text: string): Buffer {
  const data = Buffer.from(text)
  const mask = randomBytes(4)
  const length =
    data.length < 126
      ? Buffer.from([0x80 | data.length])
      : Buffer.from([0x80 | 126, data.length >> 8, data.length & 255])
  return Buffer.concat([Buffer.from([0x81]), length, mask, data.map((byte, i) => byte ^ (mask[i % 4] ?? 0))])
}
