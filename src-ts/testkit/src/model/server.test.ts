import { describe, expect, test } from "vitest"
import { startFakeModel } from "./index.ts"
import { record, records } from "./wire/json.ts"

async function ask(url: string, user: string, rest: Record<string, unknown> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "m1",
      messages: [{ role: "user", content: user }],
      tools: [{ function: { name: "read" } }],
      ...rest,
    }),
  })
}

async function contentOf(response: Response): Promise<unknown> {
  return record(records(record(await response.json()).choices)[0]?.message).content
}

describe("the fake model", () => {
  test("echoes a prompt that nothing is scripted for", async () => {
    await using fake = await startFakeModel()
    expect(await contentOf(await ask(fake.url, "hello"))).toBe("You said: hello")
  })

  test("answers a request for a title without taking from the queue", async () => {
    await using fake = await startFakeModel()
    fake.reply([{ text: "The answer" }])
    const title = await ask(fake.url, "fix the flaky test", {
      tools: undefined,
      messages: [
        { role: "system", content: "You write a title for a conversation." },
        { role: "user", content: "fix the flaky test" },
      ],
    })
    expect(await contentOf(title)).toBe("fix the flaky test")
    expect(await contentOf(await ask(fake.url, "fix the flaky test"))).toBe("The answer")
    expect(fake.calls).toHaveLength(1)
    expect(fake.requests).toHaveLength(2)
  })

  test("fails the first attempts only when told so", async () => {
    await using fake = await startFakeModel()
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) statuses.push((await ask(fake.url, "[[status:503 x2]][[text:Now]]")).status)
    expect(statuses).toEqual([503, 503, 200])
  })

  test("holds a stream until it is released", async () => {
    await using fake = await startFakeModel()
    const response = await ask(fake.url, "[[text:before]][[hold:gate]][[text:after]]", { stream: true })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    while (!text.includes("before")) text += (await reader?.read())?.value ?? ""
    expect(text).not.toContain("after")
    fake.release("gate")
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value
    expect(text).toContain("after")
    expect(text).toContain("[DONE]")
  })

  test("is scripted and read through its control endpoint", async () => {
    await using fake = await startFakeModel()
    const turns = [[{ text: "One" }], [{ text: "Two" }]]
    await fetch(`${fake.url}/__script`, { method: "POST", body: JSON.stringify({ turns }) })
    expect(await contentOf(await ask(fake.url, "a"))).toBe("One")
    expect(await contentOf(await ask(fake.url, "b"))).toBe("Two")
    const requests = records(await (await fetch(`${fake.url}/__requests`)).json())
    expect(requests.map((request) => request.user)).toEqual(["a", "b"])
  })

  test("says what had arrived when a request does not come", async () => {
    await using fake = await startFakeModel()
    await ask(fake.url, "something else")
    await expect(fake.waitForRequest((request) => request.user === "this", 20)).rejects.toThrow(
      /within 20 ms.*something else/,
    )
  })

  test("cuts the connection in mid-stream", async () => {
    await using fake = await startFakeModel()
    const response = await ask(fake.url, "[[text:half]][[cut]]", { stream: true })
    await expect(response.text()).rejects.toThrow()
  })
})
