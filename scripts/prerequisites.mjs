import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"

const NODE = 20
const JAVA = 17

/** Something the user has to install or change; the message is one sentence and says what to do. */
export class PrerequisiteError extends Error {
  name = "PrerequisiteError"
}

/** Fails unless the running Node is new enough for the scripts. (The product itself runs on its own, pinned Node.) */
export function checkNode(version = process.versions.node) {
  const major = Number(version.split(".")[0])
  if (major >= NODE) return
  throw new PrerequisiteError(
    `Node ${NODE} or newer is needed, this is ${version}: install it from your package manager or nodejs.org and run the command again.`,
  )
}

/**
 * Path of a JDK's `java` that is new enough: the one of JAVA_HOME, else the first on PATH. The JDK is also what
 * Maven compiles with, so a JRE without `javac` is not enough.
 */
export function findJava(env = process.env) {
  const exe = process.platform === "win32" ? "java.exe" : "java"
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, "bin", exe) : exe
  const where = env.JAVA_HOME ? `JAVA_HOME=${env.JAVA_HOME}` : "PATH"
  if (env.JAVA_HOME && !existsSync(java)) {
    throw new PrerequisiteError(
      `JAVA_HOME=${env.JAVA_HOME} holds no bin/${exe}: point JAVA_HOME at a JDK ${JAVA} or newer, or unset it.`,
    )
  }
  const probe = spawnSync(java, ["-XshowSettings:properties", "-version"], { encoding: "utf8", env })
  if (probe.error) {
    throw new PrerequisiteError(
      `No Java was found on PATH: install a JDK ${JAVA} or newer (for example openjdk-17-jdk), or set JAVA_HOME.`,
    )
  }
  const property = (name) => new RegExp(`^\\s*${name} = (.*)$`, "m").exec(probe.stderr)?.[1]?.trim()
  const version = property("java.specification.version") ?? "unknown"
  // Java 8 called itself 1.8.
  const major = Number(version.replace(/^1\./, ""))
  if (!(major >= JAVA)) {
    throw new PrerequisiteError(
      `Java ${JAVA} or newer is needed, ${where} has ${version}: install a JDK ${JAVA} or newer, or point JAVA_HOME at one.`,
    )
  }
  const home = property("java.home")
  if (home && !existsSync(join(home, "bin", process.platform === "win32" ? "javac.exe" : "javac"))) {
    throw new PrerequisiteError(
      `The Java in ${home} has no compiler: install a JDK ${JAVA} or newer (not only a JRE), or point JAVA_HOME at one.`,
    )
  }
  return { java, major, home }
}
