import { afterAll, describe, expect, test } from "vitest"
import { compare, type Difference } from "./compare.ts"
import { ALLOWED, type Allowed } from "./differences.ts"
import { loadRecording } from "./recording.ts"
import { replay } from "./replay.ts"

const SCENARIOS = [
  "text",
  "reason",
  "read",
  "edit",
  "todo",
  "perm-once",
  "perm-always",
  "perm-reject",
  "question",
  "abort",
  "e401",
  "r429",
  "steer",
  "task",
]

const used = new Set<Allowed>()
const finished = new Set<string>()

function allowedBy(difference: Difference, scenario: string): Allowed | undefined {
  return ALLOWED.find(
    ({ kind, event, key, scenarios }) =>
      kind === difference.kind &&
      event.test(difference.event) &&
      (key === undefined ? difference.key === undefined : key.test(difference.key ?? "")) &&
      (scenarios === undefined || scenarios.includes(scenario)),
  )
}

function line({ kind, event, key, recorded, replayed }: Difference): string {
  const values = recorded === undefined && replayed === undefined ? "" : `: ${show(recorded)} -> ${show(replayed)}`
  return `${kind} | ${event}${key === undefined ? "" : ` | ${key}`}${values}`
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 200)
}

describe("a recorded stream, replayed against this server", () => {
  test.each(SCENARIOS)("%s has the same events with the same keys, but for the listed differences", async (name) => {
    const { events, directory } = await replay(name)
    const unlisted: string[] = []
    for (const difference of compare(loadRecording(name), events, directory)) {
      const allowed = allowedBy(difference, name)
      if (allowed) used.add(allowed)
      else unlisted.push(line(difference))
    }
    expect(unlisted).toEqual([])
    finished.add(name)
  })

  // A difference that is gone must leave the list, or it would hide its return.
  afterAll(() => {
    if (finished.size < SCENARIOS.length) return
    expect(ALLOWED.filter((rule) => !rule.chance && !used.has(rule)).map((rule) => rule.reason)).toEqual([])
  })
})
