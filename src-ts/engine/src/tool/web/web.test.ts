import { readFileSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Bench, bench } from "../testing.ts"
import type { Tool } from "../types.ts"
import { isPublic } from "./address.ts"
import { toMarkdown, toText } from "./markdown.ts"
import { webfetchTool } from "./webfetch.ts"

let b: Bench
let servers: Server[]
beforeEach(() => {
  b = bench()
  servers = []
})
afterEach(async () => {
  b.close()
  for (const server of servers) server.closeAllConnections()
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const html =
  (body: string, type = "text/html; charset=utf-8"): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { "content-type": type }).end(body)
  }
const get = (url: string, more: Record<string, unknown> = {}) => b.call("webfetch", { url, ...more })

describe("webfetch", () => {
  it("shows a page as Markdown, after asking for the address and for the private network", async () => {
    const url = await serve(
      html(
        "<html><head><title>T</title><style>p{}</style></head><body><h1>Hello</h1><script>bad()</script><p>A <a href='/x?a=1'>link</a> &amp; <b>more</b>.</p><ul><li>one</li></ul><table><tr><th>a</th><th>b</th></tr></table><pre><code>x = 1</code></pre></body></html>",
      ),
    )
    const result = await get(`${url}/page#part`)
    expect(result.output).toContain("# Hello")
    expect(result.output).toContain(`A [link](${url}/x?a=1) & **more**.`)
    expect(result.output).toMatch(/- +one/)
    expect(result.output).toContain("a | b")
    expect(result.output).toContain("```\nx = 1\n```")
    expect(result.output).not.toMatch(/bad\(\)|p\{\}/)
    expect(result).toMatchObject({
      title: `${url}/page`,
      metadata: { url: `${url}/page`, status: 200, contentType: "text/html", truncated: false },
    })
    expect(b.asks).toEqual([
      {
        permission: "webfetch",
        patterns: [`${url}/page`],
        always: [`${url}/*`],
        metadata: { url: `${url}/page`, format: "markdown" },
      },
      {
        permission: "private_network",
        patterns: [new URL(url).host],
        always: [new URL(url).host],
        metadata: { url: `${url}/page`, addresses: ["127.0.0.1"] },
      },
    ])
  })

  it("sends nothing when it is refused, whatever the question", async () => {
    let seen = 0
    const url = await serve((_request, response) => {
      seen += 1
      response.end()
    })
    for (const permission of ["webfetch", "private_network"]) {
      b.onAsk = (ask) => {
        if (ask.permission === permission) throw new Error(`no ${permission}`)
      }
      await expect(get(url)).rejects.toThrow(`no ${permission}`)
    }
    expect(seen).toBe(0)
  })

  it("checks where a redirect leads like the first address", async () => {
    const inner = await serve(html("secret", "text/plain"))
    const outer = await serve((_request, response) => {
      response.writeHead(302, { location: `${inner}/metadata` }).end()
    })
    b.onAsk = (ask) => {
      if (ask.patterns[0] === new URL(inner).host) throw new Error("not there")
    }
    await expect(get(outer)).rejects.toThrow("not there")
    expect(b.asks.map((ask) => `${ask.permission} ${ask.patterns[0]}`)).toEqual([
      `webfetch ${outer}/`,
      `private_network ${new URL(outer).host}`,
      `webfetch ${inner}/metadata`,
      `private_network ${new URL(inner).host}`,
    ])
    b.onAsk = () => undefined
    expect((await get(outer)).output).toBe("secret")
  })

  it("gives up on redirects without end, and on those to other protocols", async () => {
    const round = await serve((_request, response) => {
      response.writeHead(302, { location: "/again" }).end()
    })
    await expect(get(round)).rejects.toThrow(/redirects more than 5 times/)
    const away = await serve((_request, response) => {
      response.writeHead(302, { location: "file:///etc/passwd" }).end()
    })
    await expect(get(away)).rejects.toThrow(/Only http and https.*redirected there/)
  })

  it.each(["ftp://example.com", "file:///etc/passwd", "nonsense", "http://", "http://u:p@example.com", ""])(
    "refuses %s",
    async (url) => {
      await expect(get(url)).rejects.toThrow()
      expect(b.asks).toEqual([])
    },
  )

  describe("with names", () => {
    const named = (resolve: (host: string) => { address: string; family: number }[]): Tool =>
      webfetchTool({ outputDir: b.outside, maxChars: 1000, resolve: async (host) => resolve(host) })
    const call = (tool: Tool, url: string) => b.callTool(tool, { url })

    it("connects to the addresses that it checked, not to those of a second look", async () => {
      const url = await serve(html("the real one", "text/plain"))
      const looked: string[] = []
      const tool = named((host) => {
        looked.push(host)
        return looked.length === 1 ? [{ address: "127.0.0.1", family: 4 }] : [{ address: "10.0.0.1", family: 4 }]
      })
      const { port } = new URL(url)
      expect((await call(tool, `http://rebind.test:${port}/`)).output).toBe("the real one")
      expect(looked).toEqual(["rebind.test"])
      expect(b.asks[1]).toMatchObject({ permission: "private_network", patterns: [`rebind.test:${port}`] })
    })

    it("asks when only one of a name's addresses is private", async () => {
      b.onAsk = (ask) => {
        if (ask.permission === "private_network") throw new Error("no")
      }
      const both = [
        { address: "8.8.8.8", family: 4 },
        { address: "fd00::1", family: 6 },
      ]
      await expect(
        call(
          named(() => both),
          "http://mixed.test/",
        ),
      ).rejects.toThrow("no")
      expect(b.asks[1]?.metadata).toMatchObject({ addresses: ["fd00::1"] })
    })

    it("says that a name is not known", async () => {
      const tool = named(() => {
        throw Object.assign(new Error("x"), { code: "ENOTFOUND" })
      })
      await expect(call(tool, "http://none.test/")).rejects.toThrow("The host none.test is not known (ENOTFOUND)")
      await expect(
        call(
          named(() => []),
          "http://none.test/",
        ),
      ).rejects.toThrow("has no address")
    })
  })

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["deflate", deflateSync],
  ])("unpacks %s, and no more than the limit", async (encoding, pack) => {
    const url = await serve((request, response) => {
      const text = request.url === "/bomb" ? Buffer.alloc(50 * 1024 * 1024, "a") : Buffer.from("héllo")
      response.writeHead(200, { "content-type": "text/plain", "content-encoding": encoding }).end(pack(text))
    })
    expect((await get(url)).output).toBe("héllo")
    const bomb = await get(`${url}/bomb`)
    expect(bomb.output).toContain("Only the first 5242880 bytes were fetched")
    expect(bomb.metadata).toMatchObject({ bytes: 5_242_880, truncated: true })
  })

  it("keeps what is too long for the model in a file", async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `line ${index}`).join("\n")
    const url = await serve(html(text, "text/plain"))
    const result = await get(url)
    expect(result.output.length).toBeLessThan(52_000)
    const kept = /the whole output is in (\S+),/.exec(result.output)?.[1] ?? ""
    expect(readFileSync(kept, "utf8")).toBe(text)
    expect(result.metadata.truncated).toBe(true)
  })

  it("attaches images, refuses other binary data, and tells of errors", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/a.png") response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from([1, 0, 2]))
      else if (request.url === "/zip")
        response.writeHead(200, { "content-type": "application/zip" }).end(Buffer.from([80, 0]))
      else response.writeHead(404, { "content-type": "text/html" }).end("<h1>No such page</h1>")
    })
    expect(await get(`${url}/a.png`)).toMatchObject({
      attachments: [{ type: "file", mime: "image/png", filename: "a.png", url: "data:image/png;base64,AQAC" }],
    })
    await expect(get(`${url}/zip`)).rejects.toThrow(/application\/zip \(2 bytes\)/)
    await expect(get(`${url}/x`)).rejects.toThrow(/answered 404.\nNo such page/)
  })

  it("reads other charsets, the page's source and plain text", async () => {
    const latin = Buffer.from("<html><meta charset='iso-8859-1'><p>caf\xe9</p></html>", "latin1")
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end(latin)
    })
    expect((await get(url)).output).toBe("café")
    expect((await get(url, { format: "html" })).output).toContain("<p>café</p>")
    expect((await get(url, { format: "text" })).output).toBe("café")
  })

  it("ends at its time limit, with an abort, and when the answer breaks off", async () => {
    const waiting = Promise.withResolvers<void>()
    const url = await serve((request, response) => {
      if (request.url === "/cut") {
        response.writeHead(200, { "content-type": "text/plain", "content-length": "100" })
        response.write("half")
        setImmediate(() => response.destroy())
        return
      }
      waiting.resolve()
    })
    await expect(get(`${url}/cut`)).rejects.toThrow(/broke off/)
    await expect(get(`${url}/slow`, { timeout: 1 })).rejects.toThrow(/did not answer within 1000 ms/)
    const call = get(`${url}/slow`)
    await waiting.promise
    b.controller.abort(new Error("stop"))
    await expect(call).rejects.toThrow("stop")
    await expect(get("http://127.0.0.1:1/")).rejects.toThrow()
  })
})

describe("converting", () => {
  const signal = new AbortController().signal

  it.each([
    ["deeply nested", `${"<div>".repeat(200_000)}deep`],
    ["full of open tags", "<b><i>x".repeat(40_000)],
    ["never closed", "<p".repeat(100_000)],
  ])("ends for a page that is %s", async (_name, page) => {
    const start = performance.now()
    expect(typeof (await toMarkdown(page, "http://x/", signal, 500))).toBe("string")
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it("takes any text for HTML, in linear time", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            "<",
            ">",
            "</script>",
            "<script>",
            "<!--",
            "-->",
            "&lt;",
            "&#x0;",
            "&#99999999;",
            "a",
            "\n",
            "<p>",
          ),
          { maxLength: 40 },
        ),
        (pieces) => {
          expect(typeof toText(pieces.join(""))).toBe("string")
        },
      ),
    )
    expect(toText("<p>a &lt; b</p><script>x</script><p>c")).toBe("a < b\n\nc")
  })
})

describe("addresses", () => {
  it.each(["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])(
    "%s is public",
    (address) => {
      expect(isPublic(address)).toBe(true)
    },
  )

  it.each([
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::a00:1",
    "fe80::1%eth0",
    "fd12::1",
    "ff02::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "localhost",
    "",
  ])("%s is not", (address) => {
    expect(isPublic(address)).toBe(false)
  })

  it("of IPv4 mean the same when an IPv6 address carries them", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublic(`::ffff:${address}`)).toBe(isPublic(address))
      }),
    )
  })
})
