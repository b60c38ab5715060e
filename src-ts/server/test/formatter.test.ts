import { delimiter, dirname, join } from "node:path"
import { repository } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { world } from "./world.ts"

interface Part {
  tool?: string
  state: { output?: string; metadata: { diff?: string; filediff?: { patch: string; additions: number } } }
}

const AS_FORMATTED = "const a = { b: 1 };\n"

test("what a tool writes is formatted by the project's settings, and the diff shows that", async () => {
  const bin = join(repository, "node_modules/.bin")
  const path = [dirname(process.execPath), bin, process.env.PATH].join(delimiter)
  const files = { "biome.json": "{}", "b.js": "let a = 1;\n", "c.js": "let a = 1;\n" }
  await using w = await world({ files, env: { PATH: path }, extra: { lsp: false } })
  const { directory } = w.project
  const all = await w.kilo.api<{ name: string }[]>("/formatter", { directory })
  expect(all.find(({ name }) => name === "biome")).toMatchObject({
    extensions: expect.arrayContaining([".js"]),
    enabled: true,
  })
  expect(all.find(({ name }) => name === "prettier")).toMatchObject({ enabled: false })

  const edit = { oldString: "let a = 1", newString: "const a={b:1}" }
  const patch = ["*** Begin Patch", "*** Add File: d.js", "+const a={b:1}", "*** End Patch"].join("\n")
  w.model.reply(
    [
      { tool: "write", args: { filePath: "a.js", content: "const a={b:1}" } },
      { tool: "edit", args: { filePath: "b.js", ...edit } },
      { tool: "multiedit", args: { filePath: "c.js", edits: [edit] } },
      { tool: "apply_patch", args: { patchText: patch } },
      { tool: "write", args: { filePath: "e.js", content: "const (\n" } },
    ],
    [{ text: "ok" }],
  )
  const session = await w.session()
  const tools = { apply_patch: true }
  await w.kilo.api(`/session/${session}/message`, { json: { parts: [{ type: "text", text: "go" }], tools } })
  const messages = await w.kilo.api<{ parts: Part[] }[]>(`/session/${session}/message`)
  const parts = messages.flatMap(({ parts }) => parts).filter(({ tool }) => tool)
  expect(parts).toHaveLength(5)
  for (const [index, name] of ["a.js", "b.js", "c.js", "d.js"].entries()) {
    expect(await w.project.read(name)).toBe(AS_FORMATTED)
    const state = parts[index]?.state
    expect(state?.output).toContain(`biome has formatted ${name}`)
    expect(state?.metadata.filediff?.patch).toContain(`+${AS_FORMATTED}`)
    expect(state?.metadata.diff).toContain(`+${AS_FORMATTED}`)
  }
  expect(await w.project.read("e.js")).toBe("const (\n")
  expect(parts[4]?.state.output).toContain("biome did not format e.js")
  const diff = await w.kilo.api<{ patch: string }[]>(`/session/${session}/diff`)
  expect(JSON.stringify(diff)).toContain(JSON.stringify(`+${AS_FORMATTED}`).slice(1, -1))
})
