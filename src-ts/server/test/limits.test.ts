import { startKilo } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { ask, basic, open } from "./http.ts"

test("large bodies are taken, and those above the limit refused without reading them all", async () => {
  await using kilo = await startKilo()
  const title = "x".repeat(12_000_000)
  expect(await kilo.api<{ title: string }>("/session", { json: { title } })).toHaveProperty("title", title)
  const headers = { authorization: basic("kilo", kilo.password ?? ""), "content-type": "application/json" }
  const announced = await ask(`${kilo.url}/session`, {
    method: "POST",
    headers: { ...headers, "content-length": String(65 * 1024 * 1024) },
    body: "{",
  }).catch((error: NodeJS.ErrnoException) => error.code)
  expect(announced).toMatchObject({ status: 413 })
  expect(await kilo.api("/global/health")).toMatchObject({ healthy: true })
})

test("requests that are no HTTP paths do no harm", async () => {
  await using kilo = await startKilo()
  const headers = { authorization: basic("kilo", kilo.password ?? "") }
  for (const path of [
    "//",
    "/%",
    "/session/%zz",
    "/?directory=%00",
    "/session?directory=%00",
    `/${"x".repeat(9000)}`,
  ]) {
    const answer = await ask(kilo.url, { path, headers })
    expect(answer.status, path).toBeGreaterThanOrEqual(400)
    expect(answer.status, path).toBeLessThan(500)
  }
  expect(await kilo.api("/global/health")).toMatchObject({ healthy: true })
})

test("a client that never reads its events costs nobody else anything", async () => {
  await using kilo = await startKilo()
  const headers = { authorization: basic("kilo", kilo.password ?? "") }
  const lazy = await open(`${kilo.url}/global/event`, { headers })
  lazy.pause()
  lazy.on("error", () => lazy.destroy())
  await using events = await kilo.events()
  const title = "y".repeat(500_000)
  for (let count = 0; count < 30; count++) await kilo.api("/session", { json: { title } })
  await events.waitFor(() => events.news.filter((event) => event.type === "session.created").length === 30)
  expect(await kilo.stop()).toEqual({ code: 0, signal: null })
  lazy.destroy()
})
