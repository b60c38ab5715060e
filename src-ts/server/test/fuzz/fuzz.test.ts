import { expect, test } from "vitest"
import { fuzz, prepare } from "./fuzz.ts"

/** `npm run test:fuzz`; a short form otherwise. */
const full = process.env.KILO_FUZZ === "full"

const missing = await prepare()
if (missing) console.warn(`skipped: requests made from the OpenAPI document (${missing})`)

test.skipIf(missing)(
  full
    ? "twenty thousand requests made from the OpenAPI document find nothing, and the server is well afterwards"
    : "some hundred requests made from the OpenAPI document find nothing, and the server is well afterwards",
  { timeout: full ? 3_600_000 : 240_000 },
  async () => {
    // A seed of its own each time would make a failure of CI one that nobody can repeat; the full form takes one from outside.
    const seed = Number(process.env.KILO_FUZZ_SEED ?? 20_261_121)
    const found = await fuzz(
      full ? { perOperation: 110, seed, phases: "coverage,fuzzing" } : { perOperation: 3, seed, phases: "fuzzing" },
    )
    console.info(`${found.cases} requests, seed ${seed}`)
    expect(found.code, found.output).toBe(0)
    expect(found.cases).toBeGreaterThan(full ? 20_000 : 300)
    expect(found.healthy).toBe(true)
    expect(found.end).toEqual({ code: 0, signal: null })
  },
)
