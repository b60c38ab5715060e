import {
  fakeConfig,
  type Recorder,
  type RunningKilo,
  repository,
  startFakeModel,
  startKilo,
  tempProject,
} from "@kilo-split/testkit"
import { loadRecording, type StreamEvent, text, toEvent } from "./recording.ts"
import { deltaText, queued, scriptOf } from "./script.ts"

/** Files of the recorded project; a.txt is what the scenarios read and edit. */
const FILES = { "a.txt": "one\ntwo\nthree\n", "new.txt": "brand new\n", "src/x.ts": "export const x = 1\n" }

/** Events that end a scenario come after the turn; this one is sent last, so that all of them have arrived. */
const MARK = "Replay over"

export interface Replay {
  events: StreamEvent[]
  directory: string
}

/** Plays a recorded scenario against a real server with its own model, home and project, and returns what it sent. */
export async function replay(name: string, launcher?: string[]): Promise<Replay> {
  const recorded = loadRecording(name)
  await using project = await tempProject({ git: true, files: FILES })
  await using fake = await startFakeModel()
  await using kilo = await startKilo({
    cwd: repository,
    config: fakeConfig(fake.url, { permission: { bash: "ask" } }),
    ...(launcher ? { launcher, env: QUIET_PEER } : {}),
  })
  await using recorder = await kilo.events()
  const script = scriptOf(recorded, project.directory)
  const directory = project.directory
  const { id } = await kilo.api<{ id: string }>("/session", { json: script.session, directory })
  const steered = Promise.withResolvers<void>()
  fake.reply(
    ...script.turns.map((turn, at) => async () => {
      // A second prompt must find the first one's turn at work.
      if (at === 0 && script.prompts.length > 1) await steered.promise
      return turn
    }),
  )
  const prompt = (words: string) =>
    kilo.api(`/session/${id}/prompt_async`, { json: { parts: [{ type: "text", text: words }] }, directory })

  const [first = "", ...later] = script.prompts
  await prompt(first)
  if (later.length > 0) {
    await fake.waitForRequest()
    for (const words of later) await prompt(words)
    await recorder.waitFor((event) => event.type === "session.queue.changed" && queued(fromRecorder(event)) > 0)
    steered.resolve()
  }
  await answerPermissions(kilo, recorder, script.replies, directory)
  await answerQuestions(kilo, recorder, script.answers, directory)
  if (script.aborted) {
    const wanted = deltaText(recorded)
    await recorder.waitFor(() => deltaText(recorder.events.map(fromRecorder)) === wanted)
    await kilo.api(`/session/${id}/abort`, { method: "POST", directory })
  }
  await turnsOver(recorder, id)
  await allArrived(kilo, recorder, id, directory)
  return { directory, events: eventsOf(recorder, id) }
}

async function answerPermissions(kilo: RunningKilo, recorder: Recorder, replies: string[], directory: string) {
  let from = 0
  for (const reply of replies) {
    const asked = await recorder.waitFor((event) => event.type === "permission.asked", 20_000, from)
    from = recorder.events.indexOf(asked) + 1
    await kilo.api(`/permission/${String(asked.properties.id)}/reply`, { json: { reply }, directory })
  }
}

async function answerQuestions(kilo: RunningKilo, recorder: Recorder, all: string[][][], directory: string) {
  let from = 0
  for (const answers of all) {
    const asked = await recorder.waitFor((event) => event.type === "question.asked", 20_000, from)
    from = recorder.events.indexOf(asked) + 1
    await kilo.api(`/question/${String(asked.properties.id)}/reply`, { json: { answers }, directory })
  }
}

/** Waits for the end of the last turn; one that was superseded is followed by another. */
async function turnsOver(recorder: Recorder, session: string) {
  await recorder.waitFor(
    (event) =>
      event.type === "session.turn.close" &&
      event.properties.sessionID === session &&
      event.properties.reason !== "superseded",
    30_000,
  )
}

/** The summary of a turn follows its end: wait until it has come, then for a mark that is sent after everything else. */
async function allArrived(kilo: RunningKilo, recorder: Recorder, id: string, directory: string) {
  const closed = recorder.events.findLastIndex((event) => event.type === "session.turn.close")
  if (recorder.events[closed]?.properties.reason === "completed") {
    await recorder.waitFor(
      (event) => event.type === "message.updated" && JSON.stringify(event.properties).includes('"summary"'),
      10_000,
      closed,
    )
  }
  await kilo.api(`/session/${id}`, { method: "PATCH", json: { title: MARK }, directory })
  await recorder.waitFor((event) => isMark(fromRecorder(event)))
}

function isMark(event: StreamEvent): boolean {
  return event.type === "session.updated" && JSON.stringify(event.properties).includes(`"${MARK}"`)
}

/** Everything from the session's creation to the mark, without twins and heartbeats (the recordings have none). */
function eventsOf(recorder: Recorder, session: string): StreamEvent[] {
  const events = recorder.news.map(fromRecorder)
  const from = events.findIndex(
    (event) => event.type === "session.created" && text(event.properties.sessionID) === session,
  )
  return events.slice(from, events.findIndex(isMark))
}

function fromRecorder(event: { raw: string }): StreamEvent {
  return toEvent(JSON.parse(event.raw))
}

/** What the recorded program needs to leave the network alone. */
const QUIET_PEER = {
  KILO_TELEMETRY_LEVEL: "off",
  KILO_DISABLE_AUTOUPDATE: "1",
  KILO_DISABLE_MODELS_FETCH: "1",
  KILO_DISABLE_LSP_DOWNLOAD: "1",
  KILO_DISABLE_SESSION_INGEST: "1",
  KILO_DISABLE_PRESENCE: "1",
}
