import {
  type InstructionEntry,
  loadInstructions,
  nestedInstructions,
  RemoteTexts,
  systemPrompt,
} from "../agent/index.ts"
import type { Agent } from "../agent/types.ts"
import type { Loaded } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import type { Paths } from "../project/types.ts"
import type { Model } from "../provider/index.ts"

const FETCH_MS = 5_000
const FETCH_BYTES = 64 * 1024

export interface InstructionsOptions {
  directory: string
  worktree: string
  vcs?: "git"
  paths: Paths
  env: EngineOptions["env"]
  config(): Promise<Loaded>
  onError(error: unknown): void
}

/** What one directory's files, and the user's own, tell every agent. */
export class Instructions {
  readonly #options: InstructionsOptions
  readonly #noClaude: boolean
  readonly #remote: { own: RemoteTexts; foreign: RemoteTexts }

  constructor(options: InstructionsOptions) {
    this.#options = options
    this.#noClaude = isOn(options.env.KILO_DISABLE_CLAUDE_CODE)
    const texts = (own: boolean) =>
      new RemoteTexts({ get: (address) => fetchText(address, own), onError: (error) => options.onError(error) })
    this.#remote = { own: texts(true), foreign: texts(false) }
  }

  /** The system messages of a request. */
  async system(agent: Agent, model: Model): Promise<string[]> {
    const { directory, worktree, vcs, paths, config } = this.#options
    const instructions = await loadInstructions({
      directory,
      worktree,
      paths,
      agent: agent.name,
      entries: entriesOf(await config(), isOn(this.#options.env.KILO_TRUST_PROJECT_CONFIG)),
      noClaude: this.#noClaude,
      fetch: (address, own) => this.#remote[own ? "own" : "foreign"].text(address),
    })
    return systemPrompt({ agent, model, directory, worktree, ...(vcs ? { vcs } : {}), date: new Date(), instructions })
  }

  /** Instructions of the folders around a file that the system messages do not contain. */
  nested(file: string): Promise<{ path: string; text: string }[]> {
    const { directory, worktree } = this.#options
    return nestedInstructions({ file, directory, worktree, noClaude: this.#noClaude })
  }
}

function entriesOf(loaded: Loaded, trusted: boolean): InstructionEntry[] {
  const own = new Set<string>()
  for (const { kind, layer } of loaded.sources) {
    if (kind === "project" && !trusted) continue
    const list: unknown = layer.config.instructions
    if (Array.isArray(list)) for (const entry of list) own.add(String(entry))
  }
  return (loaded.config.instructions ?? []).map((text) => ({ text, own: own.has(text) }))
}

async function fetchText(address: string, own: boolean): Promise<string> {
  const { fetchPage } = await import("../tool/index.ts")
  const page = await fetchPage(address, {
    signal: AbortSignal.timeout(FETCH_MS),
    timeoutMs: FETCH_MS,
    maxBytes: FETCH_BYTES,
    headers: { accept: "text/markdown, text/plain;q=0.9, */*;q=0.1" },
    onOrigin: async () => undefined,
    onPrivate: async (url) => {
      if (own) return
      throw new Error(
        `The instructions at ${url.host} are not read: a project's configuration may not reach private networks. Put the address into your own configuration to allow it.`,
      )
    },
  })
  if (page.status !== 200)
    throw new Error(`The instructions at ${address} are missing: the server answered ${page.status}.`)
  return page.body.toString("utf8")
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(1|true|yes|on)$/i.test(value.trim())
}
