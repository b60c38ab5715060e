import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { startFakeModel } from "../src-ts/testkit/src/index.ts"
import { startBackend } from "./backend.ts"
import { distance, type Link, openWorkshop, silence, thin } from "./link.ts"
import { MOMENTS, type Outcome, play, type Stage, type Trouble } from "./scene.ts"

const workshop = await openWorkshop()
if (workshop.missing) console.warn(`The network tests are skipped: ${workshop.missing}.`)
if (workshop.compromise) console.warn(workshop.compromise)

type Kind = Omit<Trouble, "at">

/** Ends every connection with a reset, and every new one, for as long as the trouble lasts. */
const resets = (link: Link) =>
  link.worsen(
    { type: "reset_peer", stream: "upstream", attributes: { timeout: 0 } },
    { type: "reset_peer", stream: "downstream", attributes: { timeout: 0 } },
  )

/** One direction is dead, and when one side hangs up the other is not told for long. */
const halfOpen = (dead: "upstream" | "downstream") => (link: Link) =>
  link.worsen(silence(dead), {
    type: "slow_close",
    stream: dead === "upstream" ? "downstream" : "upstream",
    attributes: { delay: 30_000 },
  })

const far = distance(150, 60)
const kinds: Record<string, Kind> = {
  "a cut of 1 s": { cut: 1000 },
  "a cut of 10 s": { cut: 10_000 },
  "a cut of 65 s": { cut: 65_000 },
  "a far line (150 ms) and a cut of 1 s": { cut: 1000, toxics: far },
  "a far line (150 ms) and a cut of 10 s": { cut: 10_000, toxics: far },
  "a thin line (30 kB/s) and a cut of 10 s": { cut: 10_000, toxics: thin(30) },
  "a far, thin line and a cut of 65 s": { cut: 65_000, toxics: [...far, ...thin(30)] },
  "a single reset": { cut: 50, instead: (link) => link.reset().then(() => () => Promise.resolve()), brief: true },
  "resets for 5 s": { cut: 5000, instead: resets },
  "a backend that is not heard for 15 s": { cut: 15_000, instead: halfOpen("downstream") },
  "a window that is not heard for 15 s": { cut: 15_000, instead: halfOpen("upstream"), brief: true },
}

describe.skipIf(workshop.missing)("the whole matrix of troubles", () => {
  let stage: Stage
  let calm: Outcome
  const noticed: Record<string, (number | undefined)[]> = {}
  const back: Record<string, (number | undefined)[]> = {}
  beforeAll(async () => {
    const model = await startFakeModel()
    stage = { workshop, model, backend: await startBackend({ model: model.url }) }
    calm = await play(stage)
  }, 60_000)
  afterAll(async () => {
    await stage.backend[Symbol.asyncDispose]()
    await stage.model.stop()
    await workshop[Symbol.asyncDispose]()
    for (const [kind, values] of Object.entries(back)) {
      console.info(`${kind}: noticed after ${show(noticed[kind])} ms, back after ${show(values)} ms`)
    }
  })

  for (const [name, kind] of Object.entries(kinds)) {
    describe.concurrent(name, () => {
      for (const at of MOMENTS) {
        test(`${at} ends with the transcript of a calm day`, { timeout: 180_000 }, async () => {
          const outcome = await play(stage, { at, ...kind })
          noticed[name] = [...(noticed[name] ?? []), outcome.noticed]
          back[name] = [...(back[name] ?? []), outcome.back]
          expect(outcome.rows).toEqual(calm.rows)
          expect(outcome.runs, "times that the command ran").toBe(1)
          expect(outcome.rounds, "calls of the model").toEqual([0, 1])
        })
      }
    })
  }
})

function show(values: (number | undefined)[] = []): string {
  return values.map((value) => (value === undefined ? "-" : String(value))).join(", ")
}
