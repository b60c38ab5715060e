import { readFile } from "node:fs/promises"
import { setTimeout as pause } from "node:timers/promises"
import { expect } from "vitest"
import { type FakeModel, tempProject, until } from "../src-ts/testkit/src/index.ts"
import type { FarBackend } from "./backend.ts"
import { type Link, silence, type Workshop } from "./link.ts"
import type { Toxic } from "./toxiproxy.ts"
import { type FarWindow, openWindow } from "./window.ts"

/** Where in a turn something happens to the line. */
export const MOMENTS = [
  /** The model asks for a command while the window is cut off. */
  "before the question",
  /** The question is on the screen; the person answers while cut off. */
  "before the answer is sent",
  /** The answer has left the window and gets lost on the way. */
  "while the answer is under way",
  /** The command runs already, but the window was never told that its answer had arrived. */
  "before the reply to the answer",
  "while the command runs",
  "while the answer streams in",
] as const
export type Moment = (typeof MOMENTS)[number]

export interface Trouble {
  at: Moment
  /** How long nothing passes, in ms; 0 is no cut. */
  cut: number
  /** On the line all the time. */
  toxics?: Toxic[]
  /** What happens at that moment instead of a cut. Returns how to undo it. */
  instead?: (link: Link) => Promise<() => Promise<void>>
  /** The window may know better than that it is cut off: it still hears the backend, or the trouble is over at once. */
  brief?: boolean
}

export interface Outcome {
  /** The transcript in the end. */
  rows: unknown[]
  /** Lines that the command left: one for each time that it ran. */
  runs: number
  /** Calls of the model for this turn, oldest first, by the round they were for. */
  rounds: number[]
  /** ms from the cut until the window said that it had lost the connection; undefined when it never did. */
  noticed: number | undefined
  /** ms from the end of the trouble until the window was connected again; undefined when it never said it was not. */
  back: number | undefined
}

/** What a scene needs; one backend serves any number of them. */
export interface Stage {
  workshop: Workshop
  backend: FarBackend
  model: FakeModel
}

const STEP = `echo ran >> ran.txt
while [ ! -e go ]; do sleep 0.05; done
echo counted
`
let scenes = 0

/**
 * A window at the end of a line of its own asks for a turn with one command that has to be allowed, and the line gets
 * into trouble. Checks on the way that the window never says what it can't know; returns what became of the turn.
 */
export async function play(stage: Stage, trouble?: Trouble): Promise<Outcome> {
  const name = `task-${process.pid}-${++scenes}`
  await using project = await tempProject({ files: { "step.sh": STEP } })
  await using link = await stage.workshop.link(stage.backend.address)
  if (trouble?.toxics) await link.worsen(...trouble.toxics)
  await using window = await openWindow({
    url: link.url,
    fingerprint: stage.backend.fingerprint,
    enter: link.enter,
    directory: project.directory,
    token: stage.backend.token,
    home: stage.backend.home.directory,
  })
  await window.see("the models", (shown) => shown.what === "models" && (shown.count ?? 0) > 0, 60_000)

  const gate = `${name}-question`
  const command = `[[tool:bash {"command":"sh step.sh","description":"Count"}]]`
  const held = trouble?.at === "before the question"
  const first = `[[text:I shall count.]]${held ? `[[hold:${gate}]]` : ""}${command}`
  window.tell(`send Work on ${name} ${first}[[then]][[every:25]][[deltas:60]]`)
  const mine = () => stage.model.calls.filter((call) => call.user.includes(`${name} `))
  const ran = async () => {
    const text = await readFile(project.path("ran.txt"), "utf8").catch(() => "")
    return text.split("\n").filter((line) => line !== "").length
  }
  const asked = () => window.see("the question", (shown) => shown.what === "permissions" && shown.ids?.length === 1)
  const allow = () => window.tell("reply once")
  const go = () => project.write("go", "")
  const hurt = () => strike(window, link, trouble)

  let over: Struck | undefined
  if (held) {
    await window.see("the first words", (shown) => (shown.answer ?? 0) > 0)
    over = await hurt()
    stage.model.release(gate)
    await over.end()
    await asked()
    allow()
    await go()
  } else if (trouble?.at === "before the answer is sent") {
    await asked()
    over = await hurt()
    allow()
    await go()
    await over.end()
  } else if (trouble?.at === "while the answer is under way") {
    await asked()
    const lost = await link.worsen(silence("upstream"))
    allow()
    over = await hurt()
    await go()
    await over.end(lost)
  } else if (trouble?.at === "before the reply to the answer") {
    await asked()
    const lost = await link.worsen(silence("downstream"))
    allow()
    await until(ran, { what: "the command's first sign" })
    over = await hurt()
    await go()
    await over.end(lost)
  } else if (trouble?.at === "while the command runs") {
    await asked()
    allow()
    await until(ran, { what: "the command's first sign" })
    await window.see("the running command", (shown) => shown.tool === "running")
    over = await hurt()
    await go()
    await over.end()
  } else {
    await asked()
    allow()
    await go()
    await window.see("the first words after the command", (shown) => (shown.answer ?? 0) > 20, 60_000)
    over = trouble && (await hurt())
    await over?.end()
  }

  await window.see("the end of the turn", (shown) => shown.what === "ended", 60_000)
  await window.see("an idle session", () => window.last("status")?.value === "idle", 20_000)
  const rows = await window.rows()
  if (over) over.truthful()
  return {
    rows: JSON.parse(
      JSON.stringify(rows)
        .replaceAll(name, "task")
        .replaceAll(`[[hold:${gate.replace(name, "task")}]]`, ""),
    ),
    runs: await ran(),
    rounds: mine().map((call) => call.round),
    noticed: over?.noticed(),
    back: over?.back(),
  }
}

interface Struck {
  /** Waits for the end of the trouble; `also` undoes something more. */
  end(also?: () => Promise<void>): Promise<void>
  truthful(): void
  noticed(): number | undefined
  back(): number | undefined
}

async function strike(window: FarWindow, link: Link, trouble: Trouble | undefined): Promise<Struck> {
  const cut = trouble?.cut ?? 0
  const began = Date.now()
  let undo: (() => Promise<void>) | undefined
  if (trouble?.instead) undo = await trouble.instead(link)
  else await link.cut()
  // What was on its way when the cable was pulled may still be shown.
  const settled = Date.now() + 250
  let ended = 0
  const connection = () => window.log.filter((shown) => shown.what === "connection")
  const lost = () => connection().find((shown) => shown.at >= began && shown.state !== "connected")
  return {
    async end(also) {
      if (cut > 0) await pause(Math.max(0, began + cut - Date.now()))
      ended = Date.now()
      await also?.()
      if (undo) await undo()
      else await link.mend()
    },
    truthful() {
      if (cut === 0 || trouble?.brief) return
      const during = window.log.filter((shown) => shown.at > settled && shown.at < ended)
      const claims = during.filter(
        (shown) =>
          shown.what === "ended" ||
          (shown.what === "status" && shown.value === "idle") ||
          (shown.what === "connection" && shown.state === "connected") ||
          shown.prompt?.startsWith("failed"),
      )
      expect(claims, "what the window claimed while it was cut off").toEqual([])
      const first = lost()
      if (cut >= 10_000) expect(first && first.at - began, "ms until it said so").toBeLessThan(8000)
      const after = connection().at(-1)
      expect(after?.state, "its last word on the connection").toBe("connected")
    },
    noticed: () => {
      const first = lost()
      return first && first.at - began
    },
    back: () => {
      const first = lost()
      if (!first) return undefined
      const again = connection().find((shown) => shown.at > first.at && shown.state === "connected")
      return again && again.at - ended
    },
  }
}
