import { spawn } from "node:child_process"

/**
 * A display to open windows on: the user's own, else a new Xvfb that is stopped with `stop`. Undefined where there is
 * neither (Xvfb is in the package `xvfb`).
 */
export async function openDisplay(size = "1280x1000x24") {
  if (process.env.DISPLAY) return { name: process.env.DISPLAY, stop: () => undefined }
  // Xvfb picks a free display itself and writes its number to the given descriptor once it accepts connections.
  const child = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", size, "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  })
  const name = await new Promise((resolve) => {
    child.once("error", () => resolve(undefined))
    child.once("exit", () => resolve(undefined))
    child.stdio[3].once("data", (chunk) => resolve(`:${chunk.toString().trim()}`))
  })
  if (!name) return undefined
  return { name, stop: () => child.kill("SIGTERM") }
}
