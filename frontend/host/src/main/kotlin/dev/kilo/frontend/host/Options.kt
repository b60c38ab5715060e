package dev.kilo.frontend.host

import dev.kilo.frontend.ui.Look
import dev.kilo.shared.model.ModelRef

internal const val USAGE: String = """kilo window [options]

  --directory DIR        the project (default: the current directory)
  --ssh USER@HOST:/PATH  with npm start: the project is on that machine, which needs sshd and Java 17; also
                         USER@HOST:PORT:/PATH, --ssh-port N, and --ssh-config FILE for another than your own
  --connect ADDRESS      use the backend that listens at host:port or wss://host:port (ws:// on this machine)
                         instead of one of our own; its token comes from KILO_TOKEN or --token-file FILE
  --fingerprint SHA256   trust the backend with this certificate, and remember it. Without this option Kilo asks
                         when it connects for the first time, and refuses another certificate later
  --tunnel NAME          the address is this machine's end of a tunnel to NAME: shown as that, nothing remembered
  --headless             stay in the terminal
  --prompt TEXT          with --headless: run this one prompt and end; exit code 0 only if the turn ended well
  --model PROVIDER/MODEL what to run the prompt with
  --agent NAME           code, ask, plan or an own one
  --auto-approve         allow everything that the agent asks for; its questions are dismissed, not answered
  --theme NAME           light, dark or contrast: how the window looks
  --report-ready         say on stderr when the window can be used
  --help"""

/** The command line. [prompt] alone does not make it headless: it is typed into the window's composer. */
internal data class Options(
    val directory: String = System.getProperty("user.dir"),
    val connect: String? = null,
    val tokenFile: String? = null,
    val fingerprint: String? = null,
    val tunnel: String? = null,
    val headless: Boolean = false,
    val prompt: String? = null,
    val model: ModelRef? = null,
    val agent: String? = null,
    val autoApprove: Boolean = false,
    val look: Look? = null,
    val reportReady: Boolean = false,
    val help: Boolean = false,
)

internal class UsageException(message: String) : Exception(message)

/** Reads the command line; throws [UsageException] with a sentence that says what is wrong. */
internal fun parseOptions(args: List<String>): Options {
    var options = Options()
    val rest = args.iterator()
    while (rest.hasNext()) {
        val arg = rest.next()
        val name = arg.substringBefore('=')
        fun value(): String = when {
            arg.contains('=') -> arg.substringAfter('=')
            rest.hasNext() -> rest.next()
            else -> throw UsageException("$name needs a value.")
        }
        options = when (name) {
            "--directory" -> options.copy(directory = value())

            "--connect" -> options.copy(connect = value())

            "--token-file" -> options.copy(tokenFile = value())

            "--ssh", "--ssh-port", "--ssh-config" ->
                throw UsageException("$name is an option of npm start: npm start -- --ssh user@host:/path")

            "--fingerprint" -> options.copy(fingerprint = value())

            "--tunnel" -> options.copy(tunnel = value())

            "--headless" -> options.copy(headless = true)

            "--prompt" -> options.copy(prompt = value())

            "--model" -> options.copy(model = modelOf(value()))

            "--agent" -> options.copy(agent = value())

            "--auto-approve" -> options.copy(autoApprove = true)

            "--theme" -> options.copy(
                look = value().let { name ->
                    Look.entries.find { it.name.lowercase() == name }
                        ?: throw UsageException("--theme is light, dark or contrast, not \"$name\".")
                },
            )

            "--report-ready" -> options.copy(reportReady = true)

            "--help", "-h" -> options.copy(help = true)

            else -> throw UsageException("There is no option $name.")
        }
    }
    if (options.connect == null && !java.io.File(options.directory).isDirectory) {
        throw UsageException("${options.directory} is not a folder. Name one with --directory.")
    }
    if (options.connect ==
        null
    ) {
        options = options.copy(directory = java.io.File(options.directory).absoluteFile.normalize().path)
    }
    return options
}

private fun modelOf(text: String): ModelRef {
    val provider = text.substringBefore('/', "")
    if (provider.isEmpty() ||
        text.substringAfter('/').isEmpty()
    ) {
        throw UsageException("--model wants provider/model, not \"$text\".")
    }
    return ModelRef(provider, text.substringAfter('/'))
}
