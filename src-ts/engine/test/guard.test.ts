import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { partsOf, type World, world } from "./harness.ts"

/** A git that looks through the worktree only when a file says so. */
let bin: string

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), "kilo-slow-git-"))
  const git = `#!/bin/sh\ncase "$*" in *update-index*) until [ -e ${bin}/go ]; do sleep 0.02; done ;; esac\nPATH='${process.env.PATH}' exec git "$@"\n`
  await writeFile(join(bin, "git"), git)
  await chmod(join(bin, "git"), 0o755)
})
afterEach(() => rm(bin, { recursive: true, force: true }))

const open = (env: Record<string, string> = { KILO_ENABLE_QUESTION_TOOL: "true" }) =>
  world({
    git: true,
    config: { permission: { edit: "allow" } },
    env: { PATH: `${bin}:${process.env.PATH}`, KILO_SNAPSHOT_SLOW_MS: "100", ...env },
  })
const WRITE = `[[tool:write ${JSON.stringify({ filePath: "a.txt", content: "x\n" })}]][[then]][[text:Done.]]`
const go = () => writeFile(join(bin, "go"), "")

async function ask(w: World, more: object = {}) {
  const session = await w.session()
  const end = w.instance.sessions.prompt(session.id, { parts: [{ type: "text", text: WRITE }], ...more })
  return { session, end }
}

const answer = (w: World, id: string, label: string) => w.instance.questions.reply(id, [[label]])

describe("a worktree that takes long to look through", () => {
  test("is asked about once; keep waiting gives the checkpoint", async () => {
    await using w = await open()
    const { session, end } = await ask(w)
    const asked = await w.log.wait("question.asked")
    expect(asked.questions[0]).toMatchObject({ header: "Checkpoints", custom: false })
    expect(await readFile(join(w.directory, "a.txt"), "utf8")).toBe("one\ntwo\nthree\n")
    await w.log.wait("message.part.updated", ({ part }) => part.type === "text" && part.ignored === true)
    await answer(w, asked.id, "Keep waiting")
    await go()
    await end
    const items = w.engine.sessions.messages(session.id).items
    expect(partsOf(items, "patch")).toHaveLength(1)
    expect(partsOf(items, "text").some((part) => part.ignored)).toBe(false)
    expect(w.log.of("question.asked")).toHaveLength(1)
  })

  test("needs no answer when the checkpoint is there first", async () => {
    await using w = await open()
    const { end } = await ask(w)
    const asked = await w.log.wait("question.asked")
    await go()
    await end
    expect(w.log.of("question.rejected")).toMatchObject([{ requestID: asked.id }])
  })

  test("can do without: the project's configuration says so and the turn goes on", async () => {
    await using w = await open()
    const { session, end } = await ask(w)
    const asked = await w.log.wait("question.asked")
    await answer(w, asked.id, "Turn checkpoints off")
    await end
    expect((await w.instance.config()).snapshot).toBe(false)
    const [prompt] = w.engine.sessions.messages(session.id).items
    const { revert } = await w.instance.sessions.revert(session.id, { messageID: prompt?.info.id ?? "" })
    expect(revert?.workspace).toBe("snapshots-disabled")
  })

  test("is left alone after the question was dismissed, and where nobody can be asked", async () => {
    await using w = await open()
    const { session, end } = await ask(w)
    await w.instance.questions.reject((await w.log.wait("question.asked")).id)
    await end
    await w.ask(session, WRITE)
    expect(w.log.of("question.asked")).toHaveLength(1)
    expect(w.log.of("session.turn.close").map((turn) => turn.reason)).toEqual(["completed", "completed"])
    await using silent = await open({ KILO_CLIENT: "script", KILO_ENABLE_QUESTION_TOOL: "false" })
    await (await ask(silent)).end
    expect(silent.log.of("question.asked")).toEqual([])
    expect((await silent.instance.config()).snapshot).toBeUndefined()
  })

  test("is waited for without a question when the client asks for that", async () => {
    await using w = await open()
    const { session, end } = await ask(w, { snapshotInitialization: "wait" })
    await w.log.wait("message.part.updated", ({ part }) => part.type === "text" && part.ignored === true)
    await go()
    await end
    expect(w.log.of("question.asked")).toEqual([])
    expect(partsOf(w.engine.sessions.messages(session.id).items, "patch")).toHaveLength(1)
  })
})
