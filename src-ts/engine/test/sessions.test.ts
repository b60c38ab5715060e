import { mkdir, realpath, symlink } from "node:fs/promises"
import { join } from "node:path"
import { until } from "@kilo-split/testkit"
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import { BadRequestError, isId, NotFoundError } from "../src/index.ts"
import type { Store } from "../src/session/index.ts"
import { partsOf, world } from "./harness.ts"

test("a new session has the contract's shape and defaults", async () => {
  await using w = await world({ git: true })
  const session = await w.instance.sessions.create({ metadata: { by: "test" } })
  expect(isId("ses", session.id)).toBe(true)
  expect(session).toMatchObject({
    directory: w.directory,
    path: "",
    projectID: w.instance.project.id,
    version: "0.1.0",
    cost: 0,
    tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
    metadata: { by: "test" },
  })
  expect(session.slug).toMatch(/^[a-z]+-[a-z]+$/)
  expect(session.title).toBe(`New session - ${new Date(session.time.created).toISOString()}`)
  expect(w.log.types()).toEqual(["session.created"])
})

test("outside git a session's path is its directory without the leading slash", async () => {
  await using w = await world()
  expect(w.instance.project).toMatchObject({ id: "global", worktree: "/" })
  expect((await w.session()).path).toBe(w.directory.slice(1))
})

test("updates append permissions, replace metadata, and clear the archive mark; a title alone is no activity", async () => {
  await using w = await world()
  const rule = (action: "allow" | "deny") => ({ permission: "bash", pattern: "*", action })
  const session = await w.instance.sessions.create({ permission: [rule("allow")], metadata: { a: 1 } })
  const renamed = w.instance.sessions.update(session.id, { title: "New name" })
  expect(renamed).toMatchObject({ title: "New name", time: session.time })
  const changed = w.instance.sessions.update(session.id, {
    permission: [rule("deny")],
    metadata: { b: 2 },
    time: { archived: 5 },
  })
  expect(changed).toMatchObject({ permission: [rule("allow"), rule("deny")], time: { archived: 5 } })
  expect(changed.metadata).toEqual({ b: 2 })
  const back = w.instance.sessions.update(session.id, { time: { archived: null } })
  expect(back.time).not.toHaveProperty("archived")
  expect(w.engine.sessions.get(session.id)).toEqual(back)
  expect(() => w.instance.sessions.update("ses_unknown", {})).toThrow(
    new NotFoundError("Session not found: ses_unknown"),
  )
})

test("deleting a session deletes its children first and stops their turns", async () => {
  await using w = await world()
  const parent = await w.session()
  const child = await w.instance.sessions.create({ parentID: parent.id, title: "Child" })
  const grandchild = await w.instance.sessions.create({ parentID: child.id, title: "Grandchild" })
  expect(w.engine.sessions.children(parent.id)).toEqual([child])
  await w.instance.sessions.promptAsync(child.id, { parts: [{ type: "text", text: "[[text:Busy]][[hold:forever]]" }] })
  await w.log.wait("message.part.delta")
  await w.instance.sessions.remove(parent.id)
  expect(w.log.of("session.deleted").map((event) => event.sessionID)).toEqual([grandchild.id, child.id, parent.id])
  expect(() => w.engine.sessions.get(child.id)).toThrow(NotFoundError)
  await expect(w.instance.sessions.remove(parent.id)).rejects.toThrow(NotFoundError)
  expect(w.instance.sessions.statuses()).toEqual({})
})

test("lists filter by directory, project, path, roots, start and search, newest activity first", async () => {
  await using w = await world({ git: true })
  const below = join(w.directory, "packages", "app")
  await mkdir(below, { recursive: true })
  const inner = await w.engine.instance(below)
  expect(inner.project.id).toBe(w.instance.project.id)
  const first = await w.instance.sessions.create({ title: "Fix 100% of it" })
  const second = await w.instance.sessions.create({ title: "Second" })
  const child = await w.instance.sessions.create({ title: "Child", parentID: first.id })
  const app = await inner.sessions.create({ title: "App" })
  expect(app.path).toBe("packages/app")
  const ids = (list: { id: string }[]) => list.map((session) => session.id).toSorted()
  const list = w.instance.sessions.list.bind(w.instance.sessions)
  expect(ids(list({}))).toEqual(ids([first, second, child]))
  expect(ids(inner.sessions.list({}))).toEqual([app.id])
  expect(ids(list({ roots: true }))).toEqual(ids([first, second]))
  expect(ids(list({ scope: "project" }))).toEqual(ids([first, second, child, app]))
  expect(ids(list({ scope: "project", path: "packages" }))).toEqual([app.id])
  expect(ids(list({ search: "100%" }))).toEqual([first.id])
  expect(ids(list({ search: "%" }))).toEqual([first.id])
  expect(list({ start: Date.now() + 1000 })).toEqual([])
  await until(() => Date.now() > first.time.updated)
  w.instance.sessions.update(first.id, { metadata: { touched: true } })
  expect(list({ limit: 1 }).map((session) => session.id)).toEqual([first.id])
})

test("a list holds 100 sessions unless told otherwise", async () => {
  await using w = await world()
  for (let count = 0; count < 105; count += 1) await w.session()
  expect(w.instance.sessions.list({})).toHaveLength(100)
  expect(w.instance.sessions.list({ limit: 103 })).toHaveLength(103)
  expect(w.instance.sessions.list({ limit: Number.NaN })).toHaveLength(105)
})

test("pages of messages cover the history without gap or overlap, whatever their size", async () => {
  await using w = await world()
  const session = await w.session()
  for (let count = 0; count < 7; count += 1) {
    await w.instance.sessions.prompt(session.id, { noReply: true, parts: [{ type: "text", text: `Note ${count}` }] })
  }
  const all = w.engine.sessions.messages(session.id).items
  expect(partsOf(all, "text").map((part) => part.text)).toEqual([0, 1, 2, 3, 4, 5, 6].map((count) => `Note ${count}`))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), (limit) => {
      const pages = []
      let before: string | undefined
      do {
        const page = w.engine.sessions.messages(session.id, { limit, ...(before ? { before } : {}) })
        pages.unshift(...page.items)
        before = page.next
      } while (before)
      expect(pages).toEqual(all)
    }),
  )
  expect(w.engine.sessions.messages(session.id, { limit: 0 }).items).toEqual(all)
  expect(() => w.engine.sessions.messages(session.id, { limit: 2, before: "garbage" })).toThrow(BadRequestError)
  expect(() => w.engine.sessions.messages(session.id, { before: "x" })).toThrow(BadRequestError)
})

test("a message of another session is not found", async () => {
  await using w = await world()
  const [one, two] = [await w.session(), await w.session()]
  const [message] = await w.ask(one, "[[text:Hi]]")
  const id = message?.info.id ?? ""
  expect(w.engine.sessions.message(one.id, id).info.id).toBe(id)
  expect(() => w.engine.sessions.message(two.id, id)).toThrow(`Message not found: ${id}`)
})

test("attached files become text that the model reads, ranges included; missing ones say so", async () => {
  await using w = await world()
  const session = await w.session()
  const file = (url: string, mime = "text/plain") => ({ type: "file" as const, mime, url })
  await w.instance.sessions.prompt(session.id, {
    parts: [
      { type: "text", text: "[[text:Read.]]" },
      file(`file://${w.directory}/a.txt?start=2&end=2`),
      file(`file://${w.directory}/missing.txt`),
      file(`file://${w.directory}`, "application/x-directory"),
      file("data:image/png;base64,aGk=", "image/png"),
    ],
  })
  const [prompt] = w.engine.sessions.messages(session.id).items
  const synthetic = (prompt?.parts ?? []).flatMap((part) => (part.type === "text" && part.synthetic ? [part.text] : []))
  expect(synthetic[0]).toBe(
    `Called the Read tool with the following input: ${JSON.stringify({ filePath: `${w.directory}/a.txt`, offset: 2, limit: 1 })}`,
  )
  expect(synthetic[1]).toContain("2: two")
  expect(synthetic[1]).not.toContain("1: one")
  expect(synthetic[2]).toMatch(/^Read tool failed to read .*missing\.txt/)
  expect(synthetic.at(-1)).toContain("a.txt")
  expect(partsOf(prompt ? [prompt] : [], "file").map((part) => part.mime)).toEqual([
    "text/plain",
    "application/x-directory",
    "image/png",
  ])
  expect(JSON.stringify(w.model.calls[0]?.body)).toContain("2: two")
})

test("todos are stored and told in one go", async () => {
  await using w = await world()
  const session = await w.session()
  const todos = [{ content: "First", status: "pending", priority: "high" }]
  await w.ask(session, `[[tool:todowrite ${JSON.stringify({ todos })}]][[then]][[text:Listed.]]`)
  expect(w.log.of("todo.updated")).toEqual([{ sessionID: session.id, todos }])
  expect(w.engine.sessions.todos(session.id)).toEqual(todos)
})

test("a directory is one instance however it is written, and directories are apart", async () => {
  await using w = await world()
  const link = join(w.directory, "link")
  const target = join(w.directory, "target")
  await mkdir(target)
  await symlink(target, link)
  const instances = await Promise.all(
    [target, `${target}/`, link, "target", join(target, "x", "..")].map((path) => w.engine.instance(path)),
  )
  expect(new Set(instances).size).toBe(1)
  expect(instances[0]?.directory).toBe(await realpath(target))
  const missing = await w.engine.instance(join(w.directory, "not-there"))
  expect(missing.directory).toBe(join(w.directory, "not-there"))
  await instances[0]?.sessions.create({ title: "There" })
  expect(w.instance.sessions.list({})).toEqual([])
})

test("disposing a directory ends its turns only and tells it", async () => {
  await using w = await world()
  const session = await w.session()
  await w.instance.sessions.promptAsync(session.id, {
    parts: [{ type: "text", text: "[[text:Busy]][[hold:forever]]" }],
  })
  await w.log.wait("message.part.delta")
  await w.engine.dispose(w.directory)
  expect(w.log.events.at(-1)).toMatchObject({
    type: "server.instance.disposed",
    properties: { directory: w.directory },
  })
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "interrupted" }])
  const again = await w.engine.instanceOf(session.id)
  expect(again).not.toBe(w.instance)
  await again.sessions.prompt(session.id, { parts: [{ type: "text", text: "[[text:Back.]]" }] })
  await w.engine.disposeAll()
  expect(w.log.events.at(-1)?.type).toBe("global.disposed")
})

test("forgetting everything, as clients do after a change of providers, lets running turns go on", async () => {
  await using w = await world()
  const session = await w.session()
  const reply = w.instance.sessions.prompt(session.id, {
    parts: [{ type: "text", text: "[[text:Busy]][[hold:work]][[text: and done.]]" }],
  })
  await w.log.wait("message.part.delta")
  await w.engine.disposeAll()
  expect(w.log.events.at(-1)?.type).toBe("global.disposed")
  w.model.release("work")
  expect((await reply).info).toMatchObject({ finish: "stop" })
  expect(w.log.of("session.turn.close")).toMatchObject([{ reason: "completed" }])
})

test("a turn whose end can't be stored leaves nobody waiting: the prompt fails and the session takes the next one", async () => {
  await using w = await world()
  const { id } = await w.session()
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined)
  const store = w.engine.sessions as Store
  const commit = store.commit.bind(store)
  const broken = vi.spyOn(store, "commit").mockImplementation((scope, ...changes) => {
    if (changes.some((change) => change.type === "run" && !change.running)) throw new Error("the disk is full")
    return commit(scope, ...changes)
  })
  const parts = [{ type: "text" as const, text: "[[text:hello]]" }]
  await expect(w.instance.sessions.prompt(id, { parts })).rejects.toThrow("the disk is full")
  expect(String(said.mock.calls)).toContain("the disk is full")
  expect(w.instance.sessions.statuses()).toEqual({})
  expect(w.log.of("session.turn.close").at(-1)).toMatchObject({ sessionID: id, reason: "error" })
  expect(w.log.of("session.error").at(-1)?.error).toMatchObject({ data: { message: "the disk is full" } })
  broken.mockRestore()
  said.mockRestore()
  const answer = await w.instance.sessions.prompt(id, { parts })
  expect(partsOf([answer], "text")[0]?.text).toBe("hello")
})
