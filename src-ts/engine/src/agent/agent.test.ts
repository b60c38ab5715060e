import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Config } from "../config/types.ts"
import { evaluate, loosened, sourceOf } from "../permission/index.ts"
import type { Model } from "../provider/types.ts"
import {
  type Agent,
  findAgent,
  loadInstructions,
  nestedInstructions,
  RemoteTexts,
  resolveAgents,
  systemPrompt,
} from "./index.ts"

const pick = (agents: Agent[], name: string): Agent => {
  const agent = agents.find((each) => each.name === name)
  if (!agent) throw new Error(`no agent ${name}`)
  return agent
}
const action = (agent: Agent, permission: string, pattern: string) =>
  evaluate(permission, pattern, agent.permission).action

describe("resolveAgents", () => {
  it("starts with code, keeps ask and plan from changing things, and hides the internal ones", () => {
    const agents = resolveAgents({ config: {} })
    expect(agents.map((agent) => agent.name)).toEqual([
      "code",
      "ask",
      "debug",
      "explore",
      "general",
      "orchestrator",
      "plan",
      "compaction",
      "summary",
      "title",
    ])
    expect(agents.filter((agent) => agent.mode === "subagent").map((agent) => agent.name)).toEqual([
      "explore",
      "general",
    ])
    expect(action(pick(agents, "explore"), "edit", "a.ts")).toBe("deny")
    expect(action(pick(agents, "general"), "edit", "a.ts")).toBe("allow")
    expect(action(pick(agents, "orchestrator"), "edit", "a.ts")).toBe("deny")
    expect(action(pick(agents, "orchestrator"), "task", "general")).toBe("allow")
    expect(action(pick(agents, "plan"), "plan_exit", "*")).toBe("allow")
    expect(action(pick(agents, "code"), "plan_exit", "*")).toBe("deny")
    expect(agents.filter((agent) => agent.hidden).map((agent) => agent.name)).toEqual([
      "compaction",
      "summary",
      "title",
    ])
    expect(action(pick(agents, "code"), "edit", "a.ts")).toBe("allow")
    expect(action(pick(agents, "code"), "external_directory", "/etc/*")).toBe("ask")
    expect(action(pick(agents, "code"), "read", "config/.env")).toBe("ask")
    expect(action(pick(agents, "code"), "edit", ".git/hooks/pre-commit")).toBe("ask")
    expect(action(pick(agents, "code"), "edit", ".kilo/kilo.jsonc")).toBe("ask")
    expect(action(pick(agents, "plan"), "edit", "sub/.kilo/plans/login.md")).toBe("allow")
    expect(action(pick(agents, "ask"), "edit", "a.ts")).toBe("deny")
    expect(action(pick(agents, "ask"), "bash", "ls")).toBe("deny")
    expect(action(pick(agents, "plan"), "edit", "src/a.ts")).toBe("deny")
    expect(action(pick(agents, "plan"), "edit", ".kilo/plans/login.md")).toBe("allow")
    expect(action(pick(agents, "title"), "read", "a.ts")).toBe("deny")
  })

  it("tells a project's agent that would be allowed more from one that only is there", () => {
    const all = (config: Config) => resolveAgents({ config, own: { permission: { bash: "ask" } } })
    const told = (agents: Agent[]) => agents.flatMap(({ permission }) => loosened(permission))
    const plain: Config = {
      permission: { bash: "ask" },
      agent: { helper: { description: "Helps", prompt: "You help." } },
    }
    expect(told(all(plain))).toEqual([])
    const bold: Config = { ...plain, agent: { helper: { permission: { bash: { "rm *": "allow", "ls *": "ask" } } } } }
    expect(told(all(bold))).toEqual([{ permission: "bash", pattern: "rm *", action: "allow" }])
    expect(action(pick(all(bold), "helper"), "bash", "rm -r x")).toBe("ask")
  })

  it("puts the host's default below the files' rules, and those below an agent's own restrictions", () => {
    const config: Config = { permission: { bash: { "git *": "allow" } } }
    const agents = resolveAgents({ config, defaultPermission: { edit: "ask", bash: "ask" } })
    const code = pick(agents, "code")
    expect(action(code, "edit", "a.ts")).toBe("ask")
    expect(action(code, "bash", "git log")).toBe("allow")
    expect(action(code, "bash", "ls")).toBe("ask")
    expect(sourceOf(evaluate("bash", "git log", code.permission))).toBe("global")
    expect(sourceOf(evaluate("read", "a", code.permission))).toBe("agent")
    expect(action(pick(agents, "ask"), "bash", "git log")).toBe("deny")
    const opened = resolveAgents({ config: { agent: { ask: { permission: { bash: "allow" } } } } })
    expect(action(pick(opened, "ask"), "bash", "git log")).toBe("allow")
  })

  it("adds, changes and disables agents from both configuration keys, and puts the default agent first", () => {
    const agents = resolveAgents({
      config: {
        default_agent: "review",
        mode: { old: { prompt: "Old." } },
        agent: {
          plan: { disable: true },
          code: { model: "fake/m1", temperature: 0.2 },
          review: { description: "Reviews", mode: "primary", tools: { write: false, bash: false } },
          helper: {},
        },
      },
    })
    expect(agents.map((agent) => agent.name)).toEqual([
      "review",
      "code",
      "ask",
      "debug",
      "explore",
      "general",
      "orchestrator",
      "old",
      "helper",
      "compaction",
      "summary",
      "title",
    ])
    expect(pick(agents, "code")).toMatchObject({ model: { providerID: "fake", modelID: "m1" }, temperature: 0.2 })
    expect(pick(agents, "old")).toMatchObject({ mode: "primary", prompt: "Old.", native: false })
    expect(pick(agents, "helper").mode).toBe("all")
    expect(action(pick(agents, "review"), "edit", "a.ts")).toBe("deny")
    expect(action(pick(agents, "review"), "bash", "ls")).toBe("deny")
  })
})

describe("aliases", () => {
  it("let older names change and find the built-in agents", () => {
    const agents = resolveAgents({
      config: { agent: { build: { model: "fake/m2" }, architect: { steps: 3 } }, default_agent: "architect" },
    })
    expect(agents[0]?.name).toBe("plan")
    expect(findAgent(agents, "build")).toMatchObject({ name: "code", model: { modelID: "m2" } })
    expect(findAgent(agents, "architect")).toMatchObject({ name: "plan", steps: 3 })
    expect(findAgent(agents, "nobody")).toBeUndefined()
  })
})

const model = { providerID: "fake", id: "m1" } as Model

describe("systemPrompt", () => {
  it("is small, names the place and the day, and carries the instructions", () => {
    const agent = pick(resolveAgents({ config: {} }), "code")
    const place = { agent, model, directory: "/w/sub", worktree: "/w", vcs: "git" as const }
    const prompt = systemPrompt({ ...place, date: new Date(2026, 0, 5), instructions: ["Use tabs."] })
    expect(prompt[0]).toContain("Working directory: /w/sub\nRepository root: /w\nGit repository: yes")
    expect(prompt[0]).toContain("Date: 2026-01-05")
    expect(prompt[1]).toBe("Use tabs.")
    expect(prompt[0]?.length).toBeLessThan(2500)
  })

  it("uses an agent's own prompt instead of the general one", () => {
    const agent = { ...pick(resolveAgents({ config: {} }), "code"), prompt: "Only rhyme." }
    const prompt = systemPrompt({ agent, model, directory: "/w", worktree: "/", date: new Date(), instructions: [] })
    expect(prompt[0]?.startsWith("Only rhyme.\n\n<env>")).toBe(true)
    expect(prompt[0]).toContain("Git repository: no")
  })
})

describe("loadInstructions", () => {
  let root: string
  const paths = () => ({
    home: root,
    config: join(root, "config"),
    state: root,
    data: root,
    cache: root,
    log: root,
  })
  const load = (
    directory: string,
    texts: string[] = [],
    more: Partial<Parameters<typeof loadInstructions>[0]> = {},
    own = true,
  ) =>
    loadInstructions({
      directory: join(root, directory),
      worktree: join(root, "w"),
      paths: paths(),
      agent: "code",
      entries: texts.map((text) => ({ text, own })),
      ...more,
    })
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "kilo-agent-")))
    mkdirSync(join(root, "config"))
    mkdirSync(join(root, "w/sub/docs"), { recursive: true })
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it("reads from the general to the particular and each file once", async () => {
    writeFileSync(join(root, "config/AGENTS.md"), "global")
    writeFileSync(join(root, "w/AGENTS.md"), "top")
    symlinkSync("AGENTS.md", join(root, "w/CLAUDE.md"))
    writeFileSync(join(root, "w/sub/CLAUDE.md"), "sub")
    writeFileSync(join(root, "w/sub/docs/b.md"), "b")
    writeFileSync(join(root, "w/sub/docs/a.md"), "a")
    writeFileSync(join(root, "AGENTS.md"), "above the worktree")
    const texts = await load("w/sub", ["sub/docs/*.md", "https://example.org/x.md", "missing.md"])
    expect(texts.map((text) => text.split("\n")[1])).toEqual(["global", "top", "sub", "a", "b"])
  })

  it("skips symlinks that leave the project, binary files, and all parents outside git", async () => {
    writeFileSync(join(root, "secret"), "secret")
    symlinkSync(join(root, "secret"), join(root, "w/AGENTS.md"))
    writeFileSync(join(root, "w/CLAUDE.md"), Buffer.from([1, 0, 2]))
    expect(await load("w")).toEqual([])
    writeFileSync(join(root, "AGENTS.md"), "not mine")
    expect(await load("w", [], { worktree: "/" })).toEqual([])
  })

  it("cuts long files and says so", async () => {
    writeFileSync(join(root, "w/AGENTS.md"), "x".repeat(100_000))
    const [text] = await load("w")
    expect(text?.length).toBeLessThan(34_000)
    expect(text).toContain("the file has 100000 bytes")
  })

  it("reads rules of the project, of the mode and of the user, and the old names", async () => {
    const put = (path: string, text: string) => {
      mkdirSync(join(root, path, ".."), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    put(".claude/CLAUDE.md", "mine for claude")
    put("config/rules/a.md", "my rule")
    put("w/CONTEXT.md", "context")
    put("w/.kilocoderules", "old rule")
    put("w/.kilo/rules/deep/b.md", "deep rule")
    put("w/.kilo/rules/notes.json", "no rule")
    put("w/.kilocode/rules/c.md", "project rule")
    put("w/.kilocode/rules-code/d.md", "rule of the mode")
    put("w/.kilocode/rules-ask/e.md", "rule of another mode")
    put("w/sub/CLAUDE.md", "context")
    const bodies = (texts: string[]) => texts.map((text) => text.split("\n")[1])
    expect(bodies(await load("w/sub"))).toEqual([
      "mine for claude",
      "my rule",
      "context",
      "old rule",
      "deep rule",
      "project rule",
      "rule of the mode",
    ])
    expect(bodies(await load("w", [], { noClaude: true }))).not.toContain("mine for claude")
  })

  it("lets a project's configuration name only the project's own files", async () => {
    writeFileSync(join(root, "secret.md"), "secret")
    writeFileSync(join(root, "w/ok.md"), "fine")
    const entries = ["../secret.md", join(root, "secret.md"), "~/secret.md", "../*.md", "ok.md"]
    expect((await load("w", entries, {}, false)).map((text) => text.split("\n")[1])).toEqual(["fine"])
    expect((await load("w", entries)).map((text) => text.split("\n")[1])).toEqual(["secret", "fine"])
  })

  it("takes texts from the web where they can be had, saying who named them", async () => {
    const asked: [string, boolean][] = []
    const fetch = async (address: string, own: boolean) => {
      asked.push([address, own])
      return own ? "from the web" : undefined
    }
    expect(await load("w", ["https://example.org/a.md"], { fetch })).toEqual([
      "Instructions from https://example.org/a.md:\nfrom the web",
    ])
    expect(await load("w", ["https://example.org/a.md"], { fetch }, false)).toEqual([])
    expect(asked.map(([, own]) => own)).toEqual([true, false])
  })

  it("finds what folders below the directory say, nearest last", async () => {
    const nested = (file: string, directory = "w") =>
      nestedInstructions({ file: join(root, file), directory: join(root, directory), worktree: join(root, "w") })
    writeFileSync(join(root, "w/AGENTS.md"), "top")
    writeFileSync(join(root, "w/sub/AGENTS.md"), "sub")
    writeFileSync(join(root, "w/sub/docs/AGENTS.md"), "docs")
    writeFileSync(join(root, "AGENTS.md"), "above")
    expect((await nested("w/sub/docs/x.ts")).map((file) => file.text)).toEqual(["sub", "docs"])
    expect(await nested("w/x.ts")).toEqual([])
    expect(await nested("elsewhere/x.ts")).toEqual([])
    mkdirSync(join(root, "w/other"))
    expect((await nested("w/sub/x.ts", "w/other")).map((file) => file.text)).toEqual(["sub"])
  })
})

describe("RemoteTexts", () => {
  it("asks once, keeps what it got, and goes on with it while the server is away", async () => {
    let now = 0
    let answer: string | Error = "one"
    const asked: string[] = []
    const errors: unknown[] = []
    const texts = new RemoteTexts({
      get: async (address) => {
        asked.push(address)
        if (answer instanceof Error) throw answer
        return answer
      },
      onError: (error) => errors.push(error),
      now: () => now,
    })
    expect(await Promise.all([texts.text("a"), texts.text("a")])).toEqual(["one", "one"])
    answer = new Error("away")
    now += 3_600_000
    expect(await texts.text("a")).toBe("one")
    expect(await texts.text("b")).toBeUndefined()
    expect(await texts.text("b")).toBeUndefined()
    expect(asked).toEqual(["a", "a", "b"])
    expect(errors).toHaveLength(2)
  })
})
