import { describe, expect, test } from "vitest"
import { fuzz, prepare } from "./fuzz.ts"

/** `npm run test:fuzz`; a short form otherwise. */
const full = process.env.KILO_FUZZ === "full"

const missing = await prepare()
if (missing) console.warn(`skipped: requests made from the OpenAPI document (${missing})`)

describe("requests made from the OpenAPI document find nothing, and the server is well afterwards", () => {
  test.skipIf(missing)(full ? "twenty thousand" : "some hundred", { timeout: full ? 3_600_000 : 240_000 }, async () => {
    // A seed of its own each time would make a failure of CI one that nobody can repeat; the full form takes one from outside.
    const seed = Number(process.env.KILO_FUZZ_SEED ?? 20_261_121)
    const perOperation = Number(process.env.KILO_FUZZ_CASES ?? 110)
    const found = await fuzz(
      full ? { perOperation, seed, phases: "coverage,fuzzing" } : { perOperation: 3, seed, phases: "fuzzing" },
    )
    console.info(`${found.cases} requests, seed ${seed}`)
    expect(found.code, found.output).toBe(0)
    if (!process.env.KILO_FUZZ_CASES) expect(found.cases).toBeGreaterThan(full ? 20_000 : 300)
    expect(found.healthy).toBe(true)
    expect(found.end).toEqual({ code: 0, signal: null })
    // Node warns of timers below zero and of listeners that pile up.
    expect(found.stderr).not.toContain("Warning")
  })
})
