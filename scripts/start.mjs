import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { build, windowJar } from "./build.mjs"
import { main } from "./main.mjs"
import { findJava } from "./prerequisites.mjs"
import { root } from "./root.mjs"

/** `npm start [-- options]`: builds what is missing, then runs the window (or the headless prompt) on a directory. */
await main(async () => {
  await build({ scope: "window" })
  const { java, major } = findJava()
  const args = process.argv.slice(2)
  if (
    !args.some(
      (arg) => arg === "--directory" || arg.startsWith("--directory=") || arg === "--connect" || arg === "--help",
    )
  ) {
    // npm changes into the package's folder; the user means the one where the command was typed.
    args.push("--directory", process.env.INIT_CWD ?? process.cwd())
  }
  const child = spawn(java, [...jvmOptions(major), "-jar", windowJar, ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: {
      ...process.env,
      KILO_CLI:
        process.env.KILO_CLI ?? resolve(root, "cli-bundle", "dist", process.platform === "win32" ? "kilo.cmd" : "kilo"),
    },
    stdio: "inherit",
  })
  // Ctrl+C reaches the child through the terminal; waiting here lets it stop its CLI before the prompt comes back.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  return await new Promise((done, fail) => {
    child.on("error", fail)
    child.on("close", (code, signal) => done(code ?? (signal ? 128 : 1)))
  })
})

/** Short-lived start-up work dominates a chat window, so the first compiler tier and the serial collector start it fastest. */
function jvmOptions(major) {
  const archive = join(root, "frontend", "host", "target", "window.jsa")
  return [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xss512k",
    "-Xshare:auto",
    ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
    ...(major >= 24 ? ["--enable-native-access=ALL-UNNAMED"] : []),
  ]
}
