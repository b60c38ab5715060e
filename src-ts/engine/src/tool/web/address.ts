import { BlockList, isIP } from "node:net"

/** Ranges of IPv4 that are not addresses of hosts on the public internet (RFC 6890 and its successors). */
const V4: [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
]

/** Of IPv6 only global unicast is public, but for these parts of it: tunnels that lead anywhere, and documentation. */
const V6: [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
]

const blocked = new BlockList()
for (const [net, bits] of V4) blocked.addSubnet(net, bits, "ipv4")
for (const [net, bits] of V6) blocked.addSubnet(net, bits, "ipv6")
const global6 = new BlockList()
global6.addSubnet("2000::", 3, "ipv6")
/** Networks whose last 32 bits are an IPv4 address: mapped, and translated by NAT64. */
const carriers = new BlockList()
carriers.addSubnet("::ffff:0:0", 96, "ipv6")
carriers.addSubnet("64:ff9b::", 96, "ipv6")

/** Whether an address is one of a host on the public internet. What is no address is not. */
export function isPublic(address: string): boolean {
  const plain = address.replace(/%.*$/, "")
  const family = isIP(plain)
  if (family === 4) return !blocked.check(plain, "ipv4")
  if (family !== 6) return false
  if (carriers.check(plain, "ipv6")) return isPublic(lastFour(plain))
  return global6.check(plain, "ipv6") && !blocked.check(plain, "ipv6")
}

function lastFour(address: string): string {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (dotted) return dotted
  const groups = address.split(":").slice(-2)
  const [high = 0, low = 0] = groups.map((group) => Number.parseInt(group || "0", 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join(".")
}
