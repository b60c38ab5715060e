import { createKiloClient, type KiloClient } from "@kilocode/sdk/v2"
import { createOpencodeClient } from "@opencode-ai/sdk/v2"
import { afterAll, describe, expect, test } from "vitest"
import { differs, type Place, type PlaceOptions, peer, place } from "./place.ts"

export const must = { throwOnError: true } as const

/** What both packages' clients call by the same names with the same arguments. `kilo`: it is this product's own. */
export interface Both {
  place: Place
  client: KiloClient
  kilo: boolean
}

export type Scenarios = Record<string, (given: Both) => Promise<void>>

const clients = [
  { name: "@kilocode/sdk (v2)", user: "kilo", make: (given: Place) => createKiloClient(given.options) },
  {
    name: "@opencode-ai/sdk (v2)",
    user: differs("opencode-user", "opencode", "kilo"),
    // The package's own types differ in details that these tests do not use.
    make: (given: Place) => createOpencodeClient(given.options) as unknown as KiloClient,
  },
]

/**
 * Plays the scenarios with both clients, each with a server of its own. With this product's client all operations of `wanted`
 * must have been called at the end.
 */
export function play(scenarios: Scenarios, wanted: string[], options: PlaceOptions) {
  // The other server ignores the directory that the other package names (openapi/COMPATIBILITY.md, opencode-directory).
  describe.each(peer ? clients.slice(0, 1) : clients)("$name", ({ make, user, name }) => {
    const kilo = name.startsWith("@kilocode")
    const called = new Set<string>()
    let ran = 0
    test.each(Object.keys(scenarios))(
      "%s",
      async (scenario) => {
        await using given = await place({ ...options, user })
        try {
          await scenarios[scenario]?.({ place: given, client: make(given), kilo })
          ran++
        } finally {
          for (const operation of given.seen) called.add(operation)
        }
      },
      90_000,
    )

    afterAll(() => {
      if (kilo && ran === Object.keys(scenarios).length)
        expect(wanted.filter((operation) => !called.has(operation))).toEqual([])
    })
  })
}
