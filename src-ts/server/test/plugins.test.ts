import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { bundledCli, tempHome } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { world } from "./world.ts"

const run = promisify(execFile)

/** In TypeScript, with packages that are nowhere installed, asking the server that runs it. */
const PLUGIN = `import { type Plugin, tool } from "@kilocode/plugin"
import { z } from "zod"

export const Names: Plugin = async ({ client }: { client: any }) => ({
  tool: {
    names: tool({
      description: "Names the session",
      args: { style: z.enum(["plain"]).default("plain"), more: tool.schema.string().optional() },
      async execute(args: { style: string }, context: { sessionID: string }) {
        const { data } = await client.session.get({ path: { id: context.sessionID } })
        return args.style + ": " + data.title
      },
    }),
  },
})
`

test("a TypeScript plugin of the project runs in the real server once the command line approved it", async () => {
  await using home = await tempHome()
  await using w = await world({ home, files: { "a.txt": "one\n", ".kilo/plugin/names.ts": PLUGIN } })
  const directory = w.project.directory
  const path = join(directory, ".kilo/plugin/names.ts")
  const warnings = await w.kilo.api<{ path: string; message: string }[]>("/config/warnings", { directory })
  expect(warnings).toMatchObject([{ path, message: expect.stringContaining(`kilo plugin trust ${path}`) }])

  const cli = (...args: string[]) => run(bundledCli(), args, { cwd: directory, env: home.env })
  expect((await cli("plugin", "list")).stdout).toContain(`untrusted  project  plugin  ${path}`)
  await cli("plugin", "trust", path)
  const stored = join(home.env.XDG_STATE_HOME ?? join(home.directory, ".local/state"), "kilo/plugin-trust.json")
  expect(statSync(stored).mode & 0o777).toBe(0o600)
  expect(Object.keys(JSON.parse(readFileSync(stored, "utf8")))).toEqual([path])
  await w.kilo
    .api("/instance/dispose", { method: "POST", directory })
    .catch(() => w.kilo.api("/global/dispose", { method: "POST" }))

  const session = await w.session({ title: "My session" })
  w.model.reply([{ tool: "names", args: {} }], [{ text: "ok" }])
  await w.prompt(session, "go")
  await w.events.waitFor((event) => event.type === "session.idle" && event.properties.sessionID === session)
  const messages = await w.kilo.api<{ parts: unknown[] }[]>(`/session/${session}/message`)
  expect(messages.flatMap(({ parts }) => parts)).toContainEqual(
    expect.objectContaining({
      tool: "names",
      state: expect.objectContaining({ status: "completed", output: "plain: My session" }),
    }),
  )
  expect(await w.kilo.api("/config/warnings", { directory })).toEqual([])
  writeFileSync(path, `${PLUGIN}// changed`)
  expect((await cli("plugin", "list")).stdout).toContain("untrusted")
})

test("a plugin that never comes back does not hold the server up", async () => {
  await using home = await tempHome()
  const file = join(home.env.XDG_CONFIG_HOME ?? join(home.directory, ".config"), "kilo/plugin/slow.js")
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, "export default async () => ({ event: () => new Promise(() => {}) })")
  await using w = await world({ home })
  const session = await w.session()
  await w.prompt(session, "[[text:hi]]")
  await w.events.waitFor((event) => event.type === "session.idle" && event.properties.sessionID === session)
})
