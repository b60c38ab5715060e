import type { Bus, EventScope } from "../bus/index.ts"
import { type Config, type ConfigWarning, switchedOn } from "../config/index.ts"
import type { EngineOptions } from "../engine.ts"
import type { FileChange, Watch } from "../watch/types.ts"

/** The first prompt, or the first look at the files, is not held up by it. */
const DELAY_MS = 1000

export interface WatchingOptions {
  bus: Bus
  scope: EventScope
  directory: string
  worktree: string
  home: string
  env: EngineOptions["env"]
  config(): Promise<Config>
  onError(error: unknown): void
}

/** The watch of one directory's files, from its first use on. */
export class Watching {
  readonly #options: WatchingOptions
  #timer: NodeJS.Timeout | undefined
  #watch: Watch | undefined
  #unlisten: (() => void) | undefined
  #wanted = false
  #closed = false
  #warning: ConfigWarning | undefined

  constructor(options: WatchingOptions) {
    this.#options = options
  }

  /** Starts it soon, once, unless it is switched off. */
  later() {
    if (this.#wanted || this.#closed) return
    this.#wanted = true
    const { env, directory, home, onError } = this.#options
    // Everything below them is no project.
    if (directory === home || directory === "/" || switchedOn(env.KILO_EXPERIMENTAL_DISABLE_FILEWATCHER)) return
    this.#timer = setTimeout(() => void this.#start().catch(onError), DELAY_MS).unref()
  }

  /** The configuration may have changed. */
  reload() {
    if (!this.#wanted) return
    this.#stop()
    this.later()
  }

  warnings(): ConfigWarning[] {
    return this.#warning ? [this.#warning] : []
  }

  close() {
    this.#closed = true
    this.#stop()
  }

  async #start() {
    const { bus, config, directory, worktree, scope, onError } = this.#options
    const timer = this.#timer
    const [{ watchDirectory }, { watcher }] = await Promise.all([import("../watch/index.ts"), config()])
    // Stopped, or started anew, meanwhile.
    if (this.#closed || this.#timer !== timer || watcher?.enabled === false) return
    let own = false
    const publish = (file: string, event: FileChange) => {
      own = true
      bus.publish(scope, "file.watcher.updated", { file, event })
      own = false
    }
    const watch = watchDirectory({
      directory,
      worktree,
      ignore: watcher?.ignore ?? [],
      changed: publish,
      branch: (branch) => bus.publish(scope, "vcs.branch.updated", branch === undefined ? {} : { branch }),
      incomplete: (reason) => {
        this.#warning = { path: directory, message: `Not all changes of files here are noticed. ${reason}` }
        onError(new Error(`${directory}: ${reason}`))
      },
      onError,
    })
    this.#watch = watch
    this.#unlisten = bus.subscribe((event) => {
      if (own || event.type !== "file.watcher.updated" || event.scope.directory !== directory) return
      const { file, event: change } = event.properties as { file: string; event: FileChange }
      watch.announced(file, change)
    })
  }

  #stop() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#wanted = false
    this.#warning = undefined
    this.#unlisten?.()
    this.#unlisten = undefined
    this.#watch?.close()
    this.#watch = undefined
  }
}
