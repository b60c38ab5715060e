import { readdir, symlink } from "node:fs/promises"
import { tempProject } from "@kilo-split/testkit"
import { describe, expect, test } from "vitest"
import { type World, world } from "../world.ts"

/** What a model can do that follows words it found in a file or on a page, with the rules that hold when nobody wrote any. */

/** What the user was asked, in order, while the model called a tool; every question is refused. */
async function questions(w: World, tool: string, args: Record<string, unknown>): Promise<string[]> {
  const session = await w.session()
  const asked: string[] = []
  let from = w.events.events.length
  await w.prompt(session, `[[tool:${tool} ${JSON.stringify(args)}]][[then]][[text:ok]]`)
  for (;;) {
    const event = await w.events.waitFor(
      ({ type, properties }) =>
        properties.sessionID === session && (type === "permission.asked" || type === "session.turn.close"),
      15_000,
      from,
    )
    if (event.type !== "permission.asked") return asked
    from = w.events.events.indexOf(event) + 1
    asked.push(String(event.properties.permission))
    const { directory } = w.project
    await w.kilo.api(`/permission/${event.properties.id}/reply`, { json: { reply: "reject" }, directory })
  }
}

describe("a model that was talked into something", () => {
  test("is held up by a question before it leaves the project, reads secrets, or changes what runs programs", async () => {
    await using w = await world({ files: { "a.txt": "one\n", ".env": "KEY=word\n" } })
    await using outside = await tempProject({ files: { "secret.txt": "word\n" } })
    await symlink(outside.directory, w.project.path("link"))
    const auth = w.kilo.home.path(".local/share/kilo/auth.json")
    await w.kilo.api("/auth/groq", { method: "PUT", json: { type: "api", key: "k" } })
    const cases: [string, Record<string, unknown>, string][] = [
      ["read", { filePath: auth }, "external_directory"],
      ["read", { filePath: "link/secret.txt" }, "external_directory"],
      ["read", { filePath: ".env" }, "read"],
      ["grep", { pattern: "word", path: outside.directory }, "external_directory"],
      ["write", { filePath: outside.path("new.txt"), content: "x" }, "external_directory"],
      ["write", { filePath: "link/new.txt", content: "x" }, "external_directory"],
      ["write", { filePath: ".git/hooks/pre-commit", content: "x" }, "edit"],
      ["write", { filePath: "kilo.json", content: '{"permission":"allow"}' }, "edit"],
      ["write", { filePath: ".kilo/kilo.jsonc", content: '{"permission":"allow"}' }, "edit"],
      ["bash", { command: `cat ${auth}`, description: "x" }, "external_directory"],
      ["bash", { command: "cat /proc/$PPID/environ", description: "x" }, "external_directory"],
      ["bash", { command: `cd ${outside.directory} && touch new.txt`, description: "x" }, "external_directory"],
      ["webfetch", { url: `${w.kilo.url}/session`, format: "text" }, "private_network"],
    ]
    for (const [tool, args, permission] of cases) {
      expect(await questions(w, tool, args), `${tool} ${JSON.stringify(args)}`).toContain(permission)
    }
    expect(await readdir(outside.directory)).toEqual(["secret.txt"])
    expect(await readdir(w.project.path(".git/hooks"))).not.toContain("pre-commit")
    expect((await readdir(w.project.directory)).sort()).toEqual([".env", ".git", "a.txt", "link"])
  })

  test("is asked about with every command and edit where the host wants that, as the IDE does", async () => {
    await using w = await world({ env: { KILO_DEFAULT_PERMISSION: '{"edit":"ask","bash":"ask"}' } })
    expect(await questions(w, "bash", { command: "echo hi > made", description: "x" })).toEqual(["bash"])
    expect(await questions(w, "write", { filePath: "made", content: "x" })).toEqual(["edit"])
    expect(await readdir(w.project.directory)).not.toContain("made")
  })

  test("can't answer its own questions: its commands don't get in at the server that started them", async () => {
    await using w = await world({ extra: { permission: "allow" } })
    const session = await w.session()
    const ask = `node -e "fetch('${w.kilo.url}/permission',{headers:{authorization:'Basic '+btoa('kilo:'+process.env.KILO_SERVER_PASSWORD)}}).then(r=>require('fs').writeFileSync('status',''+r.status))"`
    await w.prompt(session, `[[tool:bash ${JSON.stringify({ command: ask, description: "x" })}]][[then]][[text:ok]]`)
    await w.events.turnEnd(session, 20_000)
    expect(await w.project.read("status")).toBe("401")
  })
})
