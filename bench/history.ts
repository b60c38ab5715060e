import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { createEngine } from "@kilo-split/engine"

/** A session as weeks of work leave it: one prompt and nine steps a turn, five and a half parts a step. */
export interface Shape {
  title: string
  messages: number
  parts: number
}

/**
 * Writes sessions into the store of `home`, as the engine itself writes them but without the time that a model would
 * take. Returns their ids in the order of `shapes`.
 */
export async function writeHistory(home: string, directory: string, shapes: Shape[]): Promise<string[]> {
  const env = { PATH: process.env.PATH, HOME: home }
  mkdirSync(home, { recursive: true })
  const engine = createEngine({ version: "0", env, cwd: directory })
  const instance = await engine.instance(directory)
  const ids: string[] = []
  for (const { title } of shapes) ids.push((await instance.sessions.create({ title })).id)
  const file = join(engine.paths.data, "kilo.db")
  await engine.close()
  shapes.forEach((shape, at) => {
    fill(file, ids[at] ?? "", directory, shape)
  })
  return ids
}

const STEPS = 9
const MINUTE = 60_000

function fill(file: string, sessionID: string, directory: string, shape: Shape) {
  const db = new DatabaseSync(file)
  const message = db.prepare("insert into message (id, session_id, time_created, data) values (?, ?, ?, ?)")
  const part = db.prepare("insert into part (id, message_id, session_id, data) values (?, ?, ?, ?)")
  const began = Date.now() - shape.messages * MINUTE
  let parts = 0
  let parentID = ""
  db.exec("begin")
  for (let count = 0; count < shape.messages; count += 1) {
    const created = began + count * MINUTE
    const prompt = count % (STEPS + 1) === 0
    const id = `msg_${stamp(created, 0)}`
    if (prompt) parentID = id
    const tokens = { input: 900, output: 220, reasoning: 40, cache: { read: 30_000, write: 800 } }
    const info = prompt
      ? { id, sessionID, role: "user", time: { created }, agent: "code", model: { providerID: "fake", modelID: "m1" } }
      : {
          id,
          sessionID,
          role: "assistant",
          time: { created, completed: created + 20_000 },
          parentID,
          modelID: "m1",
          providerID: "fake",
          mode: "code",
          agent: "code",
          path: { cwd: directory, root: directory },
          cost: 0.004,
          tokens,
          finish: count % (STEPS + 1) === STEPS ? "stop" : "tool-calls",
        }
    message.run(id, sessionID, created, JSON.stringify(info))
    const wanted = Math.round(((count + 1) * shape.parts) / shape.messages) - parts
    const bodies = prompt ? [{ type: "text", text: ask(count) }] : step(count, created, wanted)
    bodies.forEach((body, at) => {
      const partID = `prt_${stamp(created, at)}`
      part.run(partID, id, sessionID, JSON.stringify({ id: partID, sessionID, messageID: id, ...body }))
    })
    parts += bodies.length
  }
  db.exec("commit")
  db.close()
}

/** The time-ordered beginning of an id, then digits. */
function stamp(time: number, at: number): string {
  const value = (BigInt(time) * 4096n + BigInt(at)) & 0xffffffffffffn
  return `${value.toString(16).padStart(12, "0")}${String(at).padStart(14, "0")}`
}

const WORDS = "the queue resolves only when every mail is sent, so the test waits for it and not for the clock".split(
  " ",
)

function words(seed: number, count: number): string {
  return Array.from({ length: count }, (_, at) => WORDS[(seed * 7 + at * 3) % WORDS.length]).join(" ")
}

const ask = (seed: number) => `Prompt ${seed}: ${words(seed, 14)}`

/** Parts of one answer of the model: what it thought, said and did. */
function step(seed: number, created: number, wanted: number): Record<string, unknown>[] {
  const time = { start: created, end: created + 900 }
  const call = (at: number, tool: string, input: Record<string, unknown>, output: string, metadata = {}) => ({
    type: "tool",
    callID: `call_${seed}_${at}`,
    tool,
    state: { status: "completed", input, output, title: String(Object.values(input)[0]), metadata, time },
  })
  const kinds = [
    () => ({ type: "reasoning", text: words(seed, 60), time }),
    () => ({ type: "text", text: answer(seed), time }),
    (at: number) => call(at, "read", { filePath: `src/file${seed % 40}.ts` }, `1: ${words(seed, 200)}`),
    (at: number) => call(at, "grep", { pattern: WORDS[seed % WORDS.length] }, `src/a.ts:1: ${words(seed, 80)}`),
    (at: number) => call(at, "bash", { command: "npm test", description: "Run the tests" }, output(seed)),
    (at: number) =>
      call(at, "edit", { filePath: "src/a.ts", oldString: words(seed, 5), newString: words(seed + 1, 5) }, "Edited.", {
        diff: `--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1,2 +1,2 @@\n-${words(seed, 5)}\n+${words(seed + 1, 5)}\n x\n`,
      }),
  ]
  const bodies: Record<string, unknown>[] = [{ type: "step-start" }]
  for (let at = 0; bodies.length < wanted - 1; at += 1) {
    const make = kinds[(seed + at) % kinds.length]
    if (make) bodies.push(make(at))
  }
  bodies.push({
    type: "step-finish",
    reason: "tool-calls",
    cost: 0.004,
    tokens: { input: 900, output: 220, reasoning: 40, cache: { read: 30_000, write: 800 } },
  })
  return bodies
}

function answer(seed: number): string {
  const paragraph = `${words(seed, 45)}. **${words(seed, 3)}** and \`${WORDS[seed % WORDS.length]}\` follow.`
  const list = `- ${words(seed, 8)}\n- ${words(seed + 1, 9)}\n- ${words(seed + 2, 7)}`
  const code = `\`\`\`ts\nexport function step${seed}(queue: Queue) {\n  // ${words(seed, 6)}\n  return queue.idle().then(() => ${seed})\n}\n\`\`\``
  return [paragraph, seed % 2 ? list : code, seed % 5 ? words(seed, 20) : table(seed)].join("\n\n")
}

const table = (seed: number) =>
  `| Run | Before | After |\n|---|---|---|\n| alone | ${seed} ms | 12 ms |\n| twice | 9 s | 1 s |`

const output = (seed: number) =>
  Array.from({ length: 12 }, (_, at) => `\u001b[32m PASS \u001b[0m src/file${at}.test.ts ${words(seed + at, 6)}`).join(
    "\n",
  )
