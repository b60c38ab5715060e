import { dirname, extname, resolve } from "node:path"
import { type Claims, type Config, type ConfigWarning, switchedOn, TRUST } from "../config/index.ts"
import { contains } from "../file/index.ts"
import { installedCommand, type Surroundings, topOf } from "../installed/index.ts"
import { startChild } from "../process/index.ts"
import { type Setup, setupOf } from "./settings.ts"
import { type FormatterSpec, formattersOf, withFile } from "./table.ts"
import type { Formatted, FormatterService } from "./types.ts"

export * from "./types.ts"

/** A formatter that takes longer is ended; the file stays as it is then. */
const LIMIT_MS = 10_000
const MAX_PROBLEM = 300

export interface FormattersOptions extends Surroundings {
  config(): Promise<{ config: Config; claims: Claims }>
  /** Milliseconds that one file may take. */
  limit?: number
}

export interface Formatters extends FormatterService {
  /** Formats a file of the project in place. Undefined when nothing is for it. A failure is told, never thrown. */
  format(file: string, signal: AbortSignal): Promise<Formatted | undefined>
  /** What the project's files wanted to run and may not. */
  warnings(): Promise<ConfigWarning[]>
}

/**
 * The formatters of one directory. One is used for a file when its program is installed (in the project's `node_modules` or virtual
 * environment, or on PATH) and the project has settings for it, or when the user has configured it. What the repository brings along,
 * as a program or as settings that load code, is not run unless the user trusts the project.
 */
export function createFormatters(options: FormattersOptions): Formatters {
  const { limit = LIMIT_MS } = options
  const top = topOf(options)
  const trusted = switchedOn(options.env[TRUST])

  const specs = async () => {
    const { config, claims } = await options.config()
    return formattersOf(config.formatter, new Set(claims.formatter.keys()))
  }

  /** Command and working folder, when this one is to be used for files in a folder. */
  const use = async (spec: FormatterSpec, folder: string) => {
    const setup: Setup | undefined = spec.configured
      ? { folder: top, path: top, code: false }
      : await setupOf(spec, folder, top)
    if (!setup || (setup.code && !trusted)) return undefined
    const command = await installedCommand(spec, setup.folder, options)
    return command ? { command, cwd: setup.folder } : undefined
  }

  const run = async (command: string[], cwd: string, spec: FormatterSpec, signal: AbortSignal) => {
    const child = await startChild({ command, cwd, env: options.env, ...(spec.env ? { more: spec.env } : {}) })
    child.stdin.end()
    child.stdout.resume()
    const over = AbortSignal.any([signal, AbortSignal.timeout(limit)])
    const stop = () => void child.stop()
    if (over.aborted) stop()
    over.addEventListener("abort", stop, { once: true })
    try {
      const end = await child.ended
      if (signal.aborted) return "it was stopped"
      if (over.aborted) return `it took longer than ${limit} ms`
      return end.startsWith("ended with exit code 0") ? undefined : end
    } finally {
      over.removeEventListener("abort", stop)
    }
  }

  return {
    async format(file, signal) {
      const extension = extname(file).slice(1).toLowerCase()
      if (extension === "" || !contains(top, resolve(file))) return undefined
      try {
        for (const spec of await specs()) {
          if (!spec.extensions.includes(extension)) continue
          const found = await use(spec, dirname(file))
          if (!found) continue
          const problem = await run(withFile(found.command, file), found.cwd, spec, signal).catch((error: unknown) =>
            error instanceof Error ? error.message : String(error),
          )
          return { name: spec.name, ...(problem === undefined ? {} : { problem: problem.slice(0, MAX_PROBLEM) }) }
        }
        return undefined
      } catch (error) {
        return { name: "formatting", problem: error instanceof Error ? error.message : String(error) }
      }
    },

    async status() {
      return Promise.all(
        (await specs()).map(async (spec) => ({
          name: spec.name,
          extensions: spec.extensions.map((extension) => `.${extension}`),
          enabled: (await use(spec, options.directory)) !== undefined,
        })),
      )
    },

    async warnings() {
      const { claims } = await options.config()
      const held = await Promise.all(
        (await specs()).map(async (spec) => {
          const setup = spec.configured || trusted ? undefined : await setupOf(spec, options.directory, top)
          if (!setup?.code || !(await installedCommand(spec, setup.folder, options))) return []
          const message = `Files are not formatted with ${spec.name} here: its settings name code of the repository, which would be run. If you trust it, put formatter.${spec.name} with a command into your global config, or set ${TRUST}=1 in the environment.`
          return [{ path: setup.path, message }]
        }),
      )
      const refused = [...claims.formatter].map(([name, { path }]) => ({
        path,
        message: `The formatter formatter.${name} of this project is not used: the project would choose what runs on this machine. If you trust it, put formatter.${name} into your global config, or set ${TRUST}=1 in the environment.`,
      }))
      return [...refused, ...held.flat()]
    },
  }
}
