package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.readable
import dev.kilo.frontend.model.texts
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import dev.kilo.shared.status.HostStatus
import dev.kilo.shared.status.LogLine
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/** One look at the host. [roundTrip] is what the window waited, in milliseconds; [message] says why there is nothing. */
internal data class StatusLook(val host: HostStatus?, val roundTrip: Long = 0, val message: String? = null)

/** How the agent's server is, looked at only while somebody watches. */
internal class StatusModel(private val settings: SettingsModel) {
    private val lookState = MutableStateFlow(StatusLook(null))
    private val logState = MutableStateFlow<List<LogLine>>(emptyList())
    private val filterState = MutableStateFlow("")
    private var watching: Job? = null
    private val app get() = settings.workspace.app

    val look: StateFlow<StatusLook> = lookState.asStateFlow()
    val log: StateFlow<List<LogLine>> = logState.asStateFlow()
    val filter: StateFlow<String> = filterState.asStateFlow()
    val cli: StateFlow<CliState> get() = app.cli
    val connection: StateFlow<Connection> get() = app.connection
    val place: String get() = app.place

    fun filter(text: String) {
        filterState.value = text
    }

    /** Lines that match the filter: all its words, upper and lower case alike. */
    fun shown(): List<LogLine> {
        val words = filterState.value.lowercase().split(' ').filter { it.isNotEmpty() }
        return log.value.filter { line ->
            val text = "${line.level} ${line.text}".lowercase()
            words.all { it in text }
        }
    }

    fun watch() {
        if (watching?.isActive == true) return
        watching = settings.scope.launch {
            launch { follow() }
            while (true) {
                look()
                delay(PAUSE)
            }
        }
    }

    fun unwatch() {
        watching?.cancel()
        watching = null
    }

    private suspend fun look() {
        val begin = System.nanoTime()
        try {
            val host = settings.backend.status.status()
            lookState.value = StatusLook(host, (System.nanoTime() - begin) / 1_000_000)
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (error: Exception) {
            lookState.value = lookState.value.copy(message = readable(error))
        }
    }

    private suspend fun follow() {
        while (true) {
            try {
                settings.backend.status.log().collect { more ->
                    logState.value = ((if (more.first) emptyList() else logState.value) + more.lines).takeLast(MOST)
                }
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (_: Exception) {
                // The look says why; the log comes back with the server.
            }
            delay(PAUSE)
        }
    }

    fun restart() {
        settings.run("settings.failed.restart") {
            settings.tell(texts("settings.status.restarting"))
            app.backend.app.restart()
            settings.tell(texts("settings.status.restarted"))
            look()
        }
    }

    /** Name and value of what the page shows, in its order. */
    fun facts(): List<Pair<String, String>> = buildList {
        fun fact(key: String, value: String?) {
            if (!value.isNullOrEmpty()) add(texts("settings.status.$key") to value)
        }
        val host = look.value.host
        fact("state", stateText())
        fact("version", host?.version)
        fact("pid", host?.pid?.toString())
        fact("port", host?.port?.toString())
        fact("uptime", host?.uptime?.let(::duration))
        fact("memory", host?.let { texts("settings.status.memory.value", bytes(it.memory), bytes(it.heap)) })
        fact("platform", host?.let { "${it.platform}, ${it.runtime}" })
        fact("place", if (place == "local") texts("settings.status.place.local") else place)
        fact(
            "trip",
            host?.let {
                texts("settings.status.trip.value", look.value.roundTrip.toString(), it.answer.toString())
            },
        )
        fact("backend", host?.let { "${it.backendPid}, ${it.backendJava}, ${bytes(it.backendMemory)}" })
        fact("data", host?.data)
        fact("config", host?.config)
        fact("database", host?.let { "${it.database} (${bytes(it.databaseSize)})" })
        fact("log", host?.log)
    }

    private fun stateText(): String = when (val connection = connection.value) {
        is Connection.Lost -> connection.message

        is Connection.Connecting -> connection.message ?: texts("settings.status.connecting")

        Connection.Connected -> when (val state = cli.value) {
            is CliState.Ready -> texts("settings.status.ready")
            is CliState.Starting -> state.message ?: texts("settings.status.starting")
            is CliState.Restarting -> state.message
            is CliState.Failed -> state.message
            CliState.Stopped -> texts("settings.status.stopped")
        }
    }

    /** For an issue: facts and the last lines of the log. The backend has taken secrets out of both; user names of paths go here. */
    fun report(): String = buildString {
        appendLine("Kilo")
        for ((name, value) in facts()) appendLine("$name: $value")
        val problems = settings.config.view.value?.problems.orEmpty()
        for (problem in problems) appendLine("! ${problem.path}: ${problem.message}")
        appendLine()
        for (line in log.value.takeLast(REPORTED)) appendLine("${line.time} ${line.level} ${line.text}".trim())
    }.replace(HOME) { it.groupValues[1] + "~" }

    internal companion object {
        const val PAUSE = 2000L
        const val MOST = 2000
        const val REPORTED = 60
        private val HOME = Regex("((?:^|[\\s\"'(=]))(?:/home/|/Users/|[A-Za-z]:\\\\Users\\\\)[^/\\\\\\s]+")

        fun bytes(count: Long): String = when {
            count >= 1L shl 30 -> texts("settings.bytes.gb", "%.1f".format(count / (1L shl 30).toDouble()))
            count >= 1L shl 20 -> texts("settings.bytes.mb", (count shr 20).toString())
            else -> texts("settings.bytes.kb", ((count + 1023) shr 10).toString())
        }

        fun duration(millis: Long): String {
            val minutes = millis / 60_000
            return when {
                minutes >= 24 * 60 -> texts(
                    "settings.time.days",
                    (minutes / 1440).toString(),
                    (minutes / 60 % 24).toString(),
                )

                minutes >= 60 -> texts("settings.time.hours", (minutes / 60).toString(), (minutes % 60).toString())

                minutes >= 1 -> texts("settings.time.minutes", minutes.toString())

                else -> texts("settings.time.seconds", (millis / 1000).toString())
            }
        }
    }
}
