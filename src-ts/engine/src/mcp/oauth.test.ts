import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { startFakeMcp, until } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { type McpWorld, mcpWorld } from "./testing.ts"

const remote = (url: string, oauth?: Record<string, unknown>) => ({
  mcp: { far: { type: "remote" as const, url, ...(oauth ? { oauth } : {}) } },
})

async function loggedIn(world: McpWorld, far: Awaited<ReturnType<typeof startFakeMcp>>) {
  const { authorizationUrl } = await world.mcp.startAuth("far")
  expect((await far.consent(authorizationUrl)).status).toBe(200)
  await until(async () => (await world.statusOf("far"))?.status === "connected", { what: "a connected server" })
}

const stored = (world: McpWorld) => join(world.home, ".local", "share", "kilo", "mcp-auth.json")

describe("a server behind a login", () => {
  test("says that it needs one, without registering anywhere", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    expect(await world.statusOf("far")).toEqual({ status: "needs_auth" })
    expect(far.registrations).toEqual([])
    expect(await world.mcp.tools([])).toEqual([])
  })

  test("is used after the browser came back, with a token in a file for the user only", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    await loggedIn(world, far)
    expect((await world.call("far_whoami", {})).output).toBe("somebody")
    expect(statSync(stored(world)).mode & 0o777).toBe(0o600)
    const entry = JSON.parse(readFileSync(stored(world), "utf8")).far
    expect(entry).toMatchObject({ serverUrl: far.url, tokens: { accessToken: expect.stringMatching(/^at-/) } })
    expect(entry.codeVerifier).toBeUndefined()
  })

  test("refuses a browser that comes back with another state", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    const { authorizationUrl } = await world.mcp.startAuth("far")
    const forged = new URL(authorizationUrl)
    forged.searchParams.set("state", "somebody-elses")
    expect((await far.consent(forged.href)).status).toBe(400)
    expect(await world.statusOf("far")).toEqual({ status: "needs_auth" })
    expect((await far.consent(authorizationUrl)).status).toBe(200)
    await until(async () => (await world.statusOf("far"))?.status === "connected")
  })

  test("takes the code by hand where the browser can't come back", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url, { redirectUri: "https://example.invalid/back" }))
    const { authorizationUrl } = await world.mcp.startAuth("far")
    const page = await fetch(authorizationUrl, { redirect: "manual" })
    const code = new URL(page.headers.get("location") ?? "").searchParams.get("code") ?? ""
    expect(await world.mcp.finishAuth("far", code)).toEqual({ status: "connected" })
    await expect(world.mcp.finishAuth("far", "made-up")).rejects.toThrow()
  })

  test("opens the browser, or says that there is none, and waits for the end", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    const login = world.mcp.authenticate("far")
    const asked = await until(() => world.events("mcp.browser.open.failed")[0])
    expect(asked.mcpName).toBe("far")
    await far.consent(asked.url)
    expect(await login).toEqual({ status: "connected" })
  })

  test("opens the user's own browser where there is a desktop", async () => {
    await using far = await startFakeMcp()
    const bin = join(process.env.TMPDIR ?? "/tmp", `kilo-bin-${process.pid}-${Date.now()}`)
    mkdirSync(bin)
    writeFileSync(join(bin, "xdg-open"), '#!/bin/sh\necho "$1" > "$OPENED"\n')
    chmodSync(join(bin, "xdg-open"), 0o755)
    const opened = join(bin, "opened")
    await using world = mcpWorld(remote(far.url), {
      env: { PATH: `${bin}:${process.env.PATH}`, DISPLAY: ":0", OPENED: opened },
    })
    const login = world.mcp.authenticate("far")
    const address = await until(() => {
      try {
        return readFileSync(opened, "utf8").trim()
      } catch {
        return ""
      }
    })
    await far.consent(address)
    expect(await login).toEqual({ status: "connected" })
    expect(world.events("mcp.browser.open.failed")).toEqual([])
  })

  test("tells that the user said no", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    const login = world.mcp.authenticate("far")
    const { url } = await until(() => world.events("mcp.browser.open.failed")[0])
    await far.consent(url, "no")
    expect(await login).toEqual({ status: "failed", error: "The login was refused: access_denied" })
  })

  test("is used on when its token has ended: one renewal for many calls", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    await loggedIn(world, far)
    far.expire()
    const results = await Promise.all([1, 2, 3, 4].map(() => world.call("far_whoami", {})))
    expect(results.map(({ output }) => output)).toEqual(["somebody", "somebody", "somebody", "somebody"])
    expect(far.renewals).toBe(1)
  })

  test("needs a login again when nothing that it gave is good any more", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    await loggedIn(world, far)
    far.revoke()
    await expect(world.call("far_whoami", {})).rejects.toThrow(/log in/)
    expect(await world.statusOf("far")).toEqual({ status: "needs_auth" })
    await loggedIn(world, far)
  })

  test("that ends its tokens early is renewed before they are sent", async () => {
    await using far = await startFakeMcp({ lifetime: 5 })
    await using world = mcpWorld(remote(far.url))
    await loggedIn(world, far)
    const before = far.renewals
    await world.call("far_whoami", {})
    expect(far.renewals).toBeGreaterThan(before)
  })

  test("is forgotten on request", async () => {
    await using far = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    await loggedIn(world, far)
    await world.mcp.removeAuth("far")
    expect(await world.statusOf("far")).toEqual({ status: "needs_auth" })
    expect(JSON.parse(readFileSync(stored(world), "utf8"))).toEqual({})
  })

  test("at another address gets nothing of a login", async () => {
    await using far = await startFakeMcp()
    await using other = await startFakeMcp()
    await using world = mcpWorld(remote(far.url))
    await loggedIn(world, far)
    world.configure(remote(other.url))
    expect(await world.statusOf("far")).toEqual({ status: "needs_auth" })
    expect(other.renewals).toBe(0)
  })

  test("that registers nobody asks for a client id, and takes it", async () => {
    await using far = await startFakeMcp({ registration: false })
    await using world = mcpWorld(remote(far.url))
    expect(await world.statusOf("far")).toMatchObject({
      status: "needs_client_registration",
      error: expect.stringContaining("oauth.clientId"),
    })
    world.configure(remote(far.url, { clientId: "known-client" }))
    expect(await world.statusOf("far")).toEqual({ status: "needs_auth" })
    await loggedIn(world, far)
  })
})

describe("a login that can't be", () => {
  test("is refused for local servers and where it is switched off", async () => {
    await using world = mcpWorld({
      mcp: {
        near: { type: "local", command: ["true"] },
        far: { type: "remote", url: "http://127.0.0.1:9/", oauth: false },
      },
    })
    await expect(world.mcp.startAuth("near")).rejects.toThrow("MCP server near does not support OAuth")
    await expect(world.mcp.startAuth("far")).rejects.toThrow("MCP server far does not support OAuth")
    await expect(world.mcp.startAuth("nobody")).rejects.toThrow("MCP server not found: nobody")
  })

  test("is told as a failure when a server refuses without offering one", async () => {
    await using far = await startFakeMcp({ open: true })
    far.misbehave(401)
    await using world = mcpWorld(remote(far.url))
    expect(await world.statusOf("far")).toMatchObject({ status: "failed", error: expect.stringContaining("401") })
  })
})
