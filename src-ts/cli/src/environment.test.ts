import { expect, test } from "vitest"
import { environment, programName } from "./environment.ts"

test("a name of the related product counts where ours is not set, and is kept", () => {
  expect(environment({ OPENCODE_CONFIG: "a", OPENCODE_DB: "b", KILO_DB: "c", PATH: "p" })).toEqual({
    OPENCODE_CONFIG: "a",
    KILO_CONFIG: "a",
    OPENCODE_DB: "b",
    KILO_DB: "c",
    PATH: "p",
  })
})

test("only the related product's name changes what is printed", () => {
  expect(programName({}, "/usr/bin/opencode")).toBe("opencode")
  expect(programName({ KILO_STARTED_AS: "opencode" }, "/x/main.mjs")).toBe("opencode")
  expect(programName({}, "/usr/bin/opencode-helper")).toBe("kilo")
  expect(programName({}, "/x/main.mjs")).toBe("kilo")
})
