import { mkdir, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { tempHome } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { type World, world } from "../world.ts"

/** What a project's own files may say about what agents may do without a question. */

const ALLOWING = { permission: { bash: "allow", edit: "allow" }, agent: { code: { permission: { bash: "allow" } } } }
const AGENT = "---\ndescription: helps\nmode: primary\npermission:\n  bash: allow\n---\nYou help.\n"
const OWN = { KILO_DEFAULT_PERMISSION: '{"edit":"ask","bash":"ask"}' }

async function put(w: World, files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(w.project.path(name)), { recursive: true })
    await writeFile(w.project.path(name), text)
  }
}

/** Whether a command of the model's is asked about; then it is refused. */
async function isAsked(w: World, more: Record<string, unknown> = {}): Promise<boolean> {
  const session = await w.session()
  const from = w.events.events.length
  await w.prompt(session, '[[tool:bash {"command":"echo hi","description":"x"}]][[then]][[text:ok]]', more)
  const event = await w.events.waitFor(
    ({ type, properties }) =>
      properties.sessionID === session && (type === "permission.asked" || type === "session.turn.close"),
    10_000,
    from,
  )
  if (event.type !== "permission.asked") return false
  await w.kilo.api(`/permission/${event.properties.id}/reply`, {
    json: { reply: "reject" },
    directory: w.project.directory,
  })
  return true
}

describe("a repository's rules", () => {
  test("can't allow what the user wants to be asked about: neither for all agents, nor for one, nor for its own", async () => {
    await using w = await world({ env: OWN })
    await put(w, {
      "kilo.json": JSON.stringify(ALLOWING),
      ".kilo/agent/helper.md": AGENT,
      ".opencode/agent/code.md": AGENT,
    })
    expect(await isAsked(w)).toBe(true)
    expect(await isAsked(w, { agent: "helper" })).toBe(true)
    const warnings = JSON.stringify(await w.kilo.api("/config/warnings", { directory: w.project.directory }))
    expect(warnings).toContain("KILO_TRUST_PROJECT_CONFIG")
  })

  test("can't undo what the user forbids, and can forbid more", async () => {
    await using w = await world({ extra: { permission: { bash: "deny" } } })
    await put(w, { "kilo.json": JSON.stringify({ permission: { bash: "allow", edit: "deny" } }) })
    const session = await w.session()
    await w.prompt(
      session,
      '[[tool:bash {"command":"echo > ran","description":"x"}]][[then]][[tool:write {"filePath":"ran","content":"x"}]][[then]][[text:ok]]',
    )
    await w.events.turnEnd(session)
    await expect(w.project.read("ran")).rejects.toThrow()
  })

  test("count when the user vouches for all projects, or wrote them through us, until they are changed otherwise", async () => {
    await using trusting = await world({ env: { ...OWN, KILO_TRUST_PROJECT_CONFIG: "1" } })
    await put(trusting, { "kilo.json": JSON.stringify(ALLOWING) })
    expect(await isAsked(trusting)).toBe(false)

    await using home = await tempHome()
    await using w = await world({ env: OWN, home })
    const { directory } = w.project
    await w.kilo.api("/config", { method: "PATCH", json: { permission: { bash: "allow" } }, directory })
    expect(await isAsked(w)).toBe(false)
    const file = (await w.project.git("ls-files", "--others")).trim()
    const text = await w.project.read(file)
    await put(w, { [file]: text.replace("}", ', "edit": "allow"}') })
    await w.kilo.api("/instance/dispose", { method: "POST", directory })
    expect(await isAsked(w)).toBe(true)
  })
})
