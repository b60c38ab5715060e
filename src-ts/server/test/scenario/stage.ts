import { cp, mkdir, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import {
  type FakeModel,
  type FakeService,
  fakeConfig,
  type Recorder,
  type RunningKilo,
  repository,
  startFakeModel,
  startFakeService,
  startKilo,
  type TempProject,
  tempHome,
  tempProject,
} from "@kilo-split/testkit"

/** A published open-source package with its own tests; the lock file pins its version and content. */
export const PACKAGE = "glob-to-regexp"

/** One server, one repository, and everything that a long piece of work needs: pages, a search engine, an MCP server, a skill. */
export interface Stage extends AsyncDisposable {
  model: FakeModel
  kilo: RunningKilo
  project: TempProject
  events: Recorder
  /** The page and the search engine. */
  web: FakeService
}

const HISTORY = "A set that begins with an exclamation mark matches what is not in it.\n".repeat(500)

export async function stage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const model = stack.use(await startFakeModel())
  const web = stack.use(
    await startFakeService(({ path }) => {
      if (path === "/globs") {
        const body = `<html><body><h1>Globs</h1><p>${HISTORY}</p></body></html>`
        return { body, headers: { "content-type": "text/html" } }
      }
      if (path !== "/search") return undefined
      const text = "How to negate a set."
      return { body: { results: [{ title: "Sets", url: "https://globs.example/sets", text }] } }
    }),
  )
  const project = stack.use(await tempProject({ prefix: "kilo-scenario-" }))
  const require = createRequire(join(repository, "src-ts/server/package.json"))
  await cp(dirname(require.resolve(`${PACKAGE}/package.json`)), project.directory, { recursive: true })
  await project.git("init", "-q", "-b", "main")
  await project.git("add", "-A")
  await project.git("commit", "-q", "-m", "As published")

  const home = stack.use(await tempHome())
  const skill = join(home.env.XDG_CONFIG_HOME ?? "", "kilo/skills/release")
  await mkdir(skill, { recursive: true })
  await writeFile(
    join(skill, "SKILL.md"),
    "---\nname: release\ndescription: How we release\n---\nBump the patch version.",
  )

  const config = fakeConfig(model.url)
  const fake = config.provider.fake
  if (!fake?.models.m1) throw new Error("the fake provider has no m1")
  // Offered apply_patch instead of edit, and one with little room.
  fake.models["gpt-5-fake"] = { ...fake.models.m1, name: "Patches" }
  fake.models.small = { ...fake.models.m1, name: "Small", limit: SMALL }
  const kilo = stack.use(
    await startKilo({
      home,
      config: {
        ...config,
        permission: { bash: "ask" },
        mcp: { all: { type: "local", command: everything() } },
      },
      env: {
        PATH: [dirname(process.execPath), join(repository, "node_modules/.bin"), process.env.PATH].join(":"),
        KILO_WEBSEARCH_PROVIDER: "exa",
        KILO_WEBSEARCH_URL: web.url,
        EXA_API_KEY: "k",
      },
    }),
  )
  const events = stack.use(await kilo.events())
  const rested = stack.move()
  return { model, web, project, kilo, events, [Symbol.asyncDispose]: () => rested.disposeAsync() }
}

/** Tokens of the model that does not hold the whole work. */
export const SMALL = { context: 12_000, output: 1_000 }

/** A real MCP server from npm; it is the engine's development dependency. */
function everything(): string[] {
  const require = createRequire(join(repository, "src-ts/engine/package.json"))
  const folder = dirname(require.resolve("@modelcontextprotocol/server-everything/package.json"))
  return [process.execPath, join(folder, "dist", "index.js")]
}
