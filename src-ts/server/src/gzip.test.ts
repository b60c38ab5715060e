import { gunzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { gzipped, wantsGzip } from "./gzip.ts"

test("answers are compressed for other machines that accept it, when they are long enough", () => {
  expect(wantsGzip("gzip, deflate", "192.168.1.2", 2000)).toBe(true)
  expect(wantsGzip("gzip, deflate", "192.168.1.2", 1000)).toBe(false)
  expect(wantsGzip("br", "192.168.1.2", 2000)).toBe(false)
  expect(wantsGzip(undefined, "192.168.1.2", 2000)).toBe(false)
})

test.each(["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])("not on loopback (%s)", (address) => {
  expect(wantsGzip("gzip", address, 2000)).toBe(false)
})

test("what is compressed comes out the same", async () => {
  const text = JSON.stringify({ text: "ü€😀 ".repeat(1000) })
  expect(gunzipSync(await gzipped(text)).toString("utf8")).toBe(text)
})
