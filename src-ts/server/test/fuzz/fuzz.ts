import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { repository } from "@kilo-split/testkit"
import { world } from "../world.ts"

const HERE = import.meta.dirname

/** Operations that are left out, each with its reason. */
export const LEFT_OUT: Record<string, string> = {
  "event.subscribe": "an event stream never ends; stream.test.ts and join.test.ts read it",
  "global.event": "an event stream never ends; stream.test.ts and join.test.ts read it",
  "pty.connect": "a WebSocket, which schemathesis does not speak; pty.test.ts does",
  "tui.control.next":
    "waits until somebody controls the terminal's window, so no answer is right; routes.test.ts has it",
}

/**
 * Operations for which the contract wants a 500 with a text for the user. Any other 5xx, and one that carries a
 * reference into the log, is a finding.
 */
export const WORDED: Record<string, string> = {
  "session.prompt": "an unknown model or agent",
  "session.command": "an unknown command, model or agent",
  "session.share": "no share server is set up",
  "session.unshare": "no share server is set up",
  "kilo.profile": "the gateway is away",
}

export interface Findings {
  /** Exit code of schemathesis: 0 when nothing was found. */
  code: number
  output: string
  cases: number
  /** Whether the server still answered, and what it said when it was told to end. */
  healthy: boolean
  end: { code: number | null; signal: NodeJS.Signals | null }
  stderr: string
}

/** Why schemathesis can't run here; undefined when it can. Makes its environment in `.cache` on first use. */
export async function prepare(): Promise<string | undefined> {
  const tool = schemathesis()
  if (existsSync(join(folder(), "ready"))) return undefined
  rmSync(folder(), { recursive: true, force: true })
  mkdirSync(join(repository, ".cache"), { recursive: true })
  const made = await run("python3", ["-m", "venv", folder()], 120_000)
  if (made.code !== 0) return `python3 with its venv module is needed: ${last(made.output)}`
  const pip = ["install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
  const got = await run(join(folder(), "bin", "pip"), [...pip, "-r", requirements()], 300_000)
  if (got.code !== 0) return `schemathesis could not be installed: ${last(got.output)}`
  const works = await run(tool, ["--version"], 60_000)
  if (works.code !== 0) return `schemathesis does not start: ${last(works.output)}`
  mkdirSync(join(folder(), "ready"))
  return undefined
}

/**
 * Sends what schemathesis makes of the OpenAPI document to a real server with a home, a project and a model of its own.
 * @param perOperation most cases for each operation in the phase of random requests.
 * @param seconds after which schemathesis ends.
 */
export async function fuzz(options: {
  perOperation: number
  seconds?: number
  seed: number
  phases: string
  operations?: string[]
}): Promise<Findings> {
  await using w = await world({ extra: { permission: "allow" } })
  const session = await w.session({ title: "fuzzed" })
  await w.prompt(session, '[[tool:todowrite {"todos":[]}]][[then]][[text:done]]')
  await w.events.turnEnd(session)
  const messages = await w.kilo.api<{ info: { id: string }; parts: { id: string }[] }[]>(`/session/${session}/message`)
  const other = await w.session({ title: "second" })
  const { id: ptyID } = await w.kilo.api<{ id: string }>("/pty", {
    json: { command: "/bin/cat" },
    directory: w.project.directory,
  })
  const ids = {
    sessionID: [session, other],
    messageID: messages.map((message) => message.info.id),
    partID: messages.flatMap((message) => message.parts.map((part) => part.id)),
    ptyID: [ptyID],
    providerID: ["fake"],
  }
  const report = join(w.project.directory, "..", `fuzz-${w.kilo.pid}.json`)
  const args = [
    "run",
    join(repository, "openapi", "kilo.json"),
    "--url",
    w.kilo.url,
    "--auth",
    `kilo:${w.kilo.password}`,
    "--checks",
    "unexpected_failure,refused_without_credentials,status_code_conformance,answer_as_documented",
    "--phases",
    options.phases,
    "--max-examples",
    String(options.perOperation),
    "--seed",
    String(options.seed),
    "--request-timeout",
    "20",
    "--workers",
    "2",
    "--continue-on-failure",
    "--suppress-health-check",
    "all",
    "--generation-database",
    "none",
    "--warnings",
    "off",
    "--no-shrink",
    "--no-color",
    "--report",
    "json",
    "--report-json-path",
    report,
    ...(options.seconds ? ["--max-time", String(options.seconds)] : []),
    ...(options.operations ?? []).flatMap((id) => ["--include-operation-id", id]),
    ...Object.keys(LEFT_OUT).flatMap((id) => ["--exclude-operation-id", id]),
  ]
  const { code, output } = await run(schemathesis(), args, 60 * 60_000, {
    KILO_FUZZ_WORLD: JSON.stringify({ ids, directory: w.project.directory, worded: Object.keys(WORDED) }),
    SCHEMATHESIS_HOOKS: "hooks",
    PYTHONPATH: HERE,
    PYTHONDONTWRITEBYTECODE: "1",
    HOME: w.kilo.home.directory,
  })
  rmSync(report, { force: true })
  // Longer than any test's message: what a finding needs to be repeated is here.
  writeFileSync(join(repository, ".cache", "fuzz.txt"), output + (await logged(w.kilo.home.directory)))
  const cases = Number(/Test cases:\s+([\d,]+)/i.exec(output)?.[1]?.replaceAll(",", "") ?? 0)
  const healthy = await w.kilo.api<{ healthy: boolean }>("/global/health").then(
    (answer) => answer.healthy,
    () => false,
  )
  const end = await w.kilo.stop().catch(() => ({ code: null, signal: "SIGKILL" as const }))
  return { code, output, cases, healthy, end, stderr: w.kilo.stderr }
}

/** What the server wrote down about failures that nobody expected. */
async function logged(home: string): Promise<string> {
  const names = await readdir(home, { recursive: true })
  const texts = await Promise.all(
    names.filter((name) => name.endsWith(".log")).map((name) => readFile(join(home, name), "utf8")),
  )
  const lines = texts.flatMap((text) => text.split("\n"))
  return lines.filter((line) => line.includes('"ref"')).join("\n")
}

function requirements() {
  return join(HERE, "requirements.txt")
}

/** Named after what is in it, so that a new pin makes a new one. */
function folder() {
  return join(
    repository,
    ".cache",
    `schemathesis-${createHash("sha256").update(readFileSync(requirements())).digest("hex").slice(0, 12)}`,
  )
}

function schemathesis() {
  return join(folder(), "bin", "schemathesis")
}

function last(text: string) {
  return text.trim().split("\n").slice(-3).join(" ")
}

async function run(command: string, args: string[], deadline: number, env: Record<string, string> = {}) {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, ...proxies(), ...env },
    cwd: join(repository, ".cache"),
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text
    })
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), deadline)
  try {
    const [code] = await once(child, "close")
    return { code: typeof code === "number" ? code : 1, output }
  } catch (error) {
    return { code: 127, output: String(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** What pip needs to reach its index from here; the server under test gets none of it. */
function proxies() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(https?_proxy|no_proxy|pip_|ssl_cert|requests_ca)/i.test(name)),
  )
}
