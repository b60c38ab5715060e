import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { checkNode, findJava, PrerequisiteError } from "./prerequisites.mjs"

const dir = mkdtempSync(join(tmpdir(), "kilo-java-"))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** A JAVA_HOME whose `java` only tells its version, the way the real one does (on stderr). */
function fakeJdk(name, version, { compiler = true } = {}) {
  const home = join(dir, name)
  mkdirSync(join(home, "bin"), { recursive: true })
  const java = join(home, "bin", "java")
  writeFileSync(
    java,
    `#!/bin/sh\nprintf 'Property settings:\\n    java.home = ${home}\\n    java.specification.version = ${version}\\n' >&2\n`,
  )
  chmodSync(java, 0o755)
  if (compiler) writeFileSync(join(home, "bin", "javac"), "")
  return home
}

describe("checkNode", () => {
  it("accepts Node 20 and newer", () => {
    expect(() => checkNode("20.0.0")).not.toThrow()
    expect(() => checkNode("26.10.0")).not.toThrow()
  })

  it("names the version it found and what to do when Node is too old", () => {
    expect(() => checkNode("18.19.1")).toThrow(/Node 20 or newer is needed, this is 18\.19\.1: install/)
  })
})

describe.skipIf(process.platform === "win32")("findJava", () => {
  it("accepts a JDK 17", () => {
    expect(findJava({ JAVA_HOME: fakeJdk("jdk17", "17") }).major).toBe(17)
  })

  it("reads the old numbering of Java 8 as 8 and refuses it", () => {
    expect(() => findJava({ JAVA_HOME: fakeJdk("jdk8", "1.8") })).toThrow(
      /Java 17 or newer is needed, JAVA_HOME=.* has 1\.8/,
    )
  })

  it("refuses a JRE without a compiler", () => {
    expect(() => findJava({ JAVA_HOME: fakeJdk("jre", "21", { compiler: false }) })).toThrow(/has no compiler/)
  })

  it("says in one sentence that JAVA_HOME points nowhere", () => {
    const missing = join(dir, "missing")
    expect(() => findJava({ JAVA_HOME: missing })).toThrow(PrerequisiteError)
    expect(() => findJava({ JAVA_HOME: missing })).toThrow(`JAVA_HOME=${missing} holds no bin/java`)
  })

  it("says in one sentence that there is no Java at all", () => {
    expect(() => findJava({ PATH: join(dir, "empty") })).toThrow(/No Java was found on PATH: install a JDK 17/)
  })
})
