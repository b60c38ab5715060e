import { startFakeService } from "@kilo-split/testkit"
import { createKiloClient as kiloV1 } from "@kilocode/sdk"
import { createKiloClient as kiloV2 } from "@kilocode/sdk/v2"
import { createOpencodeClient as opencodeV1 } from "@opencode-ai/sdk"
import { createOpencodeClient as opencodeV2 } from "@opencode-ai/sdk/v2"
import { describe, expect, test } from "vitest"
import { type Place, peer, place } from "./place.ts"

const must = { throwOnError: true } as const
const text = (value: string) => [{ type: "text" as const, text: value }]

/** What both generations call, each in its own way. */
interface Calls {
  create(): Promise<string>
  prompt(id: string, value: string): Promise<unknown>
  share(id: string): Promise<string | undefined>
  unshare(id: string): Promise<string | undefined>
  authorize(providerID: string): Promise<{ url: string; method: string }>
  callback(providerID: string): Promise<boolean>
  connected(): Promise<string[]>
}

function first(client: Pick<ReturnType<typeof kiloV1> & ReturnType<typeof opencodeV1>, "session" | "provider">): Calls {
  const { session, provider } = client
  return {
    create: async () => (await session.create({ body: { title: "shared" }, ...must })).data.id,
    prompt: (id, value) => session.prompt({ path: { id }, body: { parts: text(value) }, ...must }),
    share: async (id) => (await session.share({ path: { id }, ...must })).data.share?.url,
    unshare: async (id) => (await session.unshare({ path: { id }, ...must })).data.share?.url,
    authorize: async (id) => (await provider.oauth.authorize({ path: { id }, body: { method: 0 }, ...must })).data,
    callback: async (id) => (await provider.oauth.callback({ path: { id }, body: { method: 0 }, ...must })).data,
    connected: async () => (await provider.list(must)).data.connected,
  }
}

function second(client: Pick<ReturnType<typeof kiloV2>, "session" | "provider">): Calls {
  const { session, provider } = client
  return {
    create: async () => (await session.create({ title: "shared" }, must)).data.id,
    prompt: (sessionID, value) => session.prompt({ sessionID, parts: text(value) }, must),
    share: async (sessionID) => (await session.share({ sessionID }, must)).data.share?.url,
    unshare: async (sessionID) => (await session.unshare({ sessionID }, must)).data.share?.url,
    authorize: async (providerID) => {
      const { data } = await provider.oauth.authorize({ providerID, method: 0 }, must)
      if (!data) throw new Error("no way to log in")
      return data
    },
    callback: async (providerID) => (await provider.oauth.callback({ providerID, method: 0 }, must)).data,
    connected: async () => (await provider.list({}, must)).data.connected,
  }
}

// The packages' own types differ in details that these tests do not use.
const clients = [
  { name: "@kilocode/sdk (v1)", calls: (given: Place) => first(kiloV1(given.options) as never) },
  { name: "@opencode-ai/sdk (v1)", calls: (given: Place) => first(opencodeV1(given.options) as never) },
  { name: "@kilocode/sdk (v2)", calls: (given: Place) => second(kiloV2(given.options)) },
  { name: "@opencode-ai/sdk (v2)", calls: (given: Place) => second(opencodeV2(given.options) as never) },
]

/** Logs people in by a code, knows a model, and keeps what is shared. */
function service() {
  return startFakeService(({ method, path, headers }) => {
    if (path === "/api/device-auth/codes")
      return { body: { code: "AB-12", verificationUrl: "https://kilo.example/device", expiresIn: 60 } }
    if (path === "/api/device-auth/codes/AB-12") return { body: { status: "approved", token: "t0ken" } }
    if (path === "/api/openrouter/models")
      return { body: { data: [{ id: "vendor/one", name: "One", context_length: 50_000 }] } }
    if (path === "/api/profile" && headers.authorization === "Bearer t0ken")
      return { body: { user: { email: "a@b.c" }, organizations: [] } }
    if (method === "POST" && path === "/api/share")
      return { body: { id: "s1", secret: "shh-secret", url: "https://share.example/s/s1" } }
    if (path.startsWith("/api/share/s1")) return { body: {} }
    return undefined
  })
}

// Whose services the other server asks can't be said from outside.
describe.skipIf(peer)("with services that answer", () => {
  test.each(clients)(
    "$name: somebody logs in at a provider, shares a session and takes it back",
    async ({ calls }) => {
      await using remote = await service()
      const env = { KILO_API_URL: remote.url, KILO_SHARE_URL: remote.url, KILO_LOGIN_PAUSE_MS: "20" }
      await using given = await place({ user: "opencode", env })
      const client = calls(given)

      const profile = () => given.kilo.fetch("/kilo/profile")
      expect((await profile()).status).not.toBe(200)
      expect(await client.authorize("kilo")).toMatchObject({ url: "https://kilo.example/device", method: "auto" })
      expect(await client.callback("kilo")).toBe(true)
      expect(await (await profile()).json()).toMatchObject({ profile: { email: "a@b.c" } })
      expect(await client.connected()).toContain("kilo")

      const id = await client.create()
      await client.prompt(id, "[[text:for everybody]]")
      expect(await client.share(id)).toBe("https://share.example/s/s1")
      const sent = () => remote.requests.filter(({ path }) => path.endsWith("/sync")).map(({ body }) => body)
      expect(sent().join()).toContain("for everybody")
      expect(sent().join()).not.toContain("t0ken")
      expect(await client.unshare(id)).toBeUndefined()
      expect(remote.requests.at(-1)).toMatchObject({ method: "DELETE", path: "/api/share/s1" })
    },
    45_000,
  )
})
