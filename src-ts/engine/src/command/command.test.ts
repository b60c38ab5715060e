import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Config, configFolders } from "../config/index.ts"
import type { Skill } from "../skill/types.ts"
import { fillTemplate, hints, loadCommands, mentions } from "./index.ts"

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "kilo-command-")))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const load = (
  options: { config?: Config; global?: Config; directory?: string; skills?: Skill[]; env?: object } = {},
) => {
  const paths = { home: root, config: join(root, "config"), state: root, data: root, cache: root, log: root }
  const place = {
    paths,
    env: { ...options.env },
    directory: join(root, options.directory ?? "w"),
    worktree: join(root, "w"),
  }
  const global = options.global ?? {}
  return loadCommands({
    folders: configFolders(place),
    place,
    global,
    config: { ...global, ...options.config },
    skills: options.skills ?? [],
  })
}
const own = async (...args: Parameters<typeof load>) =>
  (await load(...args)).commands.filter((c) => !["init", "review"].includes(c.name))

describe("loadCommands", () => {
  it("has init and review, which anybody may replace", async () => {
    expect((await load()).commands.map((command) => command.name)).toEqual(["init", "review"])
    put("w/.kilo/command/review.md", "Mine")
    expect((await load()).commands[1]).toMatchObject({ name: "review", template: "Mine", trusted: false })
  })

  it("reads files with settings, and lets the nearer one and the configuration win", async () => {
    put("config/command/fix.md", "global")
    put("w/.opencode/command/fix.md", "project")
    put(
      "w/.kilo/command/team/review.md",
      "---\ndescription: 'Reviews it'\nagent: ask\nmodel: fake/m1\nsubtask: true\n---\nReview $1 and $2: $ARGUMENTS\n",
    )
    put("w/.kilo/command/test.md", "Run the tests")
    put("w/sub/.kilo/command/test.md", "Run these tests")
    put("w/.kilocode/workflows/überprüfen.md", "Prüfe")
    put("w/.claude/commands/old.md", "---\nmodel: sonnet\n---\nOld")
    const commands = await own({
      config: { command: { go: { template: "Go $ARGUMENTS", description: "Goes" }, bad: {} } },
      directory: "w/sub",
    })
    expect(commands).toEqual([
      { name: "fix", source: "command", template: "project", hints: [], trusted: false },
      { name: "go", source: "command", template: "Go $ARGUMENTS", description: "Goes", hints: ["$ARGUMENTS"] },
      { name: "old", source: "command", template: "Old", hints: [], trusted: false },
      {
        name: "team/review",
        source: "command",
        template: "Review $1 and $2: $ARGUMENTS",
        description: "Reviews it",
        agent: "ask",
        model: "fake/m1",
        subtask: true,
        hints: ["$1", "$2", "$ARGUMENTS"],
        trusted: false,
      },
      { name: "test", source: "command", template: "Run these tests", hints: [], trusted: false },
      { name: "überprüfen", source: "command", template: "Prüfe", hints: [], trusted: false },
    ])
    expect(
      (await own({ env: { KILO_DISABLE_CLAUDE_CODE: "1", KILO_DISABLE_PROJECT_CONFIG: "1" } })).map((c) => c.name),
    ).toEqual(["fix"])
  })

  it("lets a project's file win over the user's configuration, and the project's configuration over both", async () => {
    put("w/.kilo/command/go.md", "file")
    const global = { command: { go: { template: "global" } } }
    expect((await own({ global }))[0]?.template).toBe("file")
    expect((await own({ global, config: { command: { go: { template: "stronger" } } } }))[0]?.template).toBe("stronger")
  })

  it("offers skills as commands, weaker than any command of the name", async () => {
    const skill = (name: string): Skill => ({
      name,
      description: "Helps",
      location: "/s",
      content: "Do $1",
      trusted: false,
    })
    put("config/command/two.md", "command")
    expect(await own({ skills: [skill("one"), skill("two")] })).toEqual([
      { name: "one", description: "Helps", source: "skill", trusted: false, template: "Do $1", hints: ["$1"] },
      { name: "two", source: "command", template: "command", hints: [], trusted: true },
    ])
  })

  it("ends at cycles of links, and warns of huge, binary and broken files", async () => {
    put("w/.kilo/command/a.md", "---\ndescription: one: two\nagent: [\n---\nBody")
    put("w/.kilo/command/huge.md", "x".repeat(300_000))
    put("w/.kilo/command/binary.md", "a\0b")
    symlinkSync(join(root, "w/.kilo/command"), join(root, "w/.kilo/command/loop"))
    symlinkSync("missing", join(root, "w/.kilo/command/dangling.md"))
    const { commands, warnings } = await load()
    expect(commands.filter((c) => !c.trusted)).toEqual([
      { name: "a", source: "command", template: "Body", description: "one: two", hints: [], trusted: false },
    ])
    expect(warnings.map(({ path }) => path.slice(root.length))).toEqual([
      "/w/.kilo/command/binary.md",
      "/w/.kilo/command/huge.md",
      "/w/.kilo/command/a.md",
    ])
  })

  it("lists the files for settings pages", async () => {
    put("w/.kilo/command/go.md", "---\ndescription: Goes\n---\nGo")
    const { files } = await load()
    expect(files.map(({ name, builtin, editable }) => ({ name, builtin, editable }))).toEqual([
      { name: "go", builtin: false, editable: true },
      { name: "init", builtin: true, editable: false },
      { name: "review", builtin: true, editable: false },
    ])
    expect(files[0]).toMatchObject({
      location: join(root, "w/.kilo/command/go.md"),
      description: "Goes",
      source: "project",
    })
  })
})

describe("fillTemplate", () => {
  const ran: string[] = []
  const fill = (template: string, args: string) =>
    fillTemplate(template, args, async (command) => {
      ran.push(command)
      return `<${command}>`
    })

  it("puts arguments into their places, the rest into the last one", async () => {
    expect(await fill("$1 then $2.", 'a "b c" d e')).toBe("a then b c d e.")
    expect(await fill("[$1] [$2] [$ARGUMENTS]", "")).toBe("[] [] []")
    expect(await fill("Do it: $ARGUMENTS", "x  y")).toBe("Do it: x  y")
    expect(await fill("No place", " more ")).toBe("No place\n\nmore")
    expect(await fill("costs $100 and $0", "")).toBe("costs $100 and $0")
  })

  it("runs commands with their arguments, and never expands what comes from outside", async () => {
    ran.length = 0
    expect(await fill("Diff: !`git diff $1` of $1", "main")).toBe("Diff: <git diff main> of main")
    expect(await fill("$ARGUMENTS", "!`rm -rf /` $1 @x")).toBe("!`rm -rf /` $1 @x")
    expect(ran).toEqual(["git diff main"])
  })

  it("never runs anything that the template does not hold, whatever the arguments are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.string({ unit: fc.constantFrom("!", "`", "$", "1", "A", " ", "'", '"') }),
        async (words, args) => {
          const template = words.replaceAll("`", "")
          let runs = 0
          await fillTemplate(`${template} $1 $ARGUMENTS`, args, async () => `${++runs}`)
          expect(runs).toBe(0)
        },
      ),
    )
  })

  it("names its places", () => {
    expect(hints("$2 $1 $1 $ARGUMENTS $10 $100")).toEqual(["$1", "$2", "$10", "$ARGUMENTS"])
  })

  it("finds mentions, but no addresses and no code", () => {
    expect(mentions("See @src/a.ts, @./b and @~/c. Ask me@example.org or `@code`; @über/ö.md @src/a.ts")).toEqual([
      "src/a.ts",
      "./b",
      "~/c",
      "über/ö.md",
    ])
  })
})
