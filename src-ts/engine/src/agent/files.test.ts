import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Config, configFolders, projectRoots } from "../config/index.ts"
import { evaluate } from "../permission/index.ts"
import { AgentWriter, loadAgentFiles, resolveAgents } from "./index.ts"

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "kilo-agents-")))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const place = (env: Record<string, string> = {}) => ({
  paths: { home: join(root, "home"), config: join(root, "config"), state: root, data: root, cache: root, log: root },
  env,
  directory: join(root, "w/sub"),
  worktree: join(root, "w"),
})
async function load(config: Config = {}, global: Config = {}, env: Record<string, string> = {}) {
  const files = await loadAgentFiles({
    folders: configFolders(place(env)),
    modes: { roots: projectRoots(place(env)), files: [join(root, "config/custom_modes.yaml")] },
    global,
    config: { ...global, ...config },
  })
  const agents = resolveAgents({ config: { ...global, ...config, agent: files.agent } })
  return { ...files, pick: (name: string) => agents.find((agent) => agent.name === name) }
}

describe("agents in Markdown files", () => {
  it("have everything that the configuration can say", async () => {
    put(
      "w/.kilo/agent/team/reviewer.md",
      `---
description: Reviews changes
mode: subagent
model: fake/m2
variant: high
temperature: 0.1
top_p: 0.5
steps: 7
color: "#ff0000"
hidden: false
tools:
  bash: false
permission:
  edit:
    "*": deny
    "docs/*": allow
---
You review.
`,
    )
    const { pick, warnings } = await load()
    expect(warnings).toEqual([])
    const agent = pick("team/reviewer")
    expect(agent).toMatchObject({
      description: "Reviews changes",
      mode: "subagent",
      model: { providerID: "fake", modelID: "m2" },
      variant: "high",
      temperature: 0.1,
      topP: 0.5,
      steps: 7,
      color: "#ff0000",
      prompt: "You review.",
      source: "project",
      native: false,
    })
    const action = (permission: string, pattern: string) =>
      evaluate(permission, pattern, agent?.permission ?? []).action
    expect([action("bash", "ls"), action("edit", "a.ts"), action("edit", "docs/a.md")]).toEqual([
      "deny",
      "deny",
      "allow",
    ])
  })

  it("change built-in agents, and lose against a nearer file and a stronger configuration only", async () => {
    put("config/agent/code.md", "---\ntemperature: 0.1\nsteps: 1\n---\nGlobal")
    put("w/.kilo/agents/code.md", "---\nsteps: 2\n---\nTop")
    put("w/sub/.opencode/agent/code.md", "---\ncolor: red\n---\n")
    const global = { agent: { code: { steps: 9, prompt: "Configured", variant: "low" } } }
    const merged = (await load({}, global)).pick("code")
    expect(merged).toMatchObject({
      temperature: 0.1,
      steps: 2,
      prompt: "Top",
      color: "red",
      variant: "low",
      native: true,
    })
    const stronger = { agent: { code: { ...global.agent.code, prompt: "Project" } } }
    expect((await load(stronger, global)).pick("code")).toMatchObject({ steps: 2, prompt: "Project" })
    expect((await load({}, {}, { KILO_DISABLE_PROJECT_CONFIG: "1" })).pick("code")).toMatchObject({ steps: 1 })
  })

  it("are primary in the older folder, all-purpose otherwise, and can be switched off", async () => {
    put("w/.kilo/mode/writer.md", "Write.")
    put("w/.kilocode/agents/helper.md", "Help.")
    put("w/.kilo/agent/ask.md", "---\ndisable: true\n---\n")
    const { pick } = await load()
    expect(pick("writer")?.mode).toBe("primary")
    expect(pick("helper")?.mode).toBe("all")
    expect(pick("ask")).toBeUndefined()
  })

  it("cost a warning when they are broken, and keep what is readable", async () => {
    put("w/.kilo/agent/colon.md", "---\ndescription: one: two\nmode: subagent\n---\nText")
    put("w/.kilo/agent/wrong.md", "---\ntemperature: hot\nmode: boss\nsteps: 3\nunknown: [1]\n---\nText")
    put("w/.kilo/agent/open.md", "---\ndescription: never closed\n")
    put("w/.kilo/agent/rules.md", "---\npermission:\n  bash: sometimes\n---\nText")
    put(
      "w/.kilo/agent/bomb.md",
      `---\na: &a [x,x]\n${"bcdefgh"
        .split("")
        .map((c, i) => `${c}: &${c} [*${"abcdefg"[i]},*${"abcdefg"[i]},*${"abcdefg"[i]}]`)
        .join("\n")}\n---\n`,
    )
    const { pick, warnings } = await load()
    expect(pick("colon")).toMatchObject({ description: "one: two", mode: "subagent", prompt: "Text" })
    expect(pick("wrong")).toMatchObject({ mode: "all", steps: 3, prompt: "Text" })
    expect(pick("wrong")?.temperature).toBeUndefined()
    expect(pick("open")?.prompt).toContain("never closed")
    expect(evaluate("bash", "ls", pick("rules")?.permission ?? []).action).toBe("ask")
    const told = warnings.map(({ path, message }) => `${path.split("/").at(-1)}: ${message.split(/[:;]/)[0]}`)
    expect(told.sort()).toEqual([
      "bomb.md: The settings at the top are not valid YAML",
      "colon.md: The settings at the top are not valid YAML",
      "rules.md: agent.rules.permission.bash",
      "wrong.md: agent.wrong.mode",
      "wrong.md: agent.wrong.temperature",
    ])
  })

  it("survive loops of links, doubles and any text", async () => {
    put("w/.kilo/agent/a.md", "A")
    symlinkSync(join(root, "w/.kilo"), join(root, "w/.kilo/agent/loop"))
    expect((await load()).files.map(({ name }) => name)).toEqual(["a"])
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary", maxLength: 80 }),
        fc.string({ maxLength: 20 }),
        async (head, body) => {
          put("w/.kilo/agent/any.md", `---\n${head}\n---\n${body}`)
          const { agent } = await load()
          expect(Object.getPrototypeOf(agent.any ?? {})).toBe(Object.prototype)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe("custom modes of older versions", () => {
  it("become agents with the limits that their groups meant", async () => {
    put(
      "w/.kilocodemodes",
      `customModes:
  - slug: docs
    name: Docs Writer
    roleDefinition: You write docs.
    whenToUse: For documentation
    customInstructions: Be short.
    groups:
      - read
      - - edit
        - fileRegex: \\.(md|mdx)$
          description: Markdown
  - slug: odd
    roleDefinition: Odd.
    groups: [read, [edit, { fileRegex: "^(?!x).*$" }], command]
  - name: nameless
`,
    )
    put("w/.roomodes", JSON.stringify({ customModes: [{ slug: "docs", roleDefinition: "Older", groups: [] }] }))
    put("config/custom_modes.yaml", "not: modes")
    const { pick, warnings } = await load()
    const docs = pick("docs")
    expect(docs).toMatchObject({
      displayName: "Docs Writer",
      description: "For documentation",
      prompt: "You write docs.\n\nBe short.",
      mode: "primary",
      source: "legacy",
    })
    const action = (name: string, permission: string, pattern: string) =>
      evaluate(permission, pattern, pick(name)?.permission ?? []).action
    expect(action("docs", "edit", "a.ts")).toBe("deny")
    expect(action("docs", "edit", "docs/a.mdx")).toBe("allow")
    expect(action("docs", "bash", "ls")).toBe("deny")
    expect(action("odd", "edit", "a.ts")).toBe("ask")
    expect(action("odd", "bash", "ls")).toBe("allow")
    expect(warnings.map(({ message }) => message.split(/[:.]/)[0])).toEqual([
      "Can't be read as custom modes",
      'Mode "odd"',
      "A custom mode without a `slug` of letters, digits and dashes is ignored",
    ])
  })
})

describe("the agent writer", () => {
  const writer = () => new AgentWriter({ global: join(root, "config"), project: join(root, "w/.kilo") })

  it("writes files that read back as the agent that was described", async () => {
    const saved = await writer().save("team/tester", {
      description: "Tests: all",
      mode: "subagent",
      model: "fake/m1",
      steps: 4,
      tools: ["read", "bash"],
      prompt: "Test it.\n---\nreally",
    })
    expect(saved).toMatchObject({
      id: "team/tester",
      scope: "project",
      path: join(root, "w/.kilo/agent/team/tester.md"),
    })
    expect(readFileSync(saved.path, "utf8")).toBe(saved.markdown)
    const { pick, warnings, files } = await load()
    expect(warnings).toEqual([])
    const agent = pick("team/tester")
    expect(agent).toMatchObject({
      description: "Tests: all",
      mode: "subagent",
      steps: 4,
      prompt: "Test it.\n---\nreally",
    })
    const action = (permission: string) => evaluate(permission, "x", agent?.permission ?? []).action
    expect([action("read"), action("bash"), action("edit")]).toEqual(["allow", "allow", "deny"])
    expect(await writer().remove("team/tester", files, "global")).toBe(0)
    expect(await writer().remove("team/tester", files)).toBe(1)
    expect((await load()).files).toEqual([])
  })

  it.each(["", "..", "a/../b", "/a", "a//b", ".hidden", "a\\b", "nul\0", "x".repeat(200)])(
    "refuses the name %j",
    async (name) => {
      await expect(writer().save(name, { prompt: "x" })).rejects.toThrow("can't be the name of an agent")
    },
  )
})
