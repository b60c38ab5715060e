import { spawn } from "node:child_process"
import { join } from "node:path"
import { openDisplay } from "../scripts/display.mjs"
import type { Figures } from "./measures.ts"
import { makeHome, removeHome, resident } from "./subject.ts"

/** Starts the real window `runs` times under a virtual display and reads when it says that it can be used. */
export async function measureWindow(root: string, runs: number): Promise<Figures> {
  const display = await openDisplay()
  if (!display) {
    console.error("The window was not measured: there is no DISPLAY and no Xvfb (install the package xvfb).")
    return {}
  }
  const figures: Figures = {}
  try {
    // The first window after a build writes the archive of classes that later ones start from.
    const first = makeHome()
    await open(root, display.name, first)
    removeHome(first)
    for (let i = 0; i < runs; i++) {
      const home = makeHome()
      const { ready, memory } = await open(root, display.name, home)
      figures["window: process start to usable chat (ms)"] = [
        ...(figures["window: process start to usable chat (ms)"] ?? []),
        ready,
      ]
      figures["window with backend and CLI, resident (MiB)"] = [
        ...(figures["window with backend and CLI, resident (MiB)"] ?? []),
        memory,
      ]
      removeHome(home)
    }
  } finally {
    display.stop()
  }
  return figures
}

async function open(root: string, display: string, home: string): Promise<{ ready: number; memory: number }> {
  const child = spawn("node", [join(root, "scripts", "start.mjs"), "--report-ready", "--directory", root], {
    env: { PATH: process.env.PATH, JAVA_HOME: process.env.JAVA_HOME, LANG: "C.UTF-8", HOME: home, DISPLAY: display },
    stdio: ["ignore", "ignore", "pipe"],
  })
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  let text = ""
  const ready = await new Promise<number>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk
      const match = /kilo window ready in (\d+) ms/.exec(text)
      if (match) resolve(Number(match[1]))
    })
    child.once("exit", () => reject(new Error(`the window ended early:\n${text}`)))
  })
  const memory = resident(child.pid ?? 0)
  child.kill("SIGTERM")
  await exited
  return { ready, memory }
}
