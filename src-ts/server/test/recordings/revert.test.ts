import { expect, test } from "vitest"
import { world } from "../world.ts"
import { compare } from "./compare.ts"
import { loadRecording, text, toEvent } from "./recording.ts"

/** The recorded session had more turns before: what they cost, and the title that the model gave it, differ. */
const OTHER_TURNS = /^info\.(cost|title|tokens\.)/

test("going back announces what the recorded server does: the undone changes, then the session", async () => {
  await using w = await world({ extra: { permission: { edit: "allow" } } })
  const id = await w.session()
  const call = JSON.stringify({ filePath: "new.txt", content: "brand new\n" })
  await w.kilo.api(`/session/${id}/message`, {
    json: { parts: [{ type: "text", text: `[[tool:write ${call}]][[then]][[text:Done.]]` }] },
  })
  const messages = await w.kilo.api<{ info: { id: string } }[]>(`/session/${id}/message`)
  // The summary of the turn comes after its end; a mark that follows it tells our events from it.
  await w.events.waitFor((event) => event.type === "session.diff" && event.raw.includes("new.txt"))
  await w.events.waitFor((event) => event.type === "message.updated" && event.raw.includes('"diffs":[{'))
  const from = w.events.events.length
  await w.kilo.api(`/session/${id}/revert`, { json: { messageID: messages[0]?.info.id } })
  await w.events.waitFor((event) => event.type === "session.updated" && event.raw.includes('"revert"'), 10_000, from)
  const events = w.events.events.slice(from).map((event) => toEvent(JSON.parse(event.raw)))
  const mine = events.filter((event) => text(event.properties.sessionID) === id)
  const found = compare(loadRecording("revert"), mine, w.project.directory)
  expect(found.filter(({ key }) => !OTHER_TURNS.test(key ?? ""))).toEqual([])
})
