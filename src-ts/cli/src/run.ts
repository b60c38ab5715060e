import { stat } from "node:fs/promises"
import { resolve } from "node:path"
import { text } from "node:stream/consumers"
import type { BusEvent, Engine, EventMap, EventType, Instance, Part } from "@kilo-split/engine"
import { withEngine } from "./engine.ts"
import { UserError } from "./fail.ts"

export interface RunOptions {
  message: string[]
  model?: string
  agent?: string
  dir: string
  title?: string
  format: "default" | "json"
  auto: boolean
  thinking: boolean
}

const REJECTED = "run ended with an auto-rejected permission; pass --auto for autonomous use"

/** `kilo run`: one task in this process. Resolves with 0 when the turn ended well, else with 1 (contract: behaviour section 9). */
export async function run(options: RunOptions): Promise<number> {
  const message = options.message.join(" ").trim() || (process.stdin.isTTY ? "" : (await text(process.stdin)).trim())
  if (!message) throw new UserError('Say what to do, for example: kilo run "explain this project"')
  const directory = resolve(options.dir)
  const found = await stat(directory).catch(() => undefined)
  if (!found?.isDirectory()) throw new UserError(`${directory} is not a directory.`)
  return withEngine(async (engine) => {
    const instance = await engine.instance(directory)
    return new Task(engine, instance, options).run(message)
  })
}

class Task {
  readonly #engine: Engine
  readonly #instance: Instance
  readonly #options: RunOptions
  #sessionID = ""
  #failed = false
  #announced = false
  /** Parts that were printed: a part may be announced again with details that come later. */
  readonly #printed = new Set<string>()

  constructor(engine: Engine, instance: Instance, options: RunOptions) {
    this.#engine = engine
    this.#instance = instance
    this.#options = options
  }

  async run(message: string): Promise<number> {
    const { agent, title } = this.#options
    const model = this.#model()
    const session = await this.#instance.sessions.create({ ...(title ? { title } : {}), ...(agent ? { agent } : {}) })
    this.#sessionID = session.id
    const abort = new AbortController()
    const interrupt = () => {
      this.#failed = true
      abort.abort()
      this.#instance.sessions.abort(session.id).catch((error) => this.#error(String(error)))
    }
    process.once("SIGINT", interrupt).once("SIGTERM", interrupt)
    const unsubscribe = this.#engine.bus.subscribe((event) => this.#take(event))
    try {
      const last = await this.#instance.sessions.prompt(session.id, {
        ...(model ? { model } : {}),
        ...(agent ? { agent } : {}),
        parts: [{ type: "text", text: message }],
      })
      // The error itself came as an event.
      if (last.info.role === "assistant" && last.info.error) this.#failed = true
    } catch (error) {
      // Most failures came as an event already.
      if (!this.#failed) this.#error(error instanceof Error ? error.message : String(error))
    } finally {
      unsubscribe()
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt)
    }
    return this.#failed ? 1 : 0
  }

  #model() {
    const { model } = this.#options
    if (model === undefined) return undefined
    const slash = model.indexOf("/")
    if (slash < 1 || slash === model.length - 1) {
      throw new UserError(`--model ${model} must have the form provider/model. See kilo models.`)
    }
    return { providerID: model.slice(0, slash), modelID: model.slice(slash + 1) }
  }

  #take(event: BusEvent) {
    if (is(event, "permission.asked")) return this.#permission(event.properties.id)
    if (is(event, "message.updated")) {
      const { info } = event.properties
      if (info.sessionID === this.#sessionID && info.role === "assistant") this.#announce(info.agent, info.modelID)
      return
    }
    if (is(event, "session.error")) {
      const { sessionID, error } = event.properties
      if (sessionID === this.#sessionID && error) this.#error(error)
      return
    }
    if (is(event, "message.part.updated") && event.properties.part.sessionID === this.#sessionID) {
      this.#part(event.properties.part)
    }
  }

  #announce(agent: string, model: string) {
    if (this.#announced || this.#options.format === "json") return
    this.#announced = true
    process.stderr.write(`> ${agent} · ${model}\n`)
  }

  #permission(requestID: string) {
    const reply = this.#options.auto ? "once" : "reject"
    if (reply === "reject") this.#error(REJECTED)
    this.#instance.permissions.reply(requestID, { reply }).catch((error) => this.#error(String(error)))
  }

  #part(part: Part) {
    if (this.#printed.has(part.id) || !isOver(part)) return
    this.#printed.add(part.id)
    if (part.type === "step-start") return this.#json("step_start", part)
    if (part.type === "step-finish") return this.#json("step_finish", part)
    if (part.type === "text") {
      this.#json("text", part)
      if (this.#options.format === "default") process.stdout.write(`${part.text}\n`)
    }
    if (part.type === "reasoning" && this.#options.thinking) {
      this.#json("reasoning", part)
      if (this.#options.format === "default") process.stderr.write(`${part.text}\n`)
    }
    if (part.type === "tool") {
      this.#json("tool_use", part)
      if (this.#options.format === "default") {
        const { state } = part
        const detail =
          state.status === "completed" ? state.title : state.status === "error" ? `failed: ${state.error}` : ""
        process.stderr.write(`| ${part.tool} ${detail}\n`)
      }
    }
  }

  #json(type: string, part: Part) {
    if (this.#options.format !== "json") return
    process.stdout.write(`${JSON.stringify({ type, timestamp: Date.now(), sessionID: this.#sessionID, part })}\n`)
  }

  #error(error: string | NonNullable<EventMap["session.error"]["error"]>) {
    this.#failed = true
    if (this.#options.format === "json") {
      const line = { type: "error", timestamp: Date.now(), sessionID: this.#sessionID, error }
      process.stdout.write(`${JSON.stringify(line)}\n`)
      return
    }
    const message = typeof error === "string" ? error : "message" in error.data ? error.data.message : error.name
    process.stderr.write(`Error: ${message}\n`)
  }
}

/** Whether a part will not grow any more; what the user typed or the server added for the model does not count. */
function isOver(part: Part): boolean {
  if (part.type === "text") return part.time?.end !== undefined && !part.synthetic
  if (part.type === "reasoning") return part.time.end !== undefined
  if (part.type === "tool") return part.state.status === "completed" || part.state.status === "error"
  return true
}

function is<T extends EventType>(event: BusEvent, type: T): event is BusEvent<T> & BusEvent {
  return event.type === type
}
