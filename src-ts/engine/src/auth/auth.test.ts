import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { resolvePaths } from "../config/index.ts"
import { createAuth } from "./index.ts"

let home: string
let file: string
const make = (extra: Record<string, string> = {}) => {
  const env = { HOME: home, ...extra }
  return createAuth({ paths: resolvePaths(env), env })
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "kilo-auth-"))
  file = join(home, ".local/share/kilo/auth.json")
})
afterEach(() => rm(home, { recursive: true, force: true }))

async function put(text: string) {
  await mkdir(join(home, ".local/share/kilo"), { recursive: true })
  await writeFile(file, text)
}

test("credentials are kept in a file that only the user can read", async () => {
  const auth = make()
  expect(auth.all()).toEqual({})
  await auth.set("anthropic", { type: "api", key: "k" })
  await auth.set("github", { type: "oauth", refresh: "r", access: "a", expires: 1 })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(make().get("anthropic")).toEqual({ type: "api", key: "k" })
  await auth.remove("anthropic")
  await auth.remove("never there")
  expect(Object.keys(auth.all())).toEqual(["github"])
})

test("a change by another process is seen", async () => {
  const one = make()
  const two = make()
  await one.set("a", { type: "api", key: "1" })
  expect(two.get("a")).toBeDefined()
  await two.remove("a")
  expect(one.get("a")).toBeUndefined()
})

test("concurrent writes all count", async () => {
  const auth = make()
  await Promise.all(Array.from({ length: 20 }, (_, i) => auth.set(`p${i}`, { type: "api", key: String(i) })))
  expect(Object.keys(make().all())).toHaveLength(20)
})

test("KILO_AUTH_CONTENT lies over the file and is never written", async () => {
  const auth = make({ KILO_AUTH_CONTENT: `{"a":{"type":"api","key":"env"},"bad":{"type":"none"}}` })
  await auth.set("a", { type: "api", key: "file" })
  expect(auth.get("a")).toEqual({ type: "api", key: "env" })
  expect(Object.keys(auth.all())).toEqual(["a"])
  expect(await readFile(file, "utf8")).not.toContain("env")
})

test.each([`{"a": {"type": "api", "key": "preci`, "[]", "42"])(
  "a broken file is kept as it is and named: %s",
  async (text) => {
    await put(text)
    const auth = make()
    expect(auth.all()).toEqual({})
    await expect(auth.set("b", { type: "api", key: "k" })).rejects.toThrow(file)
    await expect(auth.remove("a")).rejects.toThrow(file)
    expect(await readFile(file, "utf8")).toBe(text)
  },
)

test("entries of a form that is not known here survive a write", async () => {
  await put(`{"new": {"type": "passkey", "id": 1}}`)
  const auth = make()
  await auth.set("b", { type: "api", key: "k" })
  expect(JSON.parse(await readFile(file, "utf8"))).toHaveProperty("new.id", 1)
  expect(Object.keys(auth.all())).toEqual(["b"])
})

test("names of built-in object members are ordinary ids", () => {
  expect(make().get("constructor")).toBeUndefined()
})
