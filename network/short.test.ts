import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { startFakeModel } from "../src-ts/testkit/src/index.ts"
import { startBackend } from "./backend.ts"
import { openWorkshop } from "./link.ts"
import { type Moment, type Outcome, play, type Stage } from "./scene.ts"

const workshop = await openWorkshop()
if (workshop.missing) console.warn(`The network tests are skipped: ${workshop.missing}.`)
if (workshop.compromise) console.warn(workshop.compromise)

describe.skipIf(workshop.missing).concurrent("a window whose line is cut", () => {
  let stage: Stage
  let calm: Outcome
  beforeAll(async () => {
    const model = await startFakeModel()
    stage = { workshop, model, backend: await startBackend({ model: model.url }) }
    calm = await play(stage)
  }, 60_000)
  afterAll(async () => {
    await stage.backend[Symbol.asyncDispose]()
    await stage.model.stop()
    await workshop[Symbol.asyncDispose]()
  })

  const cuts: [number, Moment][] = [
    [1000, "before the answer is sent"],
    [1000, "while the command runs"],
    [1000, "while the answer streams in"],
    [10_000, "while the answer is under way"],
    [10_000, "before the reply to the answer"],
    [10_000, "while the answer streams in"],
    [65_000, "while the command runs"],
  ]
  for (const [cut, at] of cuts) {
    test(`for ${cut / 1000} s ${at} ends with the transcript of a calm day`, { timeout: 150_000 }, async () => {
      const outcome = await play(stage, { at, cut })
      console.info(`${cut / 1000} s ${at}: noticed after ${outcome.noticed} ms, back after ${outcome.back} ms`)
      expect(outcome.rows).toEqual(calm.rows)
      expect(outcome.runs, "times that the command ran").toBe(1)
      expect(outcome.rounds, "calls of the model").toEqual([0, 1])
    })
  }
})
