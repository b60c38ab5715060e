import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { partsOf, type World, type WorldOptions, world } from "./harness.ts"

function put(file: string, text: string): string {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}
const own = (w: World, path: string, text: string) => put(join(w.engine.paths.config, path), text)
const body = (w: World, at = -1) => JSON.stringify(w.model.requests.at(at)?.body)
const messagesOf = async (w: World) => (await w.instance.configWarnings()).map(({ message }) => message)

describe("a plugin of the user's", () => {
  test("adds tools, whose arguments are checked and whose permission is asked for", async () => {
    await using w = await world({ config: { permission: { shout: "ask" } } })
    own(
      w,
      "plugin/shout.js",
      `import { z } from ${JSON.stringify(import.meta.resolve("zod"))}
       const tool = Object.assign((input) => input, { schema: z })
       export const Shout = async ({ directory }) => ({
         tool: {
           shout: tool({
             description: "Shouts a word",
             args: { word: tool.schema.string().describe("the word") },
             async execute(args, context) {
               context.metadata({ title: "Shouting" })
               return { output: args.word.toUpperCase() + " in " + (context.directory === directory), metadata: { loud: true } }
             },
           }),
         },
       })`,
    )
    const session = await w.session()
    w.model.reply([{ tool: "shout", args: { word: "hi" } }], [{ tool: "shout", args: {} }], [{ text: "ok" }])
    const done = w.ask(session, "go")
    const asked = await w.log.wait("permission.asked")
    expect(asked).toMatchObject({ permission: "shout", metadata: { input: { word: "hi" } } })
    await w.instance.permissions.reply(asked.id, { reply: "once" })
    const [first, second] = partsOf(await done, "tool").map(({ state }) => state)
    expect(first).toMatchObject({
      status: "completed",
      output: "HI in true",
      metadata: { loud: true, truncated: false },
    })
    expect(second).toMatchObject({ status: "error", error: expect.stringContaining("word") })
    expect(body(w, 0)).toContain('"name":"shout","description":"Shouts a word"')
    expect(await messagesOf(w)).toEqual([])
  })

  test("sees and changes prompts, requests, system texts and calls, and hears of events", async () => {
    await using w = await world({ files: { "a.txt": "one\n", "secret.txt": "hidden\n" } })
    own(
      w,
      "plugin/all.mjs",
      `import { appendFileSync } from "node:fs"
       import { join } from "node:path"
       export default async ({ directory, $ }) => ({
         event: async ({ event }) => { if (event.type === "session.idle") appendFileSync(join(directory, "events.log"), event.type + "\\n") },
         config: async (config) => { config.command = { ...config.command, added: { template: "Added $1" } } },
         "chat.message": async (input, output) => { output.parts[0].text += " (by " + input.agent + ")" },
         "chat.params": async (input, output) => { output.temperature = 0.25; output.options.custom = input.model.id },
         "chat.headers": async (input, output) => { output.headers["x-plugin"] = "yes" },
         "experimental.chat.system.transform": async (input, output) => { output.system.push("Speak in rhymes.") },
         "tool.execute.before": async (input, output) => {
           if (output.args.filePath?.includes("secret")) throw new Error("secrets are not read")
           if (input.tool === "bash") output.args.command = "echo changed"
         },
         "tool.execute.after": async (input, output) => { output.output += "\\nseen " + (await $\`echo \${"it's"}\`.text()).trim() },
         "permission.ask": async (input, output) => { if (input.permission === "bash") output.status = "allow" },
       })`,
    )
    const session = await w.session()
    w.instance.sessions.update(session.id, { permission: [{ permission: "bash", pattern: "*", action: "ask" }] })
    w.model.reply(
      [
        { tool: "read", args: { filePath: "secret.txt" } },
        { tool: "bash", args: { command: "echo original" } },
      ],
      [{ text: "ok" }],
    )
    const messages = await w.ask(session, "hello")
    expect(partsOf(messages, "text")[0]?.text).toBe("hello (by code)")
    const [secret, bash] = partsOf(messages, "tool").map(({ state }) => state)
    expect(secret).toMatchObject({ status: "error", error: "secrets are not read" })
    expect(bash).toMatchObject({
      status: "completed",
      output: "changed\n\nseen it's",
      metadata: { approval: { source: "plugin" } },
    })
    expect(w.log.of("permission.asked")).toEqual([])
    expect(w.model.requests[0]?.headers["x-plugin"]).toBe("yes")
    expect(w.model.requests[0]?.body).toMatchObject({ temperature: 0.25, custom: "m1" })
    expect(body(w, 0)).toContain("Speak in rhymes.")
    w.model.reply([{ text: "ok" }])
    await w.instance.sessions.command(session.id, { command: "added", arguments: "x" })
    expect(body(w)).toContain("Added x")
    expect(readFileSync(join(w.directory, "events.log"), "utf8")).toMatch(/^session\.idle/)
  })

  test("that is broken, odd or missing costs a warning, and sessions go on", async () => {
    await using w = await world({
      config: { plugin: ["./nowhere.js", "left-pad-of-nobody@1.0.0", ["./options.mjs", { word: "given" }]] },
    })
    own(w, "plugin/syntax.js", "export const x = {{{")
    own(w, "plugin/throws.js", "export default async () => { throw new Error('no luck') }")
    own(w, "plugin/empty.js", "export const value = 1")
    own(
      w,
      "tool/fine.js",
      "export default { description: 'Fine', args: {}, execute: async () => 'fine' }; export const second = 3",
    )
    put(
      join(w.directory, "options.mjs"),
      "export default async (input, options) => ({ 'chat.message': async (i, output) => { output.parts[0].text = options.word; throw new Error('oops') } })",
    )
    const session = await w.session()
    w.model.reply([{ tool: "fine", args: {} }], [{ text: "went on" }])
    const messages = await w.ask(session, "as typed")
    expect(partsOf(messages, "text").map(({ text }) => text)).toEqual(["as typed", "went on"])
    expect(partsOf(messages, "tool")[0]?.state).toMatchObject({ status: "completed", output: "fine" })
    const told = (await messagesOf(w)).join("\n")
    expect(told).toMatch(/nowhere\.js: There is no module at/)
    expect(told).toMatch(/left-pad-of-nobody@1\.0\.0: The package is not installed.*npm install/)
    expect(told).toMatch(/syntax\.js: It can't be loaded/)
    expect(told).toMatch(/throws\.js: It can't be loaded: no luck/)
    expect(told).toMatch(/empty\.js: .*exports no function/)
    expect(told).toMatch(/fine_second is no tool/)
    expect(told).toMatch(/options\.mjs: Its hook chat\.message failed: oops/)
    const states = (await w.instance.plugins.list()).map(({ state }) => state)
    expect(states.filter((state) => state === "broken")).toHaveLength(5)
  })
})

describe("a plugin of the project's", () => {
  const spy = (word: string) =>
    `import { writeFileSync } from "node:fs"
     import { join } from "node:path"
     import { word } from "./lib/word.js"
     export default async ({ directory }) => { writeFileSync(join(directory, "ran.txt"), word + ${JSON.stringify(word)}); return {} }`
  const files: NonNullable<WorldOptions["files"]> = {
    "a.txt": "one\n",
    ".kilo/plugin/spy.js": spy("1"),
    ".kilo/plugin/lib/word.js": 'export const word = "ran"',
    ".kilo/tool/evil.js": "export default { description: 'Evil', args: {}, execute: async () => 'evil' }",
    "kilo.json": JSON.stringify({ plugin: ["./build/plugin.js"] }),
    "build/plugin.js": "export default async () => { throw new Error('ran') }",
  }

  test("is not run before the user has approved it, and again when it or what it imports has changed", async () => {
    await using w = await world({ files })
    const ran = () => {
      try {
        return readFileSync(join(w.directory, "ran.txt"), "utf8")
      } catch {
        return undefined
      }
    }
    const session = await w.session()
    await w.ask(session, "[[text:hi]]")
    expect(ran()).toBeUndefined()
    expect(body(w, 0)).not.toContain("Evil")
    const path = join(w.directory, ".kilo/plugin/spy.js")
    expect(await w.instance.plugins.list()).toMatchObject([
      { state: "untrusted", scope: "project", name: "./build/plugin.js" },
      { state: "untrusted", path, reason: expect.stringContaining(`kilo plugin trust ${path}`) },
      { state: "untrusted", kind: "tool" },
    ])
    await w.instance.plugins.trust(path)
    await w.instance.plugins.list()
    expect(ran()).toBe("ran1")
    put(join(w.directory, ".kilo/plugin/lib/word.js"), 'export const word = "changed"')
    w.instance.plugins.refresh()
    expect((await w.instance.plugins.list())[1]?.state).toBe("untrusted")
    await w.instance.plugins.trust(path)
    put(path, spy("2"))
    w.instance.plugins.refresh()
    expect((await w.instance.plugins.list())[1]?.state).toBe("untrusted")
    expect(await w.instance.plugins.forget(path)).toBe(true)
    expect(await w.instance.plugins.forget(path)).toBe(false)
    expect(ran()).toBe("ran1")
  })

  test("runs when the user vouches for all projects, and none runs when plugins are off", async () => {
    await using w = await world({ files, env: { KILO_TRUST_PROJECT_CONFIG: "1" } })
    expect((await w.instance.plugins.list()).map(({ state }) => state)).toEqual(["broken", "loaded", "loaded"])
    await using off = await world({ files, env: { KILO_TRUST_PROJECT_CONFIG: "1", KILO_DISABLE_PLUGINS: "1" } })
    expect(await off.instance.plugins.list()).toEqual([])
  })
})
