import { readFile } from "node:fs/promises"
import type { RecordedEvent } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { type Stage, stage } from "./scenario/stage.ts"
import { carryingOut, finishing, PLAN, planning, releasing, TESTS } from "./scenario/work.ts"

interface Part {
  id: string
  type: string
  tool?: string
  text?: string
  state?: { status: string; input: Record<string, unknown>; output?: string; error?: string; metadata?: object }
}

interface Message {
  info: { id: string; role: string; agent: string; summary?: unknown; error?: object }
  parts: Part[]
}

/** One client's view: waits for what the server asks next and answers it. */
function client({ kilo, events, project }: Stage) {
  const { directory } = project
  let seen = 0
  const next = async (type: string): Promise<RecordedEvent["properties"]> => {
    const event = await events.waitFor((each) => each.type === type, 30_000, seen)
    seen = events.events.indexOf(event) + 1
    return event.properties
  }
  return {
    next,
    messages: (id: string) => kilo.api<Message[]>(`/session/${id}/message`),
    prompt: (id: string, text: string, more: object) =>
      kilo.api(`/session/${id}/message`, { json: { parts: [{ type: "text", text }], ...more } }),
    async allow(reply: object, about: object) {
      const asked = await next("permission.asked")
      expect(asked).toMatchObject(about)
      await kilo.api(`/permission/${asked.id}/reply`, { json: reply, directory })
    },
    async choose(answer: string, about: string) {
      const asked = await next("question.asked")
      expect(JSON.stringify(asked.questions)).toContain(about)
      await kilo.api(`/question/${asked.id}/reply`, { json: { answers: [[answer]] }, directory })
    },
  }
}

const tools = (messages: Message[]) => messages.flatMap(({ parts }) => parts.filter(({ type }) => type === "tool"))

test("a published package is planned, changed, tested, released, taken back and finished in one long session", async () => {
  await using at = await stage()
  const { kilo, project, model, events, web } = at
  const { directory } = project
  const c = client(at)
  const { id } = await kilo.api<{ id: string }>("/session", { json: {}, directory })

  // A plan first. The page lies on this machine, so the user is asked; then the question, then how to go on.
  model.reply(...planning(`${web.url}/globs`), ...carryingOut())
  const asked = "A set like [!a] should match everything but a."
  const planned = c.prompt(id, asked, { agent: "plan" })
  await c.allow({ reply: "once" }, { permission: "private_network", sessionID: id })
  await c.choose("Not", "What does ! mean in a set?")
  await c.choose("Continue here", "Ready to implement?")
  // The package's tests pass, fail with the new case, and pass again; only the first two runs are asked about.
  await c.allow({ reply: "once" }, { permission: "bash", patterns: [TESTS] })
  await c.allow({ reply: "always" }, { permission: "bash", patterns: [TESTS] })
  await c.allow({ reply: "reject", message: "Keep the manual." }, { permission: "bash", patterns: ["rm README.md"] })
  await planned
  await c.next("session.idle")
  const work = await c.messages(id)
  const runs = tools(work).filter(({ tool }) => tool === "bash")
  expect(
    runs.map(({ state }) => /Ok!|AssertionError|Keep the manual/.exec(state?.output ?? state?.error ?? "")?.[0]),
  ).toEqual(["Ok!", "AssertionError", "Ok!", "Keep the manual"])
  expect(await project.read("index.js")).toContain('reStr += "^"')
  expect(await project.read("README.md")).not.toBe("")
  expect((await kilo.api<object[]>(`/session/${id}/todo`)).map((todo) => Object(todo).status)).toEqual(
    Array(3).fill("completed"),
  )

  // The release is taken back and brought again.
  model.reply(...releasing)
  await c.prompt(id, "Release it", { model: { providerID: "fake", modelID: "gpt-5-fake" } })
  const release = (await c.messages(id)).findLast(({ info }) => info.role === "user")?.info.id
  const state = async () => ({
    version: JSON.parse(await project.read("package.json")).version,
    fixed: (await project.read("index.js")).includes("Lastly"),
    authors: await project.read("AUTHORS").catch(() => undefined),
  })
  const released = { version: "0.4.2", fixed: true, authors: "Nick Fitzgerald\n" }
  expect(await state()).toEqual(released)
  await kilo.api(`/session/${id}/revert`, { json: { messageID: release } })
  expect(await state()).toEqual({ version: "0.4.1", fixed: true, authors: undefined })
  await kilo.api(`/session/${id}/unrevert`, { method: "POST" })
  expect(await state()).toEqual(released)

  // A model that can't hold all of this goes on from a summary, and runs the package's own tests at the end.
  model.reply(...finishing())
  await c.prompt(id, "Run the tests once more", { model: { providerID: "fake", modelID: "small" } })
  const all = await c.messages(id)
  expect(all.filter(({ info }) => info.role === "assistant" && info.summary === true)).toHaveLength(1)
  expect(tools(all).at(-1)).toMatchObject({ tool: "bash", state: { status: "completed", input: { command: TESTS } } })
  expect(tools(all).at(-1)?.state?.output).toContain("Ok!")
  expect(all.at(-1)?.parts.find(({ type }) => type === "text")?.text).toBe("All tests pass.")

  // Every tool there is has been used. semantic_search needs an index and is not offered without one.
  const ids = await kilo.api<string[]>("/experimental/tool/ids", { directory })
  expect(ids).not.toContain("semantic_search")
  const used = new Set(tools(all).map(({ tool }) => tool))
  expect(ids.filter((tool) => !used.has(tool) && !tool.startsWith("all_"))).toEqual([])
  expect([...used]).toEqual(expect.arrayContaining(["lsp", "all_echo", "task", "websearch", "plan_exit", "skill"]))
  const bad = tools(all).filter((part) => part.state?.status !== "completed")
  expect(bad.map((part) => part.state?.input.command)).toEqual(["rm README.md"])

  // The sub-agent worked in a session of its own.
  const children = await kilo.api<{ id: string }[]>(`/session/${id}/children`)
  expect(children).toHaveLength(1)
  expect(tools(await c.messages(children[0]?.id ?? "")).map(({ tool }) => tool)).toEqual(["grep"])

  // What was told is what is stored, everything asked was answered, and nothing is left open.
  const told = new Map<string, unknown>()
  for (const { type, properties } of events.events) {
    if (type === "message.part.updated") told.set(String(Object(properties.part).id), properties.part)
  }
  for (const part of all.flatMap(({ parts }) => parts)) expect(told.get(part.id)).toEqual(part)
  const count = (type: string) => events.news.filter((event) => event.type === type).length
  expect([count("permission.asked"), count("permission.replied")]).toEqual([4, 4])
  expect([count("question.asked"), count("question.replied")]).toEqual([2, 2])
  expect([count("session.error"), count("session.compacted")]).toEqual([0, 1])
  expect(await kilo.api("/permission", { directory })).toEqual([])
  expect(await kilo.api("/question", { directory })).toEqual([])
  expect(await kilo.api("/session/status", { directory })).toEqual({})
  const changed = (await project.git("status", "--porcelain", "-uall"))
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(3))
  expect(changed.toSorted()).toEqual([PLAN, "AUTHORS", "CHANGELOG.md", "index.js", "package.json", "test.js"])
  expect(await readFile(project.path("CHANGELOG.md"), "utf8")).toContain("0.4.2")
}, 120_000)
