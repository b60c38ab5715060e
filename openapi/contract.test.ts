import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { startKilo } from "@kilo-split/testkit"
import { expect, test } from "vitest"
import { documentText } from "./write.ts"

interface Operation {
  priority: "P0" | "P1"
  method: string
  path: string
  id: string
  /** Names of query parameters; a question mark follows the ones that may be missing. */
  query?: string[]
  /** Takes no directory. */
  unrouted?: boolean
  /** Statuses that clients tell apart, beyond those that every operation has. */
  errors?: number[]
}

/** What existing clients call (`operations`), and what other servers of this API have beside that (`absent`). */
const contract: { operations: Operation[]; absent: { method: string; path: string; id?: string }[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "contract.json"), "utf8"),
)

interface Documented {
  operationId: string
  parameters?: { in: string; name: string; required?: boolean }[]
  responses: Record<string, unknown>
}
const document: { paths: Record<string, Record<string, Documented>> } = JSON.parse(documentText())
const documented = new Map<string, Documented>(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  ),
)
const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`

/** Operations that only this server has. A new one needs a line here, and a reason to exist. */
const OURS = [
  // Search in what was said, across sessions.
  "GET /session/find",
  // Sessions as files, to take them to another machine.
  "POST /session/import",
  "GET /session/{sessionID}/export",
  // Prompts written while a turn runs, that can be put in order, changed and removed before they are sent.
  "GET /session/{sessionID}/outbox",
  "POST /session/{sessionID}/outbox",
  "PUT /session/{sessionID}/outbox",
  "PUT /session/{sessionID}/outbox/{outboxID}",
  "DELETE /session/{sessionID}/outbox/{outboxID}",
  "POST /session/{sessionID}/outbox/{outboxID}/send",
  // A slash command as events, like prompt_async: a request that is held for a whole turn does not survive a break.
  "POST /session/{sessionID}/command_async",
  // Deciding about single hunks of a session's changes.
  "POST /session/{sessionID}/change/keep",
  "POST /session/{sessionID}/change/undo",
  // ... and taking such a decision back, also after a restart of the window.
  "GET /session/{sessionID}/change/settled",
  "POST /session/{sessionID}/change/back",
  // What would be lost by going back is shown before it happens.
  "GET /session/{sessionID}/revert",
  // What fills the context of the next request, for the ring of the composer.
  "GET /session/{sessionID}/context",
  // Pages of settings: how the server runs, what was used, what a custom endpoint and MCP servers offer, what was allowed
  // for good, and files of agents, commands and skills.
  "GET /settings/status",
  "GET /settings/usage",
  "POST /settings/provider/probe",
  "GET /settings/mcp",
  "GET /settings/permission",
  "POST /settings/permission/remove",
  "GET /settings/agent/files",
  "PUT /settings/agent/{name}",
  "PUT /settings/command/{name}",
  "PUT /settings/skill/{name}",
]

test("every operation that clients need is documented under its name, and nothing else is", () => {
  const wanted = contract.operations.map((operation) => `${nameOf(operation)} ${operation.id}`)
  const found = [...documented]
    .filter(([name]) => !OURS.includes(name))
    .map(([name, { operationId }]) => `${name} ${operationId}`)
  expect(found.sort()).toEqual(wanted.sort())
  for (const name of OURS) expect([...documented.keys()]).toContain(name)
})

test("the list holds all of them once", () => {
  const names = [...contract.operations, ...contract.absent].map(nameOf)
  expect(new Set(names).size).toBe(names.length)
  expect(contract.operations.filter(({ priority }) => priority === "P0")).toHaveLength(56)
  expect(contract.operations.filter(({ priority }) => priority === "P1")).toHaveLength(97)
})

test.each(contract.operations)("$method $path has its query parameters and errors", (operation) => {
  const entry = documented.get(nameOf(operation))
  const query = (entry?.parameters ?? []).filter((parameter) => parameter.in === "query")
  const names = query.map(({ name, required }) => (required ? name : `${name}?`))
  for (const name of operation.query ?? []) expect(names).toContain(name)
  // Beyond the contract everything may be left out, or clients that don't know it could not call.
  for (const { name, required } of query) if (required) expect(operation.query).toContain(name)
  if (operation.unrouted) expect(names).not.toContain("directory?")
  for (const status of operation.errors ?? []) expect(Object.keys(entry?.responses ?? {})).toContain(String(status))
})

test("what this server lacks answers 404 with JSON, like any unknown path", async () => {
  await using kilo = await startKilo()
  await Promise.all(
    contract.absent.map(async (operation) => {
      const path = operation.path.replaceAll(/\{\w+\}|\*/g, "x")
      const body = operation.method === "GET" ? {} : { body: "{}", headers: { "content-type": "application/json" } }
      const response = await kilo.fetch(path, { method: operation.method, ...body })
      expect([response.status, await response.json()], nameOf(operation)).toEqual([404, { error: "Not Found" }])
      expect(response.headers.get("content-type")).toBe("application/json")
    }),
  )
})

test("each known difference from other servers has a reason in COMPATIBILITY.md, and none is left there without need", () => {
  const folder = join(import.meta.dirname, "../src-ts/server/test/clients")
  const code = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))
  const marks = code.flatMap((text) => [...text.matchAll(/differs\(\s*"([\w-]+)"/g)].map((match) => match[1]))
  const page = readFileSync(join(import.meta.dirname, "COMPATIBILITY.md"), "utf8")
  const rows = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map((match) => match[1])
  expect(rows.sort()).toEqual([...new Set(marks)].sort())
})
