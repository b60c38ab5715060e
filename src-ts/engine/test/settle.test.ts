import { existsSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ConflictError, NotFoundError } from "../src/index.ts"
import { type World, world } from "./harness.ts"

const write = (path: string, content: string) => `[[tool:write ${JSON.stringify({ filePath: path, content })}]]`
const read = (w: World, name: string) => readFile(join(w.directory, name), "utf8")
const open = (git = true) =>
  world({
    git,
    files: { "a.txt": "one\n", "b.txt": "one\n" },
    config: { permission: { edit: "allow" } },
  })

async function session(w: World): Promise<string> {
  const { id } = await w.session()
  return id
}

async function ask(w: World, id: string, prompt: string): Promise<string> {
  const items = await w.ask(w.engine.sessions.get(id), `${prompt}[[then]][[text:Done.]]`)
  return items.findLast((item) => item.info.role === "user")?.info.id ?? ""
}

const THREE = `${write("a.txt", "two\n")}${write("b.txt", "two\n")}${write("n.txt", "new\n")}`

describe("all changes at once", () => {
  test("undoing all gives every file back, and what was undone comes back as it was", async () => {
    await using w = await open()
    const id = await session(w)
    await ask(w, id, THREE)
    const { sessions } = w.instance
    expect(await sessions.undoChange(id, {})).toEqual([])
    expect([await read(w, "a.txt"), await read(w, "b.txt"), existsSync(join(w.directory, "n.txt"))]).toEqual([
      "one\n",
      "one\n",
      false,
    ])
    expect(await sessions.settledChanges(id)).toMatchObject([{ kind: "undo", files: ["a.txt", "b.txt", "n.txt"] }])
    const back = await sessions.takeBackChange(id)
    expect(back.map((entry) => entry.file)).toEqual(["a.txt", "b.txt", "n.txt"])
    expect([await read(w, "a.txt"), await read(w, "n.txt")]).toEqual(["two\n", "new\n"])
    expect(w.engine.sessions.get(id).summary).toMatchObject({ files: 3 })
    expect(await sessions.settledChanges(id)).toEqual([])
    await expect(sessions.takeBackChange(id)).rejects.toThrow(ConflictError)
  })

  test("undoing all leaves a file alone that was edited since, and says so when there is no other", async () => {
    await using w = await open()
    const id = await session(w)
    await ask(w, id, THREE)
    await writeFile(join(w.directory, "a.txt"), "mine\n")
    const left = await w.instance.sessions.undoChange(id, {})
    expect(left.map((entry) => entry.file)).toEqual(["a.txt"])
    expect([await read(w, "a.txt"), await read(w, "b.txt")]).toEqual(["mine\n", "one\n"])
    await expect(w.instance.sessions.undoChange(id, {})).rejects.toThrow(/could lose work/)
    expect(await read(w, "a.txt")).toBe("mine\n")
  })

  test("keeping all empties the list, and that too can be taken back", async () => {
    await using w = await open()
    const id = await session(w)
    await ask(w, id, THREE)
    const { sessions } = w.instance
    expect(await sessions.keepChange(id, {})).toEqual([])
    expect(await read(w, "a.txt")).toBe("two\n")
    expect(await sessions.keepChange(id, {})).toEqual([])
    expect((await sessions.takeBackChange(id)).map((entry) => entry.file)).toEqual(["a.txt", "b.txt", "n.txt"])
  })
})

describe("taking back", () => {
  test("goes step by step, newest first, also past what the agent did in other files meanwhile", async () => {
    await using w = await open()
    const id = await session(w)
    await ask(w, id, THREE)
    const { sessions } = w.instance
    await sessions.keepChange(id, { file: "b.txt" })
    await sessions.undoChange(id, { file: "a.txt" })
    await ask(w, id, write("n.txt", "newer\n"))
    expect((await sessions.takeBackChange(id)).map((entry) => entry.file)).toEqual(["a.txt", "n.txt"])
    expect([await read(w, "a.txt"), await read(w, "n.txt")]).toEqual(["two\n", "newer\n"])
    expect((await sessions.takeBackChange(id)).map((entry) => entry.file)).toEqual(["a.txt", "b.txt", "n.txt"])
  })

  test("refuses, and touches nothing, when somebody has changed the file since", async () => {
    await using w = await open()
    const id = await session(w)
    await ask(w, id, THREE)
    await w.instance.sessions.undoChange(id, { file: "a.txt" })
    await writeFile(join(w.directory, "a.txt"), "mine\n")
    await expect(w.instance.sessions.takeBackChange(id)).rejects.toThrow(/a\.txt was changed since/)
    expect(await read(w, "a.txt")).toBe("mine\n")
    await writeFile(join(w.directory, "a.txt"), "one\n")
    await ask(w, id, write("a.txt", "three\n"))
    await expect(w.instance.sessions.takeBackChange(id)).rejects.toThrow(/agent has changed a\.txt since/)
    expect(await read(w, "a.txt")).toBe("three\n")
  })
})

describe("what going back would do", () => {
  test("names the messages, the files with their lines, and the files that were edited since", async () => {
    await using w = await open()
    const id = await session(w)
    await ask(w, id, write("a.txt", "two\n"))
    const second = await ask(w, id, `${write("b.txt", "two\nthree\n")}${write("n.txt", "new\n")}`)
    await writeFile(join(w.directory, "b.txt"), "two\nthree\nmine\n")
    const preview = await w.instance.sessions.previewRevert(id, { messageID: second })
    expect(preview).toEqual({
      messages: 3,
      prompts: 1,
      files: [
        { file: "b.txt", additions: 3, deletions: 1, status: "modified" },
        { file: "n.txt", additions: 1, deletions: 0, status: "added" },
      ],
      edited: ["b.txt"],
      workspace: "restored",
    })
    expect(await read(w, "b.txt")).toBe("two\nthree\nmine\n")
    expect(w.engine.sessions.get(id)).not.toHaveProperty("revert")
    await expect(w.instance.sessions.previewRevert(id, { messageID: "msg_none" })).rejects.toThrow(NotFoundError)
  })

  test("says where there are no checkpoints", async () => {
    await using w = await open(false)
    const id = await session(w)
    const message = await ask(w, id, write("a.txt", "two\n"))
    expect(await w.instance.sessions.previewRevert(id, { messageID: message })).toEqual({
      messages: 3,
      prompts: 1,
      files: [],
      edited: [],
      workspace: "not-a-git-repo",
    })
  })
})
