import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { type RunningKilo, type TempProject, tempProject } from "@kilo-split/testkit"
import { WebSocket } from "ws"
import { basic, open } from "../http.ts"
import { ECHO_SERVER } from "../small-servers.ts"

/** What has been done so far, by name. */
export type Done = Map<string, number>

export interface Load {
  readonly done: Done
  /** What no client should see: an answer above 499, a cut connection, a turn that does not end. */
  readonly wrong: string[]
  /** Lets each worker finish what it is at. */
  stop(): Promise<void>
}

interface Site {
  kilo: RunningKilo
  directory(): string
  random(): number
  /** Whether new turns are wanted. */
  on(): boolean
}

const DIRECTORIES = 5
/** A turn that takes longer than this on a busy machine does not end at all. */
const TURN_MS = 60_000

/**
 * What a day's clients do, by workers that know nothing of each other: prompts with tools in several directories, turns
 * given up, event streams that come and go (some are never read), terminals, searches, settings changed, directories
 * disposed, MCP servers started and stopped, questions answered. Repeatable as far as a seed makes it so.
 */
export async function startLoad(kilo: RunningKilo, seed: number): Promise<Load & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const projects: TempProject[] = []
  for (let number = 0; number < DIRECTORIES; number += 1) {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`src/file${at}.ts`, `export const value${at} = ${at}\n`]),
    )
    projects.push(stack.use(await tempProject({ files: { "a.txt": "one\ntwo\n", ...files }, git: number !== 0 })))
  }
  const random = randomOf(seed)
  const site: Site = {
    kilo,
    random,
    on: () => turning,
    directory: () => pick(random, projects).directory,
  }
  let on = true
  let turning = true
  const done: Done = new Map()
  const wrong: string[] = []
  const count = (name: string) => done.set(name, (done.get(name) ?? 0) + 1)
  const worker = async (name: string, body: (site: Site) => Promise<unknown>, pause: number, goes = () => on) => {
    while (goes()) {
      try {
        const kind = await body(site)
        count(typeof kind === "string" ? kind : name)
      } catch (error) {
        wrong.push(`${name}: ${error instanceof Error ? error.message : error}`)
      }
      await sleep(pause * (0.5 + random()))
    }
  }
  // They end first: what they ask must be answered.
  const turns = Array.from({ length: 5 }, () => worker("turn", turn, 5, () => turning))
  const workers = [
    worker("turn given up", givenUp, 50),
    worker("answer", answer, 20),
    worker("stream", stream, 30),
    worker("stream never read", unread, 200),
    worker("terminal", terminal, 150),
    worker("search", search, 20),
    worker("settings", settings, 400),
    worker("dispose", dispose, 500),
    worker("MCP server", server, 400),
    worker("listing", listing, 30),
  ]
  const rested = stack.move()
  const stop = async () => {
    turning = false
    await Promise.all(turns)
    on = false
    await Promise.all(workers)
  }
  return {
    done,
    wrong,
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await rested.disposeAsync()
    },
  }
}

const SCRIPTS = [
  "[[deltas:60]][[every:2]]",
  "[[reasoning:Hm]][[text:Hello]]",
  '[[tool:read {"filePath":"src/file1.ts"}]][[then]][[text:Read]]',
  '[[tool:grep {"pattern":"value7"}]][[tool:glob {"pattern":"**/*.ts"}]][[then]][[text:Found]]',
  '[[tool:bash {"command":"echo hi; seq 1 2000","description":"Say"}]][[then]][[text:Said]]',
  '[[tool:bash {"command":"sleep 30 & echo left behind","description":"Leave"}]][[then]][[text:Left]]',
  '[[tool:write {"filePath":"new/N.txt","content":"text N\\n"}]][[then]][[text:Written]]',
  '[[tool:edit {"filePath":"a.txt","oldString":"one","newString":"one"}]][[then]][[text:Same]]',
  '[[tool:todowrite {"todos":[{"content":"x","status":"pending","priority":"low"}]}]][[then]][[text:Noted]]',
  '[[tool:webfetch {"url":"http://127.0.0.1:9/","format":"text"}]][[then]][[text:Refused]]',
  '[[tool:question {"questions":[{"question":"Which?","header":"Pick","options":[{"label":"A","description":"a"},{"label":"B","description":"b"}]}]}]][[then]][[text:Thanks]]',
  '[[tool:task {"description":"look","prompt":"[[text:found it]]","subagent_type":"general"}]][[then]][[text:Done]]',
  '[[tool:echo_echo {"text":"again"}]][[then]][[text:Echoed]]',
  "[[status:429 x1 after=0.1]][[text:At last]]",
  "[[garbage]]",
  "[[cut]]",
]

let number = 0

async function session(site: Site, directory = site.directory()): Promise<string> {
  return (await site.kilo.api<{ id: string }>("/session", { json: { title: "load" }, directory })).id
}

/** Some sessions stay, as they do. */
async function forget(site: Site, id: string) {
  if (site.random() < 0.9) await ok(site.kilo.fetch(`/session/${id}`, { method: "DELETE" }))
}

async function turn(site: Site): Promise<string> {
  const id = await session(site)
  for (let count = 0; count < 3 && (count === 0 || site.on()); count += 1) {
    number += 1
    const text = pick(site.random, SCRIPTS).replaceAll("N", String(number % 50))
    const signal = AbortSignal.timeout(TURN_MS)
    const asked = site.kilo.fetch(`/session/${id}/message`, { json: { parts: [{ type: "text", text }] }, signal })
    await ok(asked).catch((error: unknown) => {
      throw new Error(`${error}, asked ${text}`)
    })
  }
  const dice = site.random()
  if (dice < 0.2)
    await ok(site.kilo.fetch(`/session/${id}/shell`, { json: { agent: "code", command: "echo shelled" } }))
  else if (dice < 0.4) await ok(site.kilo.fetch(`/session/${id}/fork`, { json: {} }))
  else if (dice < 0.5) {
    const [first] = await site.kilo.api<{ info: { id: string } }[]>(`/session/${id}/message`)
    await ok(site.kilo.fetch(`/session/${id}/revert`, { json: { messageID: first?.info.id } }))
  }
  await forget(site, id)
  return "turns"
}

async function givenUp(site: Site) {
  const id = await session(site)
  const text = pick(site.random, ["[[hang]]", "[[deltas:5000]][[every:5]]", '[[tool:bash {"command":"sleep 60"}]]'])
  await ok(site.kilo.fetch(`/session/${id}/prompt_async`, { json: { parts: [{ type: "text", text }] } }))
  await sleep(100 * site.random())
  await ok(site.kilo.fetch(`/session/${id}/abort`, { method: "POST" }))
  await forget(site, id)
}

/** Answers whatever asks, one way or the other. */
async function answer(site: Site): Promise<string> {
  const directory = site.directory()
  const [asks, questions] = await Promise.all([
    site.kilo.api<{ id: string }[]>("/permission", { directory }),
    site.kilo.api<{ id: string }[]>("/question", { directory }),
  ])
  // What asked may be gone by now (404): its turn was given up.
  for (const { id } of asks) {
    const reply = site.random() < 0.8 ? "once" : "reject"
    await ok(site.kilo.fetch(`/permission/${id}/reply`, { json: { reply }, directory }))
  }
  for (const { id } of questions) {
    if (site.random() < 0.7)
      await ok(site.kilo.fetch(`/question/${id}/reply`, { json: { answers: [["A"]] }, directory }))
    else await ok(site.kilo.fetch(`/question/${id}/reject`, { json: {}, directory }))
  }
  return asks.length + questions.length > 0 ? "answers" : "looks for questions"
}

async function stream(site: Site) {
  const path = site.random() < 0.5 ? "/global/event" : `/event?directory=${encodeURIComponent(site.directory())}`
  const stop = new AbortController()
  const response = await site.kilo.fetch(path, { signal: stop.signal })
  if (!response.ok || !response.body) throw new Error(`${path} answered ${response.status}`)
  setTimeout(() => stop.abort(), 1000 * site.random())
  // Cut by us, or over because its directory was disposed.
  await response.body.pipeTo(new WritableStream()).catch(() => undefined)
}

async function unread(site: Site) {
  const headers = { authorization: basic("kilo", site.kilo.password ?? "") }
  const response = await open(`${site.kilo.url}/global/event`, { headers })
  response.pause().on("error", () => response.destroy())
  await sleep(3000 * site.random())
  response.destroy()
}

async function terminal(site: Site) {
  const directory = site.directory()
  const made = await site.kilo.fetch("/pty", { json: { command: "/bin/sh", args: [] }, directory })
  await fine(made)
  const { id } = (await made.json()) as { id: string }
  const socket = new WebSocket(`${site.kilo.url.replace("http", "ws")}/pty/${id}/connect`, {
    headers: { authorization: basic("kilo", site.kilo.password ?? "") },
  })
  // Its directory may be disposed at any time, and the terminal with it.
  socket.on("error", () => socket.terminate())
  socket.on("open", () => socket.send("seq 1 500; sleep 100 &\r"))
  const over = Promise.race([once(socket, "close"), sleep(400 * site.random())])
  await over
  if (site.random() < 0.5) socket.terminate()
  await ok(site.kilo.fetch(`/pty/${id}`, { method: "DELETE", directory }))
  socket.terminate()
}

async function search(site: Site) {
  const directory = site.directory()
  const path = pick(site.random, [
    "/find/file?query=file",
    "/find?pattern=value",
    "/file?path=src",
    "/vcs/diff?mode=git",
    "/vcs/status",
    "/session/find?query=hello",
    "/find/symbol?query=value",
  ])
  await ok(site.kilo.fetch(path, { directory }))
}

async function settings(site: Site) {
  const directory = site.directory()
  if (site.random() < 0.3) {
    await ok(site.kilo.fetch("/global/config", { method: "PATCH", json: { username: `user${site.random()}` } }))
    return
  }
  const json = { instructions: [`rules${Math.floor(site.random() * 5)}.md`] }
  await ok(site.kilo.fetch("/config", { method: "PATCH", json, directory }))
}

async function dispose(site: Site): Promise<string> {
  const directory = site.directory()
  const dice = site.random()
  if (dice < 0.1) await ok(site.kilo.fetch("/global/dispose", { method: "POST" }))
  // A turn that runs is a conflict for this one.
  else if (dice < 0.5) await ok(site.kilo.fetch("/instance/reload", { method: "POST", directory }))
  else await ok(site.kilo.fetch("/instance/dispose", { method: "POST", directory }))
  return "directories disposed"
}

async function server(site: Site) {
  const directory = site.directory()
  await ok(
    site.kilo.fetch("/mcp", { json: { name: "echo", config: { type: "local", command: ECHO_SERVER } }, directory }),
  )
  await sleep(300 * site.random())
  if (site.random() < 0.5) return
  await ok(site.kilo.fetch("/mcp/echo/disconnect", { json: {}, directory }))
  if (site.random() < 0.5) await ok(site.kilo.fetch("/mcp/echo/connect", { json: {}, directory }))
}

async function listing(site: Site) {
  const directory = site.directory()
  const path = pick(site.random, ["/session", "/provider", "/agent", "/command", "/config", "/skill", "/mcp", "/lsp"])
  await ok(site.kilo.fetch(path, { directory }))
}

/** A client's fault is none of the server's: workers dispose what others use. */
async function ok(asked: Promise<Response>) {
  const response = await asked
  await fine(response)
  await response.arrayBuffer()
}

async function fine(response: Response) {
  if (response.status < 500) return
  throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`)
}

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T
}

/** mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
