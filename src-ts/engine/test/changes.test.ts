import { existsSync } from "node:fs"
import { chmod, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ConflictError, type FileDiff, NotFoundError, SessionBusyError } from "../src/index.ts"
import { partsOf, type World, world } from "./harness.ts"

const LINES = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`)
const text = (...changes: [number, string][]) => {
  const lines = [...LINES]
  for (const [line, value] of changes) lines[line - 1] = value
  return `${lines.join("\n")}\n`
}

const write = (path: string, content: string) => `[[tool:write ${JSON.stringify({ filePath: path, content })}]]`
const edit = (oldString: string, newString: string) =>
  `[[tool:edit ${JSON.stringify({ filePath: "long.txt", oldString, newString })}]]`
const open = () =>
  world({
    git: true,
    files: { "long.txt": text(), "a.txt": "one\n", "gone.txt": "gone\n" },
    config: { permission: { edit: "allow", bash: "allow" } },
  })

async function ask(w: World, prompt: string): Promise<string> {
  const session = await w.session()
  await w.ask(session, `${prompt}[[then]][[text:Done.]]`)
  return session.id
}

const read = (w: World, name: string) => readFile(join(w.directory, name), "utf8")
const hunks = (diff: FileDiff | undefined) => (diff?.patch ?? "").split("\n").filter((line) => line.startsWith("@@ "))

describe("single changes", () => {
  test("a hunk is taken back alone, and the list of changes and the sums follow", async () => {
    await using w = await open()
    const id = await ask(w, write("long.txt", text([3, "THREE"], [30, "THIRTY"])))
    await writeFile(join(w.directory, "mine.txt"), "mine\n")
    const [diff] = await w.instance.sessions.diff(id)
    const [first = "", second = ""] = hunks(diff)
    const left = await w.instance.sessions.undoChange(id, { file: "long.txt", hunk: first, patch: diff?.patch ?? "" })
    expect(await read(w, "long.txt")).toBe(text([30, "THIRTY"]))
    expect(left.map((file) => [file.file, file.additions, file.deletions])).toEqual([["long.txt", 1, 1]])
    expect(w.engine.sessions.get(id).summary).toEqual({ additions: 1, deletions: 1, files: 1 })
    expect(w.log.of("session.diff").at(-1)).toEqual({ sessionID: id, diff: left })
    expect(await w.instance.sessions.undoChange(id, { file: "long.txt", hunk: second })).toEqual([])
    expect(await read(w, "long.txt")).toBe(text())
    expect(await read(w, "mine.txt")).toBe("mine\n")
  })

  test("a hunk that is kept leaves the list, the file stays, and later steps count from there", async () => {
    await using w = await open()
    const session = await w.session()
    await w.ask(session, `${write("long.txt", text([3, "THREE"], [30, "THIRTY"]))}[[then]][[text:Done.]]`)
    const [diff] = await w.instance.sessions.diff(session.id)
    const left = await w.instance.sessions.keepChange(session.id, { file: "long.txt", hunk: hunks(diff)[0] ?? "" })
    expect(hunks(left[0])).toEqual(hunks(diff).slice(1))
    expect(await read(w, "long.txt")).toBe(text([3, "THREE"], [30, "THIRTY"]))
    await w.ask(session, `${write("a.txt", "two\n")}[[then]][[text:Done.]]`)
    expect((await w.instance.sessions.diff(session.id)).map((file) => [file.file, file.additions])).toEqual([
      ["a.txt", 1],
      ["long.txt", 1],
    ])
    expect(await w.instance.sessions.keepChange(session.id, { file: "long.txt" })).toHaveLength(1)
    const [prompt] = w.engine.sessions.messages(session.id).items
    await w.instance.sessions.revert(session.id, { messageID: prompt?.info.id ?? "" })
    expect(await read(w, "long.txt")).toBe(text())
  })

  test("whole files are taken back: new ones go, deleted ones and modes return", async () => {
    await using w = await open()
    const command = { command: "rm gone.txt; chmod +x a.txt; printf '\\000\\001' > bin", description: "x" }
    const id = await ask(w, `${write("new/file.txt", "new\n")}[[tool:bash ${JSON.stringify(command)}]]`)
    expect((await w.instance.sessions.diff(id)).map((file) => file.file)).toEqual([
      "a.txt",
      "bin",
      "gone.txt",
      "new/file.txt",
    ])
    for (const file of ["new/file.txt", "gone.txt", "bin"]) await w.instance.sessions.undoChange(id, { file })
    expect(existsSync(join(w.directory, "new"))).toBe(false)
    expect(existsSync(join(w.directory, "bin"))).toBe(false)
    expect(await read(w, "gone.txt")).toBe("gone\n")
    expect(await w.instance.sessions.undoChange(id, { file: "a.txt" })).toEqual([])
    expect((await stat(join(w.directory, "a.txt"))).mode & 0o111).toBe(0)
  })

  test("one tool call's edit is taken back while a later one in the same file stays", async () => {
    await using w = await open()
    const session = await w.session()
    const items = await w.ask(
      session,
      `${edit("line 3\n", "THREE\n")}[[then]]${edit("line 30\n", "30\n")}[[then]][[text:Ok]]`,
    )
    const [first, second] = partsOf(items, "tool")
    await w.instance.sessions.undoChange(session.id, { file: "long.txt", partID: first?.id ?? "" })
    expect(await read(w, "long.txt")).toBe(text([30, "30"]))
    await expect(
      w.instance.sessions.undoChange(session.id, { file: "long.txt", partID: first?.id ?? "" }),
    ).rejects.toThrow(ConflictError)
    await expect(
      w.instance.sessions.undoChange(session.id, { file: "a.txt", partID: second?.id ?? "" }),
    ).rejects.toThrow(NotFoundError)
  })

  test("nothing is touched when the file was edited since, when the shown patch is old, or while a turn runs", async () => {
    await using w = await open()
    const session = await w.session()
    await w.ask(session, `${write("long.txt", text([3, "THREE"]))}[[then]][[text:Done.]]`)
    const file = join(w.directory, "long.txt")
    await writeFile(file, text([3, "THREE"], [20, "typed by hand"]))
    const undo = (more: object = {}) => w.instance.sessions.undoChange(session.id, { file: "long.txt", ...more })
    await expect(undo()).rejects.toThrow(/changed after the agent's last change/)
    await expect(undo({ hunk: "@@ -1,6 +1,6 @@" })).rejects.toThrow(ConflictError)
    await expect(undo({ patch: "another" })).rejects.toThrow(/no longer the ones that were shown/)
    expect(await read(w, "long.txt")).toBe(text([3, "THREE"], [20, "typed by hand"]))
    await writeFile(file, text([3, "THREE"]))
    await expect(undo({ hunk: "@@ -9,6 +9,6 @@" })).rejects.toThrow(/no change at/)
    await expect(undo({ file: "other.txt" })).rejects.toThrow(NotFoundError)
    await chmod(file, 0o755)
    await expect(undo()).rejects.toThrow(ConflictError)
    await w.instance.sessions.promptAsync(session.id, { parts: [{ type: "text", text: "[[text:Busy]][[hold:on]]" }] })
    await expect(undo()).rejects.toThrow(SessionBusyError)
  })

  test("outside git the answer says that there is nothing to go back to", async () => {
    await using w = await world({ config: { permission: { edit: "allow" } } })
    const id = await ask(w, write("a.txt", "x\n"))
    await expect(w.instance.sessions.undoChange(id, { file: "a.txt" })).rejects.toThrow(/not in a git repository/)
  })
})

test("changes come with the whole text before and after when asked for, of the session and of one turn", async () => {
  await using w = await open()
  const session = await w.session()
  await w.ask(session, `${write("a.txt", "two\n")}${write("n.txt", "new\n")}[[then]][[text:Done.]]`)
  const items = await w.ask(session, `${write("a.txt", "three\n")}[[then]][[text:Done.]]`)
  const { sessions } = w.instance
  const texts = (diff: FileDiff[]) => diff.map(({ file, before, after }) => [file, before, after])
  expect(texts(await sessions.diff(session.id, undefined, { full: true }))).toEqual([
    ["a.txt", "one\n", "three\n"],
    ["n.txt", "", "new\n"],
  ])
  expect(texts(await sessions.diff(session.id, undefined, { full: true, file: "n.txt" }))).toHaveLength(1)
  const second = items.filter((item) => item.info.role === "user")[1]?.info.id ?? ""
  await w.log.wait(
    "message.updated",
    ({ info }) => info.id === second && info.role === "user" && !!info.summary?.diffs[0],
  )
  expect(texts(await sessions.diff(session.id, second, { full: true }))).toEqual([["a.txt", "two\n", "three\n"]])
  expect(texts(await sessions.diff(session.id))[0]).toEqual(["a.txt", undefined, undefined])
})

describe("copies", () => {
  test("a fork has everything before a message under ids of its own, and its checkpoints work", async () => {
    await using w = await open()
    const session = await w.session()
    await w.ask(
      session,
      `${write("a.txt", "1\n")}[[tool:todowrite ${JSON.stringify({ todos: [{ content: "x", status: "pending", priority: "low" }] })}]][[then]][[text:One.]]`,
    )
    const items = await w.ask(session, `${write("a.txt", "2\n")}[[then]][[text:Two.]]`)
    const second = items.filter((item) => item.info.role === "user")[1]?.info.id ?? ""
    const from = w.log.events.length
    const copy = w.instance.sessions.fork(session.id, second)
    expect(copy).toMatchObject({ title: "Test (fork #1)", directory: w.directory, agent: "code" })
    expect(copy).not.toHaveProperty("parentID")
    expect(w.log.events.slice(from).map((event) => event.type)).toEqual(["session.created"])
    const copied = w.engine.sessions.messages(copy.id).items
    const shape = (list: typeof items) =>
      list.map((item) => [item.info.role, item.parts.map((part) => ("text" in part ? part.text : part.type))])
    expect(shape(copied)).toEqual(shape(items.slice(0, copied.length)))
    expect(copied).toHaveLength(3)
    const ids = (list: typeof items) => list.flatMap((item) => [item.info.id, ...item.parts.map((part) => part.id)])
    expect(ids(copied).some((id) => ids(items).includes(id))).toBe(false)
    expect(
      copied.filter((item) => item.info.role === "assistant" && item.info.parentID === copied[0]?.info.id),
    ).toHaveLength(2)
    expect(w.engine.sessions.todos(copy.id)).toHaveLength(1)
    await w.instance.sessions.revert(copy.id, { messageID: copied[0]?.info.id ?? "" })
    expect(await read(w, "a.txt")).toBe("one\n")
    expect(w.engine.sessions.messages(session.id).items).toHaveLength(items.length)
    expect(w.instance.sessions.fork(copy.id).title).toBe("Test (fork #2)")
    expect(() => w.instance.sessions.fork(session.id, "msg_none")).toThrow(NotFoundError)
  })

  test("a fork of a session that is at work leaves the running turn out", async () => {
    await using w = await open()
    const session = await w.session()
    await w.ask(session, "[[text:Hi]]")
    await w.instance.sessions.promptAsync(session.id, { parts: [{ type: "text", text: "[[text:Busy]][[hold:on]]" }] })
    await w.log.wait("message.part.delta", ({ delta }) => delta.includes("Busy"))
    const copy = w.instance.sessions.fork(session.id)
    expect(w.engine.sessions.messages(copy.id).items).toHaveLength(2)
  })
})

describe("messages and parts", () => {
  test("are removed for good; a waiting prompt is taken out of the queue; the running turn's are not", async () => {
    await using w = await open()
    const session = await w.session()
    const [prompt, answer] = await w.ask(session, "[[text:Hi]]")
    if (!prompt || !answer) throw new Error("no messages")
    const { sessions } = w.instance
    const part = partsOf([answer], "text")[0]
    if (!part) throw new Error("no text")
    expect(sessions.updatePart({ ...part, text: "Hello" })).toMatchObject({ text: "Hello" })
    expect(partsOf(w.engine.sessions.messages(session.id).items, "text").at(-1)?.text).toBe("Hello")
    expect(() => sessions.updatePart({ ...part, id: "prt_none" })).toThrow(NotFoundError)
    sessions.removePart(session.id, answer.info.id, part.id)
    expect(w.log.events.at(-1)).toMatchObject({ type: "message.part.removed", properties: { partID: part.id } })
    expect(sessions.removeMessage(session.id, "msg_none")).toBe(true)
    await sessions.promptAsync(session.id, { parts: [{ type: "text", text: "[[text:Busy]][[hold:on]]" }] })
    const running = w.engine.sessions.messages(session.id).items.at(-1)?.info.id ?? ""
    await sessions.promptAsync(session.id, { messageID: "msg_waits", parts: [{ type: "text", text: "later" }] })
    expect(sessions.removeMessage(session.id, running)).toBe(false)
    expect(sessions.removeMessage(session.id, answer.info.id, true)).toBe(false)
    expect(sessions.removeMessage(session.id, "msg_waits", true)).toBe(true)
    expect(w.log.events.slice(-2)).toMatchObject([
      { type: "message.removed", properties: { messageID: "msg_waits" } },
      { type: "session.queue.changed", properties: { queued: [] } },
    ])
    expect(sessions.removeMessage(session.id, answer.info.id)).toBe(true)
    expect(w.engine.sessions.messages(session.id).items.map((item) => item.info.id)).not.toContain(answer.info.id)
  })
})
