import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { pathToFileURL } from "node:url"
import { expect, test } from "vitest"
import type { PartInput } from "../../src/index.ts"
import { partsOf, type World, world } from "../harness.ts"

function sent(w: World, index = -1): string {
  return JSON.stringify(w.model.calls.at(index)?.body.messages)
}

test("instructions of a folder below come with the first file that is read in it", async () => {
  await using w = await world({
    git: true,
    files: { "AGENTS.md": "TOP RULE", "pkg/AGENTS.md": "PKG RULE", "pkg/a.ts": "a\n", "pkg/b.ts": "b\n" },
  })
  const session = await w.session()
  w.model.reply(
    [{ tool: "read", args: { filePath: "pkg/a.ts" } }],
    [{ tool: "read", args: { filePath: "pkg/b.ts" } }],
    [{ text: "Done." }],
    [{ tool: "read", args: { filePath: "pkg/a.ts" } }],
    [{ text: "Again." }],
  )
  const messages = await w.ask(session, "read both")
  await w.ask(session, "again")
  expect(w.model.calls[0]?.system).toContain("TOP RULE")
  expect(w.model.calls[0]?.system).not.toContain("PKG RULE")
  expect(sent(w).split("PKG RULE")).toHaveLength(2)
  const [first, second] = partsOf(messages, "tool").map((part) => part.state)
  expect(first).toMatchObject({ metadata: { loaded: [`${w.directory}/pkg/AGENTS.md`] } })
  expect(second).toMatchObject({ metadata: { loaded: [] } })
})

test("instructions from an address that the user configured are read once, and a server that hangs does not hold the prompt", async () => {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    if (request.url === "/rules.md") response.end("RULE FROM THE WEB")
    else response.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  try {
    const base = `http://127.0.0.1:${port}`
    await using w = await world({ config: { instructions: [`${base}/rules.md`, `${base}/missing.md`] } })
    const session = await w.session()
    await w.ask(session, "[[text:One]]")
    await w.ask(session, "[[text:Two]]")
    expect(w.model.calls.map((call) => call.system.includes("RULE FROM THE WEB"))).toEqual([true, true])
    expect(asked).toBe(2)
  } finally {
    server.close()
  }
})

test("a project's configuration can't have instructions fetched from a private network", async () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked += 1
    response.end("INNER SECRET")
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  try {
    const files = { "kilo.json": JSON.stringify({ instructions: [`http://127.0.0.1:${port}/x.md`] }) }
    await using w = await world({ files })
    await w.ask(await w.session(), "[[text:One]]")
    expect(w.model.calls[0]?.system).not.toContain("INNER SECRET")
    expect(asked).toBe(0)
  } finally {
    server.close()
  }
})

test("what the editor shows goes to the model with the prompt and stays with it", async () => {
  await using w = await world()
  const session = await w.session()
  await w.instance.sessions.prompt(session.id, {
    editorContext: {
      activeFile: "src/login.ts",
      visibleFiles: ["src/login.ts", "b.ts"],
      openTabs: ["c.ts"],
      shell: "zsh",
    },
    parts: [{ type: "text", text: "[[text:Hi]]" }],
  })
  await w.ask(session, "[[text:Next]]")
  for (const index of [0, 1]) {
    expect(sent(w, index)).toContain(
      "Active file: src/login.ts\\nVisible files: b.ts\\nOpen tabs: c.ts\\nTerminal shell: zsh",
    )
  }
})

test("attached files, ranges, symbols, folders and what is missing reach the model as they are now", async () => {
  await using w = await world({ files: { "a.txt": "one\ntwo\nthree\nfour\n", "dir/b.txt": "b\n" } })
  const session = await w.session()
  const at = (path: string) => pathToFileURL(`${w.directory}/${path}`).href
  const text = (value: string) => ({ value, start: 0, end: value.length })
  const parts: PartInput[] = [
    { type: "text", text: "[[text:Seen]]" },
    { type: "file", mime: "text/plain", url: `${at("a.txt")}?start=2&end=3` },
    { type: "file", mime: "application/x-directory", url: at("dir") },
    { type: "file", mime: "text/plain", url: at("gone.txt") },
    { type: "agent", name: "plan" },
    {
      type: "file",
      mime: "text/plain",
      url: at("a.txt"),
      source: {
        type: "symbol",
        text: text("four"),
        path: "a.txt",
        name: "four",
        kind: 12,
        range: { start: { line: 3, character: 0 }, end: { line: 3, character: 4 } },
      },
    },
  ]
  await w.instance.sessions.prompt(session.id, { parts })
  const body = sent(w)
  expect(body).toContain("2: two")
  expect(body).toContain("3: three")
  expect(body).not.toContain("1: one")
  expect(body).toContain("4: four")
  expect(body).toContain("b.txt")
  expect(body).toContain("gone.txt")
  expect(body).toContain('agent \\"plan\\"')
  const stored = partsOf(w.engine.sessions.messages(session.id).items, "file")
  expect(stored.map((part) => part.filename)).toEqual(["a.txt", "dir", "a.txt"])
})

test("a model that can't see is told what was attached", async () => {
  await using w = await world()
  const session = await w.session()
  await w.instance.sessions.prompt(session.id, {
    parts: [
      { type: "text", text: "[[text:Sorry]]" },
      { type: "file", mime: "image/png", filename: "shot.png", url: "data:image/png;base64,aGk=" },
    ],
  })
  expect(sent(w)).toMatch(/shot\.png.*can't read such files/)
})

test("after a change of the mode the model is told, once", async () => {
  await using w = await world()
  const session = await w.session()
  await w.instance.sessions.prompt(session.id, { agent: "plan", parts: [{ type: "text", text: "[[text:A plan]]" }] })
  await w.instance.sessions.prompt(session.id, { agent: "code", parts: [{ type: "text", text: "[[text:Go]]" }] })
  await w.instance.sessions.prompt(session.id, { agent: "code", parts: [{ type: "text", text: "[[text:On]]" }] })
  expect(sent(w, 0)).not.toContain("system-reminder")
  expect(sent(w).split("<system-reminder>")).toHaveLength(2)
  expect(sent(w)).toContain('from \\"plan\\" to \\"code\\"')
  const reminder = partsOf(w.engine.sessions.messages(session.id).items, "text").find((part) =>
    part.text.includes("system-reminder"),
  )
  expect(reminder).toMatchObject({ synthetic: true })
})
