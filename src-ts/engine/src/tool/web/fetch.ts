import { lookup } from "node:dns/promises"
import type { IncomingMessage } from "node:http"
import { isIP, type LookupFunction } from "node:net"
import type { Readable } from "node:stream"
import { ToolError } from "../define.ts"
import { isPublic } from "./address.ts"

export interface Address {
  address: string
  family: number
}

export interface FetchOptions {
  signal: AbortSignal
  timeoutMs: number
  /** Of the body, unpacked. */
  maxBytes: number
  headers: Record<string, string>
  /** Asked before each new origin is contacted, the first included; throws to refuse. */
  onOrigin(url: URL): Promise<void>
  /** Asked before a host is contacted that is not on the public internet; throws to refuse. */
  onPrivate(url: URL, addresses: string[]): Promise<void>
  resolve?: (host: string) => Promise<Address[]>
}

export interface Fetched {
  /** Where redirects led to. */
  url: URL
  status: number
  type: string
  charset: string | undefined
  body: Buffer
  /** There was more than `maxBytes`. */
  cut: boolean
}

const MAX_REDIRECTS = 5

/**
 * GET over HTTP(S). A host's addresses are looked up once and checked, and the connection goes to what was checked: a
 * name that resolves differently a moment later gains nothing. Redirects are checked like the first address.
 * Throws ToolError for what the model can do something about.
 */
export async function fetchPage(address: string, options: FetchOptions): Promise<Fetched> {
  const timeout = AbortSignal.timeout(options.timeoutMs)
  const signal = AbortSignal.any([options.signal, timeout])
  let url = parse(address)
  let origin: string | undefined
  try {
    for (let hop = 0; ; hop += 1) {
      if (url.origin !== origin) await options.onOrigin(url)
      origin = url.origin
      const addresses = await checked(url, options)
      const response = await request(url, addresses, options.headers, signal)
      const status = response.statusCode ?? 0
      const location = response.headers.location
      if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
        return { url, status, ...(await read(response, options.maxBytes, signal)) }
      }
      response.destroy()
      if (hop >= MAX_REDIRECTS) throw new ToolError(`${address} redirects more than ${MAX_REDIRECTS} times.`)
      url = parse(location, url)
    }
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason
    if (timeout.aborted) throw new ToolError(`${url.host} did not answer within ${options.timeoutMs} ms.`)
    throw error
  }
}

function parse(address: string, base?: URL): URL {
  if (!URL.canParse(address, base)) throw new ToolError(`Not a URL: ${address.slice(0, 200)}`)
  const url = new URL(address, base)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ToolError(
      `Only http and https can be fetched, not ${url.protocol}//.${base ? ` ${base.host} redirected there.` : ""}`,
    )
  }
  if (url.username !== "" || url.password !== "")
    throw new ToolError("A URL with a user name or password is not fetched.")
  url.hash = ""
  return url
}

/** The addresses to connect to. Asks when one of them is not public. */
async function checked(url: URL, options: FetchOptions): Promise<Address[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
  const family = isIP(host)
  const addresses = family > 0 ? [{ address: host, family }] : await resolved(host, options)
  const inner = addresses.filter((each) => !isPublic(each.address))
  if (inner.length > 0)
    await options.onPrivate(
      url,
      inner.map((each) => each.address),
    )
  return addresses
}

async function resolved(host: string, options: FetchOptions): Promise<Address[]> {
  const resolve = options.resolve ?? ((name: string) => lookup(name, { all: true }))
  const found = await resolve(host).catch((error: NodeJS.ErrnoException) => {
    throw new ToolError(`The host ${host} is not known (${error.code ?? error.message}).`)
  })
  if (found.length === 0) throw new ToolError(`The host ${host} has no address.`)
  return found
}

async function request(
  url: URL,
  addresses: Address[],
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { get } = url.protocol === "https:" ? await import("node:https") : await import("node:http")
  const pinned: LookupFunction = (_host, wish, callback) => {
    const [first] = addresses
    if (wish.all) callback(null, addresses)
    else callback(null, first?.address ?? "", first?.family)
  }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const allowed = new Set(addresses.map((each) => each.address))
  const call = get(url, { headers, signal, lookup: pinned, agent: false }, resolve)
  call.on("error", (error: NodeJS.ErrnoException) => {
    reject(
      signal.aborted ? signal.reason : new ToolError(`${url.host} can't be reached: ${error.message || error.code}`),
    )
  })
  call.on("socket", (socket) => {
    socket.once("connect", () => {
      if (!allowed.has(socket.remoteAddress ?? ""))
        call.destroy(new Error("connected to an address that was not checked"))
    })
  })
  return promise
}

async function read(response: IncomingMessage, maxBytes: number, signal: AbortSignal) {
  const [type = "", ...parameters] = (response.headers["content-type"] ?? "").split(";").map((each) => each.trim())
  const charset = parameters.map((each) => /^charset="?([^"]+)"?$/i.exec(each)?.[1]).find((each) => each !== undefined)
  const stream = await unpacked(response)
  const chunks: Buffer[] = []
  let size = 0
  let cut = false
  try {
    for await (const chunk of stream) {
      signal.throwIfAborted()
      const data = chunk as Buffer
      const room = maxBytes - size
      chunks.push(data.length > room ? data.subarray(0, room) : data)
      size += data.length
      if (size > maxBytes) {
        cut = true
        break
      }
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw new ToolError(`The answer broke off: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    response.destroy()
  }
  return { type: type.toLowerCase(), charset, body: Buffer.concat(chunks), cut }
}

/** What is packed is unpacked as it comes, so that a small answer can't grow without bounds. */
async function unpacked(response: IncomingMessage): Promise<Readable> {
  const encoding = (response.headers["content-encoding"] ?? "").toLowerCase()
  if (encoding === "" || encoding === "identity") return response
  const zlib = await import("node:zlib")
  const unpack =
    encoding === "gzip" || encoding === "x-gzip"
      ? zlib.createGunzip()
      : encoding === "br"
        ? zlib.createBrotliDecompress()
        : encoding === "deflate"
          ? zlib.createInflate()
          : undefined
  if (!unpack) throw new ToolError(`The answer is packed as ${encoding}, which is not known here.`)
  response.on("error", (error) => unpack.destroy(error))
  return response.pipe(unpack)
}
