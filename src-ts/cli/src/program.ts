import { Command, CommanderError, Option } from "commander"
import { authList, authLogin, authLogout } from "./auth.ts"
import { configSchema, configShow, configSources } from "./config.ts"
import { exitWhenWritten } from "./fail.ts"
import { models } from "./models.ts"
import { pluginForget, pluginList, pluginTrust } from "./plugin.ts"
import { run } from "./run.ts"
import { SERVE_HELP } from "./serve-help.ts"
import { sessionDelete, sessionList } from "./session.ts"
import { exportSession, importSession } from "./transfer.ts"
import { version } from "./version.ts"

/** All commands but `serve`, which is started without this module. Resolves with the exit code. */
export async function runProgram(args: string[]): Promise<number> {
  let code = 0
  const program = new Command("kilo")
    .description("A coding agent. The terminal user interface comes later; use `kilo run` or `kilo serve` for now.")
    .version(version(), "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "Error: ")) })
  const action =
    <A extends unknown[]>(body: (...args: A) => Promise<number>) =>
    async (...args: A) => {
      code = await body(...args)
    }

  program
    .command("run")
    .description("give the agent one task and print what it answers")
    .argument("[message...]", "the task; read from stdin when missing")
    .option("-m, --model <provider/model>", "model to use")
    .option("--agent <name>", "agent to use")
    .option("--dir <directory>", "directory to work in", process.cwd())
    .option("--title <title>", "title of the session")
    .addOption(new Option("--format <form>", "form of the output").choices(["default", "json"]).default("default"))
    .option("--auto", "allow everything the agent asks for", false)
    .option("--thinking", "also print reasoning", false)
    .action(action((message: string[], options) => run({ ...options, message })))

  program
    .command("serve")
    .description("run the agent server")
    .helpOption(false)
    .action(action(async () => print(SERVE_HELP)))

  program
    .command("models")
    .description("list the models that can be used")
    .argument("[provider]", "only of this provider")
    .option("--verbose", "with their properties", false)
    .action(action(models))

  const settings = program.command("config").description("configuration of this directory")
  settings.command("show").description("print what is in force, keys and tokens hidden").action(action(configShow))
  settings.command("sources").description("list where it comes from, weakest first").action(action(configSources))
  settings.command("schema").description("print the JSON Schema of kilo.json").action(action(configSchema))

  const auth = program.command("auth").alias("providers").description("credentials of model providers")
  auth.command("list").alias("ls").description("list stored credentials").action(action(authList))
  auth
    .command("login")
    .description(
      "log in to a provider in the browser where it has that, else store an API key; read from stdin when piped",
    )
    .argument("[provider]", "id of the provider, or the https address of a configuration server")
    .option("--key", "store an API key even where a login in the browser is possible", false)
    .action(action(authLogin))
  auth
    .command("logout")
    .description("forget a credential")
    .argument("<provider>", "id of the provider")
    .action(action(authLogout))

  const session = program.command("session").description("sessions of this directory")
  session
    .command("list")
    .description("list sessions, newest first")
    .option("-n, --max-count <number>", "at most this many")
    .addOption(new Option("--format <form>", "form of the output").choices(["table", "json"]).default("table"))
    .action(action(sessionList))
  session
    .command("delete")
    .description("delete a session with everything in it")
    .argument("<sessionID>")
    .action(action(sessionDelete))

  program
    .command("export")
    .description("write a session as JSON to stdout")
    .argument("[sessionID]", "the newest of this directory when missing")
    .action(action(exportSession))
  program
    .command("import")
    .description("read a session that was exported, into this directory")
    .argument("<file>", "file, or - for stdin")
    .action(action(importSession))

  const plugin = program.command("plugin").alias("plug").description("modules that extend the agent in this directory")
  plugin.command("list").description("list them, with what does not run and why").action(action(pluginList))
  plugin
    .command("trust")
    .description("let a plugin of the project run, as it is now")
    .argument("<path>")
    .action(action(pluginTrust))
  plugin.command("forget").description("take that back").argument("<path>").action(action(pluginForget))

  if (args.length === 0) return print(program.helpInformation())
  try {
    await program.parseAsync(args, { from: "user" })
  } catch (error) {
    // Commander has printed the help or the error already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1
    throw error
  }
  process.exitCode = code
  return exitWhenWritten()
}

async function print(text: string): Promise<number> {
  process.stdout.write(text)
  return 0
}
