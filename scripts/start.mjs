import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { build, jvmSources, windowJar } from "./build.mjs"
import { main } from "./main.mjs"
import { root } from "./root.mjs"

/** `npm start [-- options]`: builds what is missing, then runs the window (or the headless prompt) on a directory. */
await main(async () => {
  const jdk = await build({ scope: "window" })
  const args = process.argv.slice(2)
  if (
    !args.some(
      (arg) => arg === "--directory" || arg.startsWith("--directory=") || arg === "--connect" || arg === "--help",
    )
  ) {
    // npm changes into the package's folder; the user means the one where the command was typed.
    args.push("--directory", process.env.INIT_CWD ?? process.cwd())
  }
  const child = spawn(
    jdk.java,
    [...jvmOptions(jdk, !args.includes("--headless") && !args.includes("--help")), "-jar", windowJar, ...args],
    {
      cwd: process.env.INIT_CWD ?? process.cwd(),
      env: {
        ...process.env,
        KILO_CLI:
          process.env.KILO_CLI ??
          resolve(root, "cli-bundle", "dist", process.platform === "win32" ? "kilo.cmd" : "kilo"),
      },
      stdio: "inherit",
    },
  )
  // Ctrl+C reaches the child through the terminal; waiting here lets it stop its CLI before the prompt comes back.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  return await new Promise((done, fail) => {
    child.on("error", fail)
    child.on("close", (code, signal) => done(code ?? (signal ? 128 : 1)))
  })
})

/**
 * Short-lived start-up work dominates a chat window, so the first compiler tier and the serial collector start it fastest.
 * Loaded classes are kept in an archive that the first window writes when it is closed: it halves later starts.
 */
function jvmOptions({ major, home }, windowed) {
  const target = join(root, "frontend", "host", "target")
  const key = createHash("sha256").update(`${home} ${major} ${jvmSources()}`).digest("hex").slice(0, 12)
  const archive = join(target, `window-${key}.jsa`)
  const options = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:disable", "-Xlog:all=error:stderr"]
  if (major >= 24) options.push("--enable-native-access=ALL-UNNAMED")
  if (existsSync(archive)) return [...options, `-XX:SharedArchiveFile=${archive}`]
  if (!windowed) return options
  for (const name of readdirSync(target)) if (/^window-.*\.jsa$/.test(name)) rmSync(join(target, name))
  return [...options, `-XX:ArchiveClassesAtExit=${archive}`]
}
