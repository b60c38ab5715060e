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

const SHAPES = `export const Shapes = async () => ({
  "shell.env": async (input, output) => { output.env.FROM_PLUGIN = "yes in " + input.cwd },
  "tool.definition": async (input, output) => { if (input.toolID === "read") output.description = "Reads, says the plugin" },
  "experimental.chat.messages.transform": async (input, output) => {
    for (const { parts } of output.messages) {
      for (const part of parts) if (part.type === "text") part.text = part.text.replaceAll("tr0ub4dor", "[hidden]")
    }
  },
  "experimental.session.compacting": async (input, output) => { output.context.push("Keep every ticket number.") },
  auth: {
    provider: "acme",
    methods: [
      { type: "api", label: "Key" },
      {
        type: "oauth",
        label: "Acme account",
        prompts: [{ type: "text", key: "team", message: "Team", validate: () => undefined }],
        authorize: async (inputs) => ({
          url: "https://acme.example/" + inputs.team,
          instructions: "Paste the code",
          method: "code",
          callback: async (code) => code === "good" ? { type: "success", access: "a", refresh: "r", expires: 5 } : { type: "failed" },
        }),
      },
    ],
  },
})
`

test("a plugin changes commands' environment, tools, what models see and summaries, and brings a login", async () => {
  await using home = await tempHome()
  const file = join(home.env.XDG_CONFIG_HOME ?? join(home.directory, ".config"), "kilo/plugin/shapes.js")
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, SHAPES)
  await using w = await world({ home })
  const directory = w.project.directory
  const session = await w.session()
  const say = (text: string) => w.kilo.api(`/session/${session}/message`, { json: { parts: [{ type: "text", text }] } })
  w.model.reply([{ tool: "bash", args: { command: "echo $FROM_PLUGIN" } }], [{ text: "ok" }])
  await say("My password is tr0ub4dor")
  const messages = await w.kilo.api<{ parts: unknown[] }[]>(`/session/${session}/message`)
  const parts = messages.flatMap((message) => message.parts)
  const output = `yes in ${directory}\n`
  expect(parts).toContainEqual(expect.objectContaining({ tool: "bash", state: expect.objectContaining({ output }) }))
  expect(JSON.stringify(parts)).toContain("tr0ub4dor")
  const sent = JSON.stringify(w.model.calls.map(({ body }) => body))
  expect(sent).toContain("My password is [hidden]")
  expect(sent).not.toContain("tr0ub4dor")
  expect(sent).toContain("Reads, says the plugin")
  w.model.reply([{ text: "## Goal" }])
  await w.kilo.api(`/session/${session}/summarize`, { json: { providerID: "fake", modelID: "m1" } })
  expect(w.model.calls.at(-1)?.user).toContain("Keep every ticket number.")

  const ways = await w.kilo.api<Record<string, object[]>>("/provider/auth", { directory })
  expect(Object.keys(ways)).toEqual(expect.arrayContaining(["kilo", "acme"]))
  expect(ways.acme?.[1]).toEqual({
    type: "oauth",
    label: "Acme account",
    prompts: [{ type: "text", key: "team", message: "Team" }],
  })
  const json = { method: 1, inputs: { team: "red" } }
  const start = () => w.kilo.api("/provider/acme/oauth/authorize", { json, directory })
  const finish = (code?: string) =>
    w.kilo.fetch("/provider/acme/oauth/callback", { json: { method: 1, ...(code ? { code } : {}) }, directory })
  expect(await start()).toEqual({ url: "https://acme.example/red", method: "code", instructions: "Paste the code" })
  expect(await (await finish()).json()).toMatchObject({ name: "ProviderAuthOauthCodeMissing" })
  expect((await finish("bad")).status).toBe(400)
  await start()
  expect(await (await finish("good")).json()).toBe(true)
  const stored = readFileSync(home.path(".local/share/kilo/auth.json"), "utf8")
  expect(JSON.parse(stored).acme).toEqual({ type: "oauth", access: "a", refresh: "r", expires: 5 })
})
