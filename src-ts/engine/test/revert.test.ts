import { existsSync } from "node:fs"
import { chmod, lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { describe, expect, test } from "vitest"
import { SessionBusyError } from "../src/index.ts"
import { partsOf, type World, world } from "./harness.ts"

const write = (path: string, content: string) => `[[tool:write ${JSON.stringify({ filePath: path, content })}]]`
const bash = (command: string) => `[[tool:bash ${JSON.stringify({ command, description: "Change files" })}]]`
const allow = { permission: { edit: "allow", bash: "allow", external_directory: "allow" } }
const open = () => world({ git: true, config: allow })

async function read(w: World, name: string): Promise<string | undefined> {
  return readFile(join(w.directory, name), "utf8").catch(() => undefined)
}

/** Runs a prompt and returns the id of its message. */
async function prompt(w: World, session: { id: string }, text: string): Promise<string> {
  await w.instance.sessions.prompt(session.id, { parts: [{ type: "text", text }] })
  return w.engine.sessions.messages(session.id).items.findLast((item) => item.info.role === "user")?.info.id ?? ""
}

describe("going back", () => {
  test("restores what the undone turns changed, hides the messages, and comes back whole", async () => {
    await using w = await open()
    const session = await w.session()
    await prompt(w, session, `${write("a.txt", "first\n")}[[then]][[text:Done.]]`)
    const second = await prompt(
      w,
      session,
      `${write("a.txt", "second\n")}${write("new/b.txt", "b\n")}[[then]][[text:Ok]]`,
    )
    await writeFile(join(w.directory, "mine.txt"), "typed by hand\n")
    const shown = () => w.engine.sessions.messages(session.id).items.map((item) => [item.info.id, item.parts])
    const before = shown()

    const reverted = await w.instance.sessions.revert(session.id, { messageID: second })
    expect(await read(w, "a.txt")).toBe("first\n")
    expect(existsSync(join(w.directory, "new"))).toBe(false)
    expect(await read(w, "mine.txt")).toBe("typed by hand\n")
    expect(reverted.revert).toMatchObject({ messageID: second, workspace: "restored" })
    expect(reverted.revert?.diff).toContain("-second\n+first")
    expect(reverted.summary).toMatchObject({ additions: 2, deletions: 1, files: 2 })
    expect(shown()).toEqual(before)
    expect(w.log.types().slice(-2)).toEqual(["session.diff", "session.updated"])
    expect(
      w.log
        .of("session.diff")
        .at(-1)
        ?.diff.map((file) => [file.file, file.status]),
    ).toEqual([
      ["a.txt", "modified"],
      ["new/b.txt", "added"],
    ])

    await writeFile(join(w.directory, "mine.txt"), "typed again\n")
    const back = await w.instance.sessions.unrevert(session.id)
    expect(back).not.toHaveProperty("revert")
    expect(back.summary).toMatchObject({ files: 2, additions: 2 })
    expect(await read(w, "a.txt")).toBe("second\n")
    expect(await read(w, "new/b.txt")).toBe("b\n")
    expect(await read(w, "mine.txt")).toBe("typed again\n")
  })

  test("becomes permanent with the next prompt, which removes what was hidden", async () => {
    await using w = await open()
    const session = await w.session()
    const first = await prompt(w, session, `${write("a.txt", "pineapple\n")}[[then]][[text:Done.]]`)
    const hidden = w.engine.sessions.messages(session.id).items.map((item) => item.info.id)
    await w.instance.sessions.revert(session.id, { messageID: first })
    const from = w.log.events.length
    await prompt(w, session, "[[text:Another way.]]")
    const types = w.log.events.slice(from).map((event) => event.type)
    expect(types.slice(0, hidden.length + 1)).toEqual([...hidden.map(() => "message.removed"), "session.updated"])
    expect(w.engine.sessions.get(session.id)).not.toHaveProperty("revert")
    const left = w.engine.sessions.messages(session.id).items
    expect(left.map((item) => item.info.role)).toEqual(["user", "assistant"])
    expect(left.some((item) => hidden.includes(item.info.id))).toBe(false)
    expect(JSON.stringify(w.model.calls.at(-1)?.body)).not.toContain("pineapple")
    expect((await w.instance.sessions.unrevert(session.id)).id).toBe(session.id)
    expect(await read(w, "a.txt")).toBe("one\ntwo\nthree\n")
  })

  test("to a part keeps what came before it, and further and back again moves the files along", async () => {
    await using w = await open()
    const session = await w.session()
    await prompt(w, session, `${write("a.txt", "1\n")}[[then]]${write("a.txt", "2\n")}[[then]][[text:Done.]]`)
    const items = w.engine.sessions.messages(session.id).items
    const tools = partsOf(items, "tool")
    const second = tools[1]
    if (!second || !items[0]) throw new Error("no second call")
    const texts = partsOf(items, "text")
    const last = texts.at(-1)
    await w.instance.sessions.revert(session.id, { messageID: second.messageID, partID: second.id })
    expect(await read(w, "a.txt")).toBe("1\n")
    await w.instance.sessions.revert(session.id, { messageID: items[0].info.id })
    expect(await read(w, "a.txt")).toBe("one\ntwo\nthree\n")
    await w.instance.sessions.revert(session.id, { messageID: last?.messageID ?? "" })
    expect(await read(w, "a.txt")).toBe("2\n")
    await w.instance.sessions.unrevert(session.id)
    expect(await read(w, "a.txt")).toBe("2\n")
  })

  test("brings back deleted files, modes and links, and follows no link out of the project", async () => {
    await using w = await open()
    await writeFile(join(w.directory, "run.sh"), "#!/bin/sh\n")
    await chmod(join(w.directory, "run.sh"), 0o755)
    await symlink("a.txt", join(w.directory, "link"))
    await mkdir(join(w.directory, "dir"))
    await writeFile(join(w.directory, "dir", "x"), "x\n")
    const outside = join(w.directory, "..", `${basename(w.directory)}-outside`)
    await mkdir(outside)
    const session = await w.session()
    const id = await prompt(
      w,
      session,
      `${bash(`rm run.sh link; rm -r dir; ln -s ${outside} dir; echo evil > dir/x`)}[[then]][[text:Done.]]`,
    )
    const reverted = await w.instance.sessions.revert(session.id, { messageID: id })
    expect(reverted.revert?.left).toBeUndefined()
    expect((await lstat(join(w.directory, "run.sh"))).mode & 0o111).toBe(0o111)
    expect(await readlink(join(w.directory, "link"))).toBe("a.txt")
    expect(await read(w, "dir/x")).toBe("x\n")
    expect(await readFile(join(outside, "x"), "utf8")).toBe("evil\n")
    await rm(outside, { recursive: true })
  })

  test("never deletes what was there before but in no checkpoint: large files and files that were ignored", async () => {
    await using w = await open()
    const large = "x".repeat(3 * 1024 * 1024)
    await writeFile(join(w.directory, "large.txt"), large)
    await writeFile(join(w.directory, ".gitignore"), ".env\n")
    await writeFile(join(w.directory, ".env"), "SECRET=1\n")
    const session = await w.session()
    const id = await prompt(w, session, `${bash("echo small > large.txt; : > .gitignore")}[[then]][[text:Done.]]`)
    const { revert } = await w.instance.sessions.revert(session.id, { messageID: id })
    expect(await read(w, ".env")).toBe("SECRET=1\n")
    expect(await read(w, ".gitignore")).toBe(".env\n")
    expect(await read(w, "large.txt")).toBe("small\n")
    expect(revert?.left?.map((item) => item.file).sort()).toEqual(
      [".env", "large.txt"].map((name) => join(w.directory, name)),
    )
    // A file that grew after the agent changed it is held whole before it is taken back.
    const grown = await prompt(w, session, `${write("a.txt", "small\n")}[[then]][[text:Ok]]`)
    await writeFile(join(w.directory, "a.txt"), large)
    await w.instance.sessions.revert(session.id, { messageID: grown })
    expect(await read(w, "a.txt")).toBe("one\ntwo\nthree\n")
    await w.instance.sessions.unrevert(session.id)
    expect(await read(w, "a.txt")).toBe(large)
  })

  test("undoes what a stopped turn's command did, too", async () => {
    await using w = await open()
    const session = await w.session()
    await w.instance.sessions.promptAsync(session.id, {
      parts: [{ type: "text", text: bash("echo half > half.txt; echo ready; sleep 60") }],
    })
    await w.log.wait("message.part.updated", ({ part }) => JSON.stringify(part).includes("ready\\n"))
    await w.instance.sessions.abort(session.id)
    const [first] = w.engine.sessions.messages(session.id).items
    await w.instance.sessions.revert(session.id, { messageID: first?.info.id ?? "" })
    expect(existsSync(join(w.directory, "half.txt"))).toBe(false)
    await w.instance.sessions.unrevert(session.id)
    expect(await read(w, "half.txt")).toBe("half\n")
  })

  test("leaves alone what another session wrote at the same time", async () => {
    await using w = await open()
    const [one, two] = [await w.session(), await w.session()]
    const slow = w.instance.sessions.prompt(one.id, {
      parts: [
        {
          type: "text",
          text: `${write("one.txt", "1\n")}${bash("until [ -f two.txt ]; do sleep 0.02; done")}[[then]][[text:Done.]]`,
        },
      ],
    })
    await w.log.wait("file.edited", ({ file }) => file.endsWith("one.txt"))
    await prompt(w, two, `${write("two.txt", "2\n")}[[then]][[text:Done.]]`)
    await slow
    const [first] = w.engine.sessions.messages(one.id).items
    expect((await w.instance.sessions.diff(one.id)).map((file) => file.file)).toEqual(["one.txt"])
    await w.instance.sessions.revert(one.id, { messageID: first?.info.id ?? "" })
    expect(existsSync(join(w.directory, "one.txt"))).toBe(false)
    expect(await read(w, "two.txt")).toBe("2\n")
  })

  test("is refused while a turn runs; an unknown message changes nothing; without checkpoints it says why", async () => {
    await using w = await world({ config: allow })
    const session = await w.session()
    const id = await prompt(w, session, `${write("a.txt", "x\n")}[[then]][[text:Done.]]`)
    expect(await w.instance.sessions.revert(session.id, { messageID: "msg_none" })).toEqual(
      w.engine.sessions.get(session.id),
    )
    const reverted = await w.instance.sessions.revert(session.id, { messageID: id })
    expect(reverted.revert).toEqual({ messageID: id, workspace: "not-a-git-repo" })
    expect(await read(w, "a.txt")).toBe("x\n")
    await w.instance.sessions.unrevert(session.id)
    await w.instance.sessions.promptAsync(session.id, { parts: [{ type: "text", text: "[[text:Busy]][[hold:on]]" }] })
    await expect(w.instance.sessions.revert(session.id, { messageID: id })).rejects.toThrow(SessionBusyError)
    await expect(w.instance.sessions.unrevert(session.id)).rejects.toThrow(SessionBusyError)
    await using off = await world({ git: true, config: { ...allow, snapshot: false } })
    const other = await off.session()
    const there = await prompt(off, other, `${write("a.txt", "x\n")}[[then]][[text:Done.]]`)
    const none = await off.instance.sessions.revert(other.id, { messageID: there })
    expect(none.revert).toEqual({ messageID: there, workspace: "snapshots-disabled" })
  })
})
