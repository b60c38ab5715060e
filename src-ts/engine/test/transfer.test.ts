import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { BadRequestError, type SessionExport } from "../src/index.ts"
import { type World, world } from "./harness.ts"

const open = () => world({ git: true, config: { permission: { edit: "allow" } } })
const write = (path: string, content: string) => `[[tool:write ${JSON.stringify({ filePath: path, content })}]]`

async function exported(w: World): Promise<SessionExport> {
  const session = await w.instance.sessions.create({
    title: "Travels",
    permission: [{ permission: "*", pattern: "*", action: "allow" }],
  })
  await w.ask(session, `${write("a.txt", "x\n")}[[then]][[text:Done.]]`)
  const child = await w.instance.sessions.create({ title: "Child", parentID: session.id })
  await w.ask(child, "[[text:Hi]]")
  return JSON.parse(JSON.stringify(await w.instance.sessions.export(session.id)))
}

/** Content without ids and times that are new in a copy. */
function content(value: SessionExport) {
  const records = [value, ...(value.children ?? [])]
  const text = JSON.stringify(records.map(({ info, messages }) => [info.title, info.cost, messages]))
  return JSON.parse(text.replace(/(ses|msg|prt)_[0-9A-Za-z]+/g, "$1"))
}

describe("an exported session", () => {
  test("comes back whole under new ids, as often as one likes, without its permissions", async () => {
    await using w = await open()
    const value = await exported(w)
    expect(value).toMatchObject({ format: "kilo.session", version: 1 })
    expect(JSON.stringify(value)).not.toContain('"permission":[{')
    const one = await w.instance.sessions.import(value)
    const two = await w.instance.sessions.import(value)
    expect(new Set([one.id, two.id, value.info.id]).size).toBe(3)
    expect(one).not.toHaveProperty("permission")
    expect(content(JSON.parse(JSON.stringify(await w.instance.sessions.export(one.id))))).toEqual(content(value))
    expect(w.engine.sessions.children(one.id).map((child) => child.title)).toEqual(["Child"])
    expect(w.log.events.slice(-2).map((event) => event.type)).toEqual(["session.created", "session.created"])
    await w.ask(one, "[[text:On we go.]]")
    await using elsewhere = await world()
    const there = await elsewhere.instance.sessions.import(value)
    expect(there).toMatchObject({ directory: elsewhere.directory, projectID: "global" })
    // Checkpoints of another project can't be gone back to, and its files are none of ours.
    expect(JSON.stringify(elsewhere.engine.sessions.messages(there.id))).not.toContain('"patch","hash"')
  })

  test("that was still running is imported as stopped", async () => {
    await using w = await open()
    const session = await w.session()
    await w.instance.sessions.promptAsync(session.id, { parts: [{ type: "text", text: "[[text:Busy]][[hold:on]]" }] })
    await w.log.wait("message.part.delta")
    const copy = await w.instance.sessions.import(
      JSON.parse(JSON.stringify(await w.instance.sessions.export(session.id))),
    )
    expect(w.engine.sessions.messages(copy.id).items.at(-1)?.info).toMatchObject({
      error: { name: "MessageAbortedError" },
      time: { completed: expect.any(Number) },
    })
  })

  test("that is broken, hostile or of a newer program is refused with a reason and stores nothing", async () => {
    await using w = await open()
    const value = await exported(w)
    const before = w.instance.sessions.list({ limit: 0 }).length
    const nested = `${"[".repeat(200_000)}${"]".repeat(200_000)}`
    const hostile: [unknown, RegExp][] = [
      [null, /not an exported session/],
      [[], /not an exported session/],
      [{ info: {}, messages: [] }, /info\.id/],
      [{ ...value, version: 99 }, /newer than this program/],
      [{ ...value, messages: [{ info: { role: "system" }, parts: [] }] }, /messages\.0\.info\.role/],
      [{ ...value, info: { ...value.info, id: "ses_' or 1=1" } }, /info\.id/],
      [{ ...value, info: { ...value.info, title: "x".repeat(20_000) } }, /info\.title/],
      [{ ...value, info: { ...value.info, metadata: JSON.parse(`{"a":${nested}}`) } }, /nested too deeply/],
    ]
    for (const [bad, message] of hostile) {
      await expect(w.instance.sessions.import(bad)).rejects.toThrow(BadRequestError)
      await expect(w.instance.sessions.import(bad)).rejects.toThrow(message)
    }
    expect(w.instance.sessions.list({ limit: 0 })).toHaveLength(before)
  })

  test("with any one value changed is either refused or stored without touching another session", async () => {
    await using w = await open()
    const value = await exported(w)
    const original = JSON.stringify(w.engine.sessions.messages(value.info.id).items)
    const paths = leaves(value)
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.oneof(fc.jsonValue(), fc.constantFrom(...ids(value))), async (at, replacement) => {
        const changed = structuredClone(value)
        put(changed, paths[at % paths.length] ?? [], replacement)
        await w.instance.sessions.import(changed).catch((error: unknown) => {
          expect(error).toBeInstanceOf(BadRequestError)
        })
        expect(JSON.stringify(w.engine.sessions.messages(value.info.id).items)).toBe(original)
      }),
      { numRuns: 150 },
    )
  })
})

function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, one]) => leaves(one, [...path, key]))].filter(
    (one) => one.length > 0,
  )
}

function put(target: unknown, path: (string | number)[], value: unknown) {
  let at = target as Record<string | number, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>
  const last = path.at(-1)
  if (last !== undefined) at[last] = value
}

function ids(value: SessionExport): string[] {
  return value.messages.flatMap((item) => [item.info.id, ...item.parts.map((part) => part.id)])
}
