import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { OverlayConflictError } from "../error.ts"
import { createConfig, resolvePaths } from "./index.ts"

let root: string
let project: string
let globalFile: string
let projectFile: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kilo-overlay-"))
  project = join(root, "repo")
  globalFile = join(root, "home/.config/kilo/kilo.jsonc")
  projectFile = join(project, ".kilo/kilo.jsonc")
  await mkdir(project)
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function put(file: string, text: string) {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

function make(extra: Record<string, string> = {}) {
  const env = { HOME: join(root, "home"), ...extra }
  return createConfig({ paths: resolvePaths(env), env })
}

test("each setting says what is in force, what each file says, and who wins", async () => {
  await put(globalFile, `{"model": "a/global", "username": "me", "agent": {"code": {"steps": 5}}}`)
  await put(projectFile, `{"model": "a/project", "share": "manual"}`)
  const config = make({ KILO_CONFIG_CONTENT: `{"share": "disabled"}` })
  const seen = await config.overlay(project, project, "global")
  expect(seen.fields.model).toMatchObject({
    value: "a/project",
    global: "a/global",
    local: "a/project",
    source: "project",
    inherited: false,
    overridden: true,
    editable: true,
  })
  expect(seen.fields.username).toMatchObject({ value: "me", source: "global", overridden: false })
  expect(seen.fields.share).toMatchObject({ value: "disabled", local: "manual", source: "system", editable: false })
  expect(seen.fields.small_model).toEqual({
    key: "small_model",
    path: ["small_model"],
    source: "default",
    inherited: true,
    overridden: false,
    editable: true,
  })
  expect(seen.collections.agent).toMatchObject([{ path: ["agent", "code"], value: { steps: 5 }, source: "global" }])
  expect(seen.sources.map(({ kind }) => kind)).toEqual(["global", "project", "content"])
  expect(seen.targets.active.path).toBe(globalFile)
})

test("a value that would leak through a reference is shown as it is written", async () => {
  await put(projectFile, `{"provider": {"a": {"options": {"apiKey": "{env:SECRET}"}}}}`)
  const seen = await make({ SECRET: "s3cret" }).overlay(project, project, "project")
  expect(seen.targets.project.raw).toEqual({ provider: { a: { options: { apiKey: "{env:SECRET}" } } } })
})

test("keys are set and unset in one file, comments survive", async () => {
  await put(
    projectFile,
    `{\n  "model": "a/b",\n  // why\n  "mcp": {"x": {"enabled": true}, "y": {"enabled": true}}\n}\n`,
  )
  const config = make()
  const { targets } = await config.overlay(project, project, "project")
  await config.updateOverlay(project, project, {
    scope: "project",
    set: { username: "me" },
    unset: [["mcp", "x"], ["model"]],
    expected: targets.project,
  })
  expect((await config.load(project, project)).config).toEqual({ username: "me", mcp: { y: { enabled: true } } })
  expect(await readFile(projectFile, "utf8")).toContain("// why")
})

test("a file that changed since it was read is left alone", async () => {
  await put(projectFile, "{}")
  const config = make()
  const { targets } = await config.overlay(project, project, "project")
  await put(projectFile, `{"model": "other/program"}`)
  const patch = { scope: "project" as const, set: { model: "mine/x" }, expected: targets.project }
  const failure = await config.updateOverlay(project, project, patch).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(OverlayConflictError)
  expect(failure).toMatchObject({ code: "revision-conflict", target: { raw: { model: "other/program" } } })
  expect(await readFile(projectFile, "utf8")).toContain("other/program")
})

test("a stronger file that appeared meanwhile is a conflict too", async () => {
  const config = make()
  const { targets } = await config.overlay(project, project, "project")
  expect(targets.project).toMatchObject({ path: projectFile, exists: false, writable: true })
  await put(join(project, ".opencode/opencode.json"), "{}")
  const patch = { scope: "project" as const, set: { model: "mine/x" }, expected: targets.project }
  await expect(config.updateOverlay(project, project, patch)).rejects.toMatchObject({ code: "target-changed" })
})

test("two changes with the same revision: the second is a conflict", async () => {
  const config = make()
  const { targets } = await config.overlay(project, project, "global")
  const change = (model: string) =>
    config.updateOverlay(project, project, { scope: "global", set: { model }, expected: targets.global })
  const results = await Promise.allSettled([change("a/one"), change("a/two")])
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
})

test("a wrong value and an empty path are refused and nothing is written", async () => {
  const config = make()
  await expect(config.updateOverlay(project, project, { scope: "project", set: { model: 5 } })).rejects.toThrow("model")
  await expect(config.updateOverlay(project, project, { scope: "project", unset: [[]] })).rejects.toThrow("unset")
  await expect(readFile(projectFile)).rejects.toThrow("ENOENT")
})

test("a place where no file can be made is shown as not writable", async () => {
  await writeFile(join(project, ".kilo"), "a file, not a folder")
  expect((await make().overlay(project, project, "project")).targets.project.writable).toBe(false)
})

test("what has an order is replaced as a whole, and nothing beside it is touched", async () => {
  await put(
    globalFile,
    `{ // mine\n  "permission": {"bash": "allow", "edit": "ask", "read": {"*": "allow"}},\n  "username": "me"\n}`,
  )
  const config = make()
  const set = { permission: { edit: "ask", bash: { "*": "allow", "rm *": "deny" } } }
  await config.updateOverlay(project, project, { scope: "global", set, replace: [["permission"]] })
  const text = await readFile(globalFile, "utf8")
  expect(text).toContain("// mine")
  const { permission, username } = JSON.parse(text.replace("// mine", ""))
  expect(Object.entries(permission)).toEqual(Object.entries(set.permission))
  expect(username).toBe("me")
})
