import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { editText } from "./edit.ts"
import { createConfig, defaultPermission, resolvePaths } from "./index.ts"
import { parseText } from "./parse.ts"

let root: string
let home: string
let project: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kilo-config-"))
  home = join(root, "home")
  project = join(root, "repo")
  await mkdir(join(project, "sub"), { recursive: true })
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function put(file: string, value: unknown): Promise<string> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, typeof value === "string" ? value : JSON.stringify(value))
  return file
}

function make(extra: Record<string, string> = {}) {
  const env = { HOME: home, ...extra }
  const paths = resolvePaths(env)
  return { paths, config: createConfig({ paths, env }) }
}

describe("precedence", () => {
  // Weakest first; each source sets the model to its own name, so the strongest present one must win.
  const global = (name: string) => ({
    put: () => put(join(home, ".config", "kilo", name), { model: `x/global ${name}` }),
  })
  const local = (path: string) => ({ put: () => put(join(project, path), { model: `x/${path}` }) })
  const sources: { put?: () => Promise<string>; env?: () => Record<string, string> }[] = [
    global("config.json"),
    global("kilo.json"),
    global("kilo.jsonc"),
    global("opencode.json"),
    global("opencode.jsonc"),
    {
      put: () => put(join(root, "explicit.json"), { model: "x/explicit" }),
      env: () => ({ KILO_CONFIG: join(root, "explicit.json") }),
    },
    { put: () => put(join(home, ".kilo", "kilo.json"), { model: "x/home" }) },
    { put: () => put(join(home, ".opencode", "opencode.json"), { model: "x/home opencode" }) },
    local("kilo.json"),
    local("kilo.jsonc"),
    local("opencode.json"),
    local("opencode.jsonc"),
    local(".kilo/kilo.json"),
    local(".kilocode/kilo.jsonc"),
    local(".opencode/opencode.json"),
    local("sub/kilo.json"),
    local("sub/.kilo/kilo.jsonc"),
    {
      put: () => put(join(root, "dir", "kilo.json"), { model: "x/dir" }),
      env: () => ({ KILO_CONFIG_DIR: join(root, "dir") }),
    },
    { env: () => ({ KILO_CONFIG_CONTENT: `{"model":"x/content"}` }) },
    {
      put: () => put(join(root, "managed", "kilo.json"), { model: "x/managed" }),
      env: () => ({ KILO_MANAGED_CONFIG_DIR: join(root, "managed") }),
    },
  ]

  test("each source beats all weaker ones and none of the stronger", async () => {
    const seen: unknown[] = []
    const env: Record<string, string> = {}
    for (const source of sources) {
      await source.put?.()
      Object.assign(env, source.env?.())
      const { config } = make(env)
      seen.push((await config.load(join(project, "sub"), project)).config.model)
    }
    expect(new Set(seen).size).toBe(sources.length)
    expect(seen.at(-1)).toBe("x/managed")
  })

  test("KILO_PERMISSION is the strongest for permissions", async () => {
    await put(join(project, "kilo.json"), { permission: { bash: "allow", edit: "deny" } })
    const { config } = make({
      KILO_CONFIG_CONTENT: `{"permission":{"bash":"ask"}}`,
      KILO_PERMISSION: `{"bash":{"rm *":"deny"}}`,
    })
    const loaded = await config.load(project, project)
    expect(loaded.config.permission).toEqual({ edit: "deny", bash: { "*": "ask", "rm *": "deny" } })
  })

  test("the organization beats what user and project say, and sees nothing of this machine", async () => {
    const env = { HOME: home, KILO_CONFIG_CONTENT: `{"model":"x/content","username":"me"}`, SECRET: "mine" }
    const given = { model: "x/organization", shell: "{env:SECRET}{file:/etc/hostname}" }
    const config = createConfig({ paths: resolvePaths(env), env, organization: async () => given })
    const loaded = await config.load(project, project)
    expect(loaded.config).toEqual({ model: "x/organization", username: "me", shell: "{ file:/etc/hostname}" })
    expect(await config.load(project, project)).toBe(loaded)
  })

  test("single variables beat every file", async () => {
    await put(join(root, "managed", "kilo.json"), { share: "auto", compaction: { auto: true, reserved: 10 } })
    const { config } = make({
      KILO_MANAGED_CONFIG_DIR: join(root, "managed"),
      KILO_DISABLE_SHARE: "1",
      KILO_DISABLE_AUTOCOMPACT: "true",
      KILO_DISABLE_PRUNE: "0",
      KILO_DISABLE_AUTOUPDATE: "1",
    })
    expect((await config.load(project, project)).config).toEqual({
      share: "disabled",
      autoupdate: false,
      compaction: { auto: false, reserved: 10 },
    })
  })

  test("the global files can't switch a project's index on", async () => {
    await put(join(home, ".config/kilo/kilo.json"), { indexing: { enabled: true, provider: "ollama" } })
    expect((await make().config.load(project, project)).config.indexing).toEqual({ provider: "ollama" })
    await put(join(project, "kilo.json"), { indexing: { enabled: true } })
    expect((await make().config.load(project, project)).config.indexing).toEqual({ provider: "ollama", enabled: true })
  })

  test("KILO_DEFAULT_PERMISSION never enters the configuration", async () => {
    const env = { KILO_DEFAULT_PERMISSION: `{"edit":"ask","bash":"ask"}` }
    expect((await make(env).config.load(project, project)).config).toEqual({})
    expect(await defaultPermission(env)).toEqual({ edit: "ask", bash: "ask" })
    expect(await defaultPermission({ KILO_DEFAULT_PERMISSION: "ask" })).toBe("ask")
    expect(await defaultPermission({})).toBeUndefined()
  })

  test("an unreadable KILO_DEFAULT_PERMISSION means ask, with a warning", async () => {
    const env = { KILO_DEFAULT_PERMISSION: "{edit" }
    expect(await defaultPermission(env)).toBe("ask")
    expect((await make(env).config.load(project, project)).warnings).toMatchObject([
      { path: "KILO_DEFAULT_PERMISSION" },
    ])
  })

  test("KILO_DISABLE_PROJECT_CONFIG leaves out the project's files only", async () => {
    await put(join(project, "kilo.json"), { model: "x/project" })
    await put(join(home, ".config/kilo/kilo.json"), { model: "x/global" })
    const { config } = make({ KILO_DISABLE_PROJECT_CONFIG: "1" })
    expect((await config.load(project, project)).config.model).toBe("x/global")
  })

  test("outside a repository only the directory itself counts", async () => {
    await put(join(project, "kilo.json"), { model: "x/parent" })
    await put(join(project, "sub", "kilo.json"), { small_model: "x/own" })
    expect((await make().config.load(join(project, "sub"), "/")).config).toEqual({ small_model: "x/own" })
  })

  test("instructions of all layers are joined without doubles", async () => {
    await put(join(home, ".config/kilo/kilo.json"), { instructions: ["a.md", "b.md"] })
    await put(join(project, "kilo.json"), { instructions: ["b.md", "c.md"], disabled_providers: ["x"] })
    const { config } = await make().config.load(project, project)
    expect(config.instructions).toEqual(["a.md", "b.md", "c.md"])
  })
})

describe("bad input", () => {
  test("a syntax error is named with line and column, and what can be read still counts", async () => {
    const file = await put(join(project, "kilo.jsonc"), `{\n  // fine\n  "model": "x/y",\n  "username" "me"\n}`)
    const { config, warnings } = await make().config.load(project, project)
    expect(config.model).toBe("x/y")
    expect(warnings).toMatchObject([{ path: file, detail: "line 4, column 14" }])
    expect(warnings[0]?.message).toContain("colon expected")
  })

  test("a wrong value costs only itself", async () => {
    const file = await put(
      join(project, "kilo.json"),
      `{"model": 5,\n "username": "me",\n "provider": {"a": {"models": {"m": {"name": 7, "limit": {"context": 1}}}, "name": "A"}}}`,
    )
    const { config, warnings } = await make().config.load(project, project)
    expect(config).toEqual({ username: "me", provider: { a: { models: { m: {} }, name: "A" } } })
    expect(warnings.map((warning) => warning.path)).toEqual([file, file, file])
    expect(warnings.map((warning) => warning.detail)).toContain("line 1, column 11")
    expect(warnings.map((warning) => warning.message).join()).toContain("provider.a.models.m.name")
  })

  test("a misspelt permission asks instead of vanishing", async () => {
    await put(join(project, "kilo.json"), { permission: { bash: { "rm *": "dney", "ls *": "allow" }, edit: 3 } })
    const { config, warnings } = await make().config.load(project, project)
    expect(config.permission).toEqual({ bash: { "rm *": "ask", "ls *": "allow" }, edit: "ask" })
    expect(warnings).toHaveLength(2)
  })

  test.each([
    ["a list", "[1]"],
    ["a number", "42"],
    ["binary", "\u0000\u0001"],
    ["a cut text", `{"model": "x/y`],
    ["nothing", ""],
  ])("%s as a file never throws", async (_, text) => {
    await put(join(project, "kilo.json"), text)
    const { config } = await make().config.load(project, project)
    expect(config).toBeTypeOf("object")
  })

  test("a folder in place of a file and a missing KILO_CONFIG are warnings", async () => {
    await mkdir(join(project, "kilo.json"))
    const { warnings } = await make({ KILO_CONFIG: join(root, "none.json") }).config.load(project, project)
    expect(warnings.map((warning) => warning.path).sort()).toEqual(
      [join(project, "kilo.json"), join(root, "none.json")].sort(),
    )
    expect(warnings.map((warning) => warning.message).join()).toContain("it does not exist")
  })

  test("a __proto__ key changes nothing", async () => {
    await put(join(project, "kilo.json"), `{"__proto__": {"model": "x/bad"}, "agent": {"__proto__": {"mode": "all"}}}`)
    const { config } = await make().config.load(project, project)
    expect(config.model).toBeUndefined()
    expect(Object.getPrototypeOf(config.agent)).toBe(Object.prototype)
  })
})

describe("references", () => {
  test("env and file references are filled in, a missing file drops the value with a warning", async () => {
    await put(join(project, "key.txt"), "  secret\n")
    await put(join(project, "kilo.json"), {
      username: "{env:WHO}!",
      provider: { a: { options: { apiKey: "{file:key.txt}", baseURL: "{file:./none}", other: "{env:UNSET}" } } },
    })
    const { config, warnings } = await make({ WHO: "me", KILO_TRUST_PROJECT_CONFIG: "1" }).config.load(project, project)
    expect(config.username).toBe("me!")
    expect(config.provider?.a?.options).toEqual({ apiKey: "secret", other: "" })
    expect(warnings).toHaveLength(1)
  })

  test("a change of a referenced file is seen", async () => {
    await put(join(project, "who.txt"), "one")
    await put(join(project, "kilo.json"), { username: "{file:who.txt}" })
    const { config } = make()
    expect((await config.load(project, project)).config.username).toBe("one")
    await put(join(project, "who.txt"), "another")
    expect((await config.load(project, project)).config.username).toBe("another")
  })
})

describe("caching", () => {
  test("the same object comes back until a file changes, appears or goes", async () => {
    const { config } = make()
    const first = await config.load(project, project)
    expect(await config.load(project, project)).toBe(first)
    const file = await put(join(project, "kilo.json"), { model: "x/a" })
    const second = await config.load(project, project)
    expect(second.config.model).toBe("x/a")
    await put(file, { model: "x/bb" })
    expect((await config.load(project, project)).config.model).toBe("x/bb")
    await rm(file)
    expect((await config.load(project, project)).config).toEqual({})
    config.invalidate()
    expect((await config.load(project, project)).config).toEqual({})
  })
})

describe("updates", () => {
  test("the global file is created private and read back", async () => {
    const { config, paths } = make()
    expect(await config.update({ model: "x/y", agent: { code: { steps: 3, color: null } } })).toEqual({
      model: "x/y",
      agent: { code: { steps: 3 } },
    })
    const file = join(paths.config, "kilo.jsonc")
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(paths.config)).mode & 0o777).toBe(0o700)
    expect(await readdir(paths.config)).toEqual(["kilo.jsonc"])
  })

  test("comments, order and unknown keys survive; null deletes; objects are merged", async () => {
    const { config, paths } = make()
    const file = join(paths.config, "kilo.jsonc")
    await put(
      file,
      `{\n  // my model\n  "model": "x/old", // keep\n  "zzz": {"deep": [1]},\n  "provider": {"a": {"name": "A"}, "b": {"name": "B"}},\n}\n`,
    )
    const result = await config.update({ model: "x/new", provider: { a: null, b: { npm: "n" } } })
    expect(result).toEqual({ model: "x/new", zzz: { deep: [1] }, provider: { b: { name: "B", npm: "n" } } })
    const text = await readFile(file, "utf8")
    expect(text).toContain("// my model")
    expect(text).toContain("// keep")
  })

  test("a deleted key takes no comment of another key along, whatever stands around it", () => {
    const texts = [
      `{\n  "a": 1,\n  // of b\n  "b": 2\n}\n`,
      `{"b": 2, /* of b */ "a": 1}`,
      `{\n  // of b\n  "b": 2, // more\n  "a": 1 // of nothing\n}`,
      `{ "a": {"x": [1, 2]} /* odd */ , "b": 2 /* of b */, }`,
      `{\r\n  "a": 1\r\n}`,
    ]
    for (const text of texts) {
      const { tree, errors } = parseText(editText(text, { a: null }))
      expect(errors).toEqual([])
      const keys = tree?.children?.map((property) => property.children?.[0]?.value)
      expect(keys).toEqual(text.includes(`"b"`) ? ["b"] : [])
      if (text.includes("of b")) expect(editText(text, { a: null })).toContain("of b")
    }
    expect(editText(texts[0] ?? "", { a: null })).toBe(`{\n  // of b\n  "b": 2\n}\n`)
    expect(editText(`{"a": 1, "b": 2, "c": 3}`, { a: null, b: null, c: null })).toMatch(/^\{\s*\}$/)
  })

  test("many concurrent updates all count", async () => {
    const { config } = make()
    await Promise.all(Array.from({ length: 20 }, (_, i) => config.update({ agent: { [`a${i}`]: { steps: i + 1 } } })))
    expect(Object.keys((await config.get()).agent ?? {})).toHaveLength(20)
  })

  test("a deletion reaches every global file that has the key, a value the strongest", async () => {
    const { config, paths } = make()
    await put(join(paths.config, "kilo.json"), { model: "x/weak", username: "me" })
    await put(join(paths.config, "opencode.json"), { model: "x/strong" })
    expect(await config.update({ model: null, small_model: "x/s" })).toEqual({ username: "me", small_model: "x/s" })
    expect(JSON.parse(await readFile(join(paths.config, "opencode.json"), "utf8"))).toEqual({ small_model: "x/s" })
  })

  test("a broken file is left alone and named", async () => {
    const { config, paths } = make()
    const file = await put(join(paths.config, "kilo.jsonc"), `{"model": "x/y",,}`)
    await expect(config.update({ model: "a/b" })).rejects.toThrow(file)
    expect(await readFile(file, "utf8")).toBe(`{"model": "x/y",,}`)
  })

  test("a wrong value is refused and nothing is written", async () => {
    const { config, paths } = make()
    await expect(config.update({ model: 5 })).rejects.toThrow(/model/)
    await expect(stat(paths.config)).rejects.toThrow()
  })

  test("a linked file stays a link and keeps its mode", async () => {
    const { config, paths } = make()
    const real = await put(join(root, "dotfiles", "kilo.jsonc"), "{}")
    await chmod(real, 0o640)
    await mkdir(paths.config, { recursive: true })
    await symlink(real, join(paths.config, "kilo.jsonc"))
    await config.update({ model: "x/y" })
    expect(JSON.parse(await readFile(real, "utf8"))).toEqual({ model: "x/y" })
    expect((await stat(real)).mode & 0o777).toBe(0o640)
  })

  test("a project update prefers the file that is there and otherwise makes .kilo/kilo.jsonc at the top", async () => {
    const { config } = make()
    await config.updateProject(join(project, "sub"), project, { model: "x/one" })
    expect(JSON.parse(await readFile(join(project, ".kilo", "kilo.jsonc"), "utf8"))).toEqual({ model: "x/one" })
    const near = await put(join(project, "sub", "kilo.json"), {})
    await config.updateProject(join(project, "sub"), project, { model: "x/two" })
    expect(JSON.parse(await readFile(near, "utf8"))).toEqual({ model: "x/two" })
    expect((await config.load(join(project, "sub"), project)).config.model).toBe("x/two")
  })
})

test("paths follow XDG variables when absolute and HOME otherwise", () => {
  expect(resolvePaths({ HOME: "/h", XDG_DATA_HOME: "/d", XDG_STATE_HOME: "relative" })).toEqual({
    home: "/h",
    config: "/h/.config/kilo",
    data: "/d/kilo",
    state: "/h/.local/state/kilo",
    cache: "/h/.cache/kilo",
    log: "/d/kilo/log",
  })
})
