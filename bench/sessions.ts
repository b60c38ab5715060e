import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { createEngine } from "@kilo-split/engine"

/**
 * Figures of the session store: 1,000 sessions listed, pages of a session with 10,000 messages, words found in it, a
 * copy of it, and the first look at a new directory. Prints medians in milliseconds as JSON.
 * Run: node bench/sessions.ts (with the Node of node_modules).
 */
const SESSIONS = 1000
const MESSAGES = 10_000
const ROUNDS = 21

async function median(body: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now()
    await body()
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return Number((times[Math.floor(ROUNDS / 2)] ?? 0).toFixed(2))
}

const home = await mkdtemp(join(tmpdir(), "kilo-bench-"))
const project = await mkdtemp(join(tmpdir(), "kilo-bench-project-"))
try {
  const engine = createEngine({ version: "0", env: { PATH: process.env.PATH, HOME: home }, cwd: project })
  const instance = await engine.instance(project)
  for (let count = 0; count < SESSIONS; count += 1) await instance.sessions.create({ title: `Session ${count}` })
  const { id } = await instance.sessions.create({ title: "Long" })
  fill(join(engine.paths.data, "kilo.db"), id)
  const newest = engine.sessions.messages(id, { limit: 100 })
  const figures = {
    "list 1,000 sessions": await median(() => instance.sessions.list({ limit: SESSIONS })),
    "the same as the text that is sent": await median(() => instance.sessions.listJson({ limit: SESSIONS })),
    "newest page of 100 of 10,000 messages": await median(() => engine.sessions.messages(id, { limit: 100 })),
    "an older page of 100": await median(() =>
      engine.sessions.messages(id, { limit: 100, ...(newest.next ? { before: newest.next } : {}) }),
    ),
    "all 10,000 messages": await median(() => engine.sessions.messages(id)),
    "find a word that is nowhere in 20,000 parts": await median(() =>
      instance.sessions.find({ query: "unfindable", sessionID: id }),
    ),
    "find a common word": await median(() => instance.sessions.find({ query: "lorem", sessionID: id })),
  }
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
  await engine.close()
} finally {
  await rm(home, { recursive: true, force: true })
  await rm(project, { recursive: true, force: true })
}

/** Rows as the engine writes them, without the time that a model would take. */
function fill(file: string, sessionID: string) {
  const db = new DatabaseSync(file)
  const message = db.prepare("insert into message (id, session_id, time_created, data) values (?, ?, ?, ?)")
  const part = db.prepare("insert into part (id, message_id, session_id, data) values (?, ?, ?, ?)")
  const words = "lorem ipsum dolor sit amet ".repeat(20)
  db.exec("begin")
  for (let count = 0; count < MESSAGES; count += 1) {
    const number = String(count).padStart(12, "0")
    const messageID = `msg_${number}`
    const info = {
      id: messageID,
      sessionID,
      role: "user",
      time: { created: count },
      agent: "code",
      model: { providerID: "p", modelID: "m" },
    }
    message.run(messageID, sessionID, count, JSON.stringify(info))
    for (const letter of ["a", "b"]) {
      const id = `prt_${number}${letter}`
      part.run(
        id,
        messageID,
        sessionID,
        JSON.stringify({ id, sessionID, messageID, type: "text", text: `${count} ${words}` }),
      )
    }
  }
  db.exec("commit")
  db.close()
}
