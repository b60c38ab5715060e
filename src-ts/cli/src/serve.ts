import { flushCompileCache } from "node:module"
import { parseArgs } from "node:util"
import { createEngine } from "@kilo-split/engine"
import { fileLog, type Log, startServer } from "@kilo-split/server"
import { environment, programName } from "./environment.ts"
import { sentence, UserError } from "./fail.ts"
import { watchParent } from "./parent.ts"
import { pluginConnection } from "./plugin-client.ts"
import { SERVE_HELP } from "./serve-help.ts"
import { version } from "./version.ts"

/** After this long the process ends even if something refuses to stop. */
const HARD_LIMIT_MS = 1500

/** `kilo serve`: resolves when the server has stopped. Parsed without the command library, because start-up time counts. */
export async function serve(args: string[]): Promise<number> {
  const options = parse(args)
  if (options.help) {
    process.stdout.write(SERVE_HELP)
    return 0
  }
  const stopping = Promise.withResolvers<number>()
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stopping.resolve(0))
  // Commands that the agent runs get the engine's environment: how to control this server is not their business.
  const { password, username, parent, env } = split(environment())
  if (Number.isInteger(parent) && parent > 0) watchParent(parent, () => stopping.resolve(0))

  if (!password && !options.insecure && !LOOPBACK.has(options.hostname)) {
    throw new UserError(
      `${options.hostname} can be reached from other machines, and no password is set. Set KILO_SERVER_PASSWORD, or add --insecure if the network is to be trusted.`,
    )
  }

  const cwd = process.cwd()
  let address: { url: string; password?: string; username?: string } | undefined
  const engine = createEngine({ version: version(), env, cwd, plugins: pluginConnection(() => address) })
  const log = options["print-logs"] ? both(fileLog(engine.paths.log)) : fileLog(engine.paths.log)
  const server = await startServer({
    engine,
    cwd,
    log,
    hostname: options.hostname,
    port: options.port,
    cors: options.cors,
    ...(password ? { password } : {}),
    ...(username ? { username } : {}),
  }).catch(async (error) => {
    await engine.close()
    throw explain(error, options)
  })
  address = { url: server.lines()[0] ?? "", ...(password ? { password } : {}), ...(username ? { username } : {}) }
  process.on("unhandledRejection", (error) => log.error("unhandled rejection", { error: trace(error) }))
  process.on("uncaughtException", (error) => {
    log.error("uncaught exception", { error: trace(error) })
    stopping.resolve(1)
  })

  const [url, ...more] = server.lines()
  const name = programName(env)
  const warning = password ? "" : "Warning: KILO_SERVER_PASSWORD is not set; server is unsecured.\n"
  process.stdout.write(`${warning}${[`${name} server listening on ${url}`, ...more].join("\n")}\n`)
  // Opened now rather than with the first request that needs it, so that a broken one is told at the start.
  server.settled
    .then(() => engine.projects())
    .catch((error) => {
      process.stderr.write(`Error: The database cannot be opened: ${sentence(error)}\n`)
      stopping.resolve(1)
    })
  // A server is often killed rather than stopped, and Node would write its compile cache only at a clean end.
  setTimeout(flushCompileCache, 2000).unref()

  const code = await stopping.promise
  setTimeout(() => process.exit(code), HARD_LIMIT_MS).unref()
  await engine.close()
  await server.close()
  process.exit(code)
}

/** Addresses that only this machine reaches. */
const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1", "[::1]"])

/** What controls this server apart from what it passes on: commands that the agent runs must not get it under any name. */
function split(all: NodeJS.ProcessEnv) {
  const { KILO_SERVER_PASSWORD: password, KILO_SERVER_USERNAME: username, KILO_PARENT_PID, ...env } = all
  for (const name of ["OPENCODE_SERVER_PASSWORD", "OPENCODE_SERVER_USERNAME", "OPENCODE_PARENT_PID"]) delete env[name]
  return { password, username, parent: Number(KILO_PARENT_PID), env }
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: "string", default: "0" },
        hostname: { type: "string", default: "127.0.0.1" },
        cors: { type: "string", multiple: true, default: [] },
        insecure: { type: "boolean", default: false },
        "print-logs": { type: "boolean", default: false },
        "log-level": { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    })
    const port = Number(values.port)
    if (!/^\d+$/.test(values.port) || port > 65_535) {
      throw new UserError(`--port ${values.port} is not a port. Give a number from 0 to 65535.`)
    }
    return { ...values, port }
  } catch (error) {
    if (error instanceof TypeError) throw new UserError(`${error.message}. Try kilo serve --help.`)
    throw error
  }
}

function explain(error: unknown, options: { port: number; hostname: string }): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  const { port, hostname } = options
  if (code === "EADDRINUSE") {
    return new UserError(`Port ${port} is already in use. Choose another one with --port, or 0 for any free one.`)
  }
  if (code === "EACCES") return new UserError(`Port ${port} may not be used by this user. Choose one above 1023.`)
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new UserError(`${hostname} is not an address of this machine. Choose another one with --hostname.`)
  }
  return error
}

function both(log: Log): Log {
  const print = (level: string, message: string, fields?: Record<string, unknown>) =>
    process.stderr.write(`${level} ${message}${fields ? ` ${JSON.stringify(fields)}` : ""}\n`)
  return {
    error: (message, fields) => {
      log.error(message, fields)
      print("ERROR", message, fields)
    },
    info: (message, fields) => {
      log.info(message, fields)
      print("INFO", message, fields)
    },
  }
}

function trace(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
