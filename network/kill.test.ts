import { readFile } from "node:fs/promises"
import { afterAll, describe, expect, test } from "vitest"
import { type FakeModel, startFakeModel, tempHome, tempProject, until } from "../src-ts/testkit/src/index.ts"
import { type FarBackend, startBackend } from "./backend.ts"
import { type Link, openWorkshop, silence } from "./link.ts"
import { type FarWindow, openWindow } from "./window.ts"

const workshop = await openWorkshop()
if (workshop.missing) console.warn(`The network tests are skipped: ${workshop.missing}.`)
afterAll(() => workshop[Symbol.asyncDispose]())

interface Place {
  model: FakeModel
  window: FarWindow
  link: Link
  path(name: string): string
  /** kill -9, and a new backend with the same data at the same address. */
  replaceBackend(): Promise<void>
}

async function play(act: (place: Place) => Promise<void>): Promise<void> {
  await using model = await startFakeModel()
  await using home = await tempHome()
  await using project = await tempProject({ files: { "a.txt": "a\n" } })
  let backend: FarBackend = await startBackend({ model: model.url, home })
  await using link = await workshop.link(backend.address)
  try {
    await using window = await openWindow({
      url: link.url,
      fingerprint: backend.fingerprint,
      enter: link.enter,
      directory: project.directory,
      token: backend.token,
      home: home.directory,
    })
    await window.see("the models", (shown) => shown.what === "models" && (shown.count ?? 0) > 0, 60_000)
    window.tell("send Hello [[text:Hello to you.]]")
    await window.see("the first turn's end", (shown) => shown.what === "ended")
    await act({
      model,
      window,
      link,
      path: project.path,
      async replaceBackend() {
        const { address: listen, token } = backend
        await backend.kill9()
        backend = await startBackend({ model: model.url, home, listen, token })
      },
    })
  } finally {
    await backend[Symbol.asyncDispose]()
  }
}

const lines = async (file: string) =>
  (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "")

describe.skipIf(workshop.missing).concurrent("a backend that is killed before its reply arrives", () => {
  test("knows a prompt that is sent again, and does not run it a second time", { timeout: 120_000 }, () =>
    play(async ({ model, window, link, replaceBackend }) => {
      const from = window.log.length
      const heard = await link.worsen(silence("downstream"))
      window.tell("send The second [[text:I begin. ]][[hold:never]]")
      await model.waitForRequest((request) => !request.title && request.user.includes("The second"))
      expect(window.last("view")?.prompt).toBe("sending")
      await replaceBackend()
      await heard()
      await window.see("the prompt's arrival", (shown) => shown.prompt === "sent", 60_000, from)
      await window.see("an idle session", () => window.last("status")?.value === "idle", 60_000, from)
      const prompts = (await window.rows()).filter((row) => typeof row === "object" && row && "prompt" in row)
      expect(prompts).toEqual([
        { prompt: "Hello [[text:Hello to you.]]", state: "sent" },
        { prompt: "The second [[text:I begin. ]][[hold:never]]", state: "sent" },
      ])
      expect(model.calls.filter((call) => call.user.includes("The second"))).toHaveLength(1)
    }),
  )

  test("says of a permission's answer that nobody knows, and the command runs once", { timeout: 120_000 }, () =>
    play(async ({ window, link, path, replaceBackend }) => {
      const from = window.log.length
      const command = "echo ran >> ran.txt; while true; do sleep 0.05; done"
      window.tell(`send Run it [[tool:bash {"command":"${command}","description":"Run"}]][[then]][[text:Done.]]`)
      await window.see("the question", (shown) => shown.what === "permissions" && shown.ids?.length === 1, 20_000, from)
      const heard = await link.worsen(silence("downstream"))
      window.tell("reply once")
      await until(async () => (await lines(path("ran.txt"))).length > 0, { what: "the command's first sign" })
      await replaceBackend()
      await heard()
      const notice = await window.see("a word about it", (shown) => shown.what === "notice", 60_000, from)
      expect(notice.text).toContain("not known")
      await window.see("an idle session", () => window.last("status")?.value === "idle", 60_000, from)
      // The list is asked for beside the status.
      await window.see("no open question", () => window.last("permissions")?.ids?.length === 0, 60_000, from)
      expect(await lines(path("ran.txt"))).toHaveLength(1)
    }),
  )
})
