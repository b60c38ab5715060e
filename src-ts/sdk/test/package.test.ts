import { execFile } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { bundledCli, fakeConfig, repository, startFakeModel, tempHome, tempProject } from "@kilo-split/testkit"
import { afterAll, beforeAll, expect, test } from "vitest"
import { build } from "../build.ts"
import { createKiloServer } from "../src/server.ts"

const run = promisify(execFile)
let place: string

/** A project that has the package from its tarball, as npm gives it. */
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "kilo-sdk-"))
  build(join(place, "dist"))
  await run("npm", ["pack", "--silent", "--pack-destination", place], { cwd: join(place, "dist") })
  const tarball = (await readdir(place)).find((name) => name.endsWith(".tgz")) ?? ""
  await writeFile(join(place, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }))
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], { cwd: place })
}, 120_000)

afterAll(() => rm(place, { recursive: true, force: true }))

const tsc = [
  join(repository, "node_modules/typescript/bin/tsc"),
  ..."--noEmit --strict --target es2024 --module nodenext".split(" "),
]
const types = ["--typeRoots", join(repository, "node_modules/@types"), "--types", "node"]
const node = ["--allowImportingTsExtensions", ...types]

const examples = () => join(place, "node_modules/@kilo-split/sdk/examples")

test("the package has types for strict programs, in Node and in browsers", async () => {
  await writeFile(
    join(place, "use.ts"),
    `import { createKiloClient, KiloError, type Session } from "@kilo-split/sdk"
export async function titles(): Promise<string[]> {
  const client = createKiloClient({ baseUrl: "http://127.0.0.1:1", workspace: "wrk_a" })
  try {
    const { data } = await client.session.list()
    return data.map((session: Session) => session.title)
  } catch (error) {
    if (error instanceof KiloError) return [error.message]
    throw error
  }
}
// @ts-expect-error: an operation that is not there
createKiloClient({ baseUrl: "" }).session.fly()
`,
  )
  // Declarations are checked too. The examples are copied out, because a compiler looks at packages with other eyes.
  await run("cp", ["-r", examples(), join(place, "examples")])
  const files = ["ask.ts", "adapter.ts", "chat.ts"].map((name) => join(place, "examples", name))
  await run(process.execPath, [...tsc, ...node, "use.ts", ...files], { cwd: place })
  await run(process.execPath, [...tsc, "use.ts"], { cwd: place })
}, 120_000)

/** Runs an example of the package with a fake model behind the real command. */
async function example(name: string, args: string[], extra: Record<string, unknown> = {}) {
  await using model = await startFakeModel()
  await using home = await tempHome()
  await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true, prefix: "sdk é " })
  await run("cp", [join(examples(), "adapter.ts"), join(examples(), `${name}.ts`), place])
  const { stdout } = await run(process.execPath, [`${name}.ts`, project.directory, ...args], {
    cwd: place,
    env: { ...home.env, KILO_COMMAND: bundledCli(), KILO_CONFIG_CONTENT: JSON.stringify(fakeConfig(model.url, extra)) },
  })
  return stdout
}

/** The README's TypeScript, block by block. */
const blocks = () =>
  [
    ...readFileSync(join(place, "node_modules/@kilo-split/sdk/README.md"), "utf8").matchAll(/```ts\n([\s\S]*?)```/g),
  ].map((match) => match[1] ?? "")

test("every block of the README runs as it stands, but for its places", async () => {
  await using model = await startFakeModel()
  await using home = await tempHome()
  await using project = await tempProject({ files: { "a.txt": "one\n" }, git: true, prefix: "sdk é " })
  const config = fakeConfig(model.url, { permission: { bash: "ask" } })
  await using server = await createKiloServer({ command: bundledCli(), env: home.env, config, cwd: home.directory })
  const texts = {
    "What is in this project?": "[[text:A file.]]",
    "Which tests are slow?": '[[tool:bash {"command":"echo hi","description":"greet"}]][[then]][[text:None.]]',
  }
  const files = blocks().map((block, at) => {
    let code = block
      .replaceAll("http://127.0.0.1:4096", server.url)
      .replaceAll("/home/me/project", project.directory)
      .replaceAll("/opt/kilo/kilo", bundledCli())
      .replaceAll('"..."', JSON.stringify(server.password))
    for (const [text, script] of Object.entries(texts))
      code = code.replace(JSON.stringify(text), JSON.stringify(script))
    const file = join(place, `readme${at}.ts`)
    writeFileSync(file, code)
    return file
  })
  await run(process.execPath, [...tsc, ...node, ...files], { cwd: place })
  const printed: string[] = []
  for (const file of files) {
    const { stdout } = await run(process.execPath, [file], { cwd: place, env: { ...home.env }, timeout: 60_000 })
    printed.push(stdout)
  }
  expect(printed.slice(0, 2)).toEqual(["A file.\n", "None."])
  expect(printed[2]).toContain("Hello")
}, 180_000)

test("the first example asks a question and prints the answer", async () => {
  expect(await example("ask", ["[[text:It is a test.]]"])).toBe("It is a test.\n")
}, 60_000)

test("the adapter lists models, streams, asks for approval, survives a restart and interrupts", async () => {
  const first =
    '[[text:Let me see. ]][[tool:bash {"command":"echo hi","description":"greet"}]]' +
    '[[tool:task {"description":"look","prompt":"[[tool:bash {\\"command\\":\\"echo deep\\",\\"description\\":\\"x\\"}]]","subagent_type":"general"}]]' +
    "[[then]][[text:All done.]]"
  const args = ["fake/m2", first, "[[text:on and on]][[hang]]"]
  const lines = (await example("chat", args, { permission: { bash: "ask" } })).trim().split("\n")
  expect(lines[0]).toMatch(/^models: fake\/m1 fake\/m2 /)
  const resumed = lines.findIndex((line) => line.startsWith("resumed with"))
  expect(lines[resumed]).toBe("resumed with 3 messages")
  const shown = lines
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { type: string; delta?: string })
  const text = shown.map((event) => (event.type === "text" ? event.delta : "")).join("")
  expect(text).toMatch(/^Let me see\. All done\.on/)
  expect(shown).toContainEqual({ type: "approval", id: expect.any(String), kind: "command", patterns: ["echo hi"] })
  // Its sub-agent's, too.
  expect(shown).toContainEqual({ type: "approval", id: expect.any(String), kind: "command", patterns: ["echo deep"] })
  expect(shown).toContainEqual(expect.objectContaining({ type: "tool", name: "bash", status: "completed" }))
  const ends = shown.filter(({ type }) => type === "end")
  expect(ends).toEqual([
    { type: "end", reason: "completed" },
    { type: "end", reason: "interrupted" },
  ])
}, 60_000)
