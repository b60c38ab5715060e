import { type Detour, startToxiproxy, type Toxic, type Toxiproxy, toxiproxyProgram } from "./toxiproxy.ts"
import { makeWire, wiresMissing } from "./wire.ts"

/** The way from one window to a backend, and what can happen to it. */
export interface Link extends AsyncDisposable {
  /** What the window is told to connect to. */
  readonly url: string
  /** Command that leads into the window's network. */
  readonly enter: string[]
  /** Toxics on it, until the function that is returned is called. */
  worsen(...toxics: Toxic[]): Promise<() => Promise<void>>
  /** Bytes that have passed so far, with all their headers; undefined when only a proxy makes the line. */
  bytes(): Promise<number | undefined>
  /** Nothing passes any more, and neither side is told. */
  cut(): Promise<void>
  /** Undoes `cut`, and every toxic with it. */
  mend(): Promise<void>
  /** Ends the connections that are open. */
  reset(): Promise<void>
}

/** What links are made with on this machine; `missing` says why none can be made. */
export interface Workshop extends AsyncDisposable {
  readonly missing: string | undefined
  /** Said aloud when cuts are not those of a cable. */
  readonly compromise: string | undefined
  /** A link to `address` (host:port on loopback). */
  link(address: string): Promise<Link>
}

/** Everything is lost without a word: what has been sent as well as the end of the connection. */
export function silence(stream: "upstream" | "downstream"): Toxic {
  return { type: "timeout", stream, attributes: { timeout: 0 } }
}

/** A long line: half of `roundTrip` ms each way, and up to `jitter` ms more or less. */
export function distance(roundTrip: number, jitter = 0): Toxic[] {
  const attributes = { latency: roundTrip / 2, jitter: jitter / 2 }
  return [
    { type: "latency", stream: "upstream", attributes },
    { type: "latency", stream: "downstream", attributes },
  ]
}

/** A thin line, in kilobytes a second each way. */
export function thin(rate: number): Toxic[] {
  return [
    { type: "bandwidth", stream: "upstream", attributes: { rate } },
    { type: "bandwidth", stream: "downstream", attributes: { rate } },
  ]
}

export async function openWorkshop(): Promise<Workshop> {
  const program = toxiproxyProgram()
  if ("missing" in program) {
    return {
      missing: program.missing,
      compromise: undefined,
      link: () => Promise.reject(new Error(program.missing)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
  const noWires = wiresMissing()
  const toxiproxy = await startToxiproxy(program.file)
  return {
    missing: undefined,
    compromise: noWires && `The proxy alone makes the cuts, no cable is pulled: ${noWires}.`,
    link: (address) => (noWires ? proxied(toxiproxy, address) : wired(toxiproxy, address)),
    [Symbol.asyncDispose]: () => toxiproxy[Symbol.asyncDispose](),
  }
}

async function wired(toxiproxy: Toxiproxy, address: string): Promise<Link> {
  const wire = await makeWire()
  const proxy = await toxiproxy.proxy(address, wire.address)
  return {
    ...common(proxy),
    enter: wire.enter,
    bytes: wire.bytes,
    cut: wire.pull,
    mend: wire.plug,
    [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
  }
}

async function proxied(toxiproxy: Toxiproxy, address: string): Promise<Link> {
  const proxy = await toxiproxy.proxy(address)
  let restore = () => Promise.resolve()
  return {
    ...common(proxy),
    enter: [],
    bytes: () => Promise.resolve(undefined),
    async cut() {
      restore = await proxy.add(silence("upstream"), silence("downstream"))
    },
    async mend() {
      await restore()
      restore = () => Promise.resolve()
    },
    [Symbol.asyncDispose]: () => proxy.enable(false),
  }
}

function common(proxy: Detour): Pick<Link, "url" | "worsen" | "reset"> {
  return {
    url: `wss://${proxy.host}:${proxy.port}`,
    worsen: (...toxics) => proxy.add(...toxics),
    async reset() {
      await proxy.enable(false)
      await proxy.enable(true)
    },
  }
}
