package dev.kilo.frontend.host

import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.Opening
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.transcript.Delivery
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.model.transcript.TranscriptListener
import dev.kilo.shared.app.Connection
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.session.SessionStatus
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import java.util.concurrent.Executors
import kotlin.system.exitProcess

/**
 * The window without its pictures, for tests in other processes and other networks: the real connection and the real view
 * models, which tell on stdout what a window would show, one JSON object a line, and take what a person would do from
 * stdin, one command a line: `send TEXT`, `reply once|always|reject`, `stop`, `new`, `select ID`, `rows`.
 * The command line is the window's own. It ends with its stdin.
 */
internal object RemoteWindow {
    @JvmStatic
    fun main(args: Array<String>) {
        val options = parseOptions(args.toList())
        val ui = Executors.newSingleThreadExecutor { Thread(it, "ui").apply { isDaemon = true } }
            .asCoroutineDispatcher()
        val running = startBackend(options)
        val scope = CoroutineScope(Job() + ui)
        val app = AppModel(running.backend, scope, ui)
        val workspace = app.open(options.directory)
        scope.launch { Watch(app, workspace, this).start() }
        for (line in generateSequence(::readlnOrNull)) {
            scope.launch { act(workspace, line.substringBefore(' '), line.substringAfter(' ', "")) }
        }
        running.close()
        exitProcess(0)
    }

    private fun act(workspace: WorkspaceModel, what: String, rest: String) {
        val session = workspace.current.value
        when (what) {
            "send" -> session.send(rest)

            "reply" -> workspace.permissions.value.firstOrNull()
                ?.let { workspace.reply(it, PermissionReply.valueOf(rest.uppercase())) }

            "stop" -> session.stop()

            "new" -> workspace.create()

            "select" -> workspace.select(rest)

            "rows" -> say("rows") { put("rows", JsonArray(told(session).map(::describe))) }

            else -> say("unknown") { put("command", what) }
        }
    }

    /** Tells every change of what the window shows. */
    private class Watch(
        private val app: AppModel,
        private val workspace: WorkspaceModel,
        private val scope: CoroutineScope,
    ) {
        fun start() {
            scope.launch {
                app.connection.collect {
                    say("connection") {
                        when (it) {
                            is Connection.Connected -> put("state", "connected")
                            is Connection.Connecting -> put("state", "connecting").also { _ -> put("text", it.message) }
                            is Connection.Lost -> put("state", "lost").also { _ -> put("text", it.message) }
                        }
                    }
                }
            }
            scope.launch {
                app.notices.list.collect { list -> list.forEach { say("notice") { put("text", it.text) } } }
            }
            scope.launch {
                workspace.opening.collect {
                    say("opening") {
                        put("state", it::class.simpleName)
                        (it as? Opening.Failed)?.let { failed -> put("text", failed.message) }
                    }
                }
            }
            scope.launch {
                workspace.permissions.collect { list ->
                    say("permissions") { put("ids", JsonArray(list.map { JsonPrimitive(it.id) })) }
                }
            }
            scope.launch {
                workspace.sessions.collect { list ->
                    say("sessions") { put("ids", JsonArray(list.map { JsonPrimitive(it.id) })) }
                }
            }
            scope.launch { workspace.models.collect { say("models") { put("count", it.models.size) } } }
            scope.launch { workspace.current.collectLatest { kotlinx.coroutines.coroutineScope { session(it, this) } } }
        }

        private suspend fun session(session: SessionModel, scope: CoroutineScope) {
            val listener = Painter(session)
            session.transcript.addListener(listener)
            listener.paint()
            try {
                scope.launch { session.session.collect { say("session") { put("id", it?.id) } } }
                scope.launch { session.ready.collect { say("ready") { put("value", it) } } }
                scope.launch {
                    session.status.collect {
                        say("status") {
                            val name = when (it) {
                                SessionStatus.Idle -> "idle"
                                SessionStatus.Busy -> "busy"
                                is SessionStatus.Retry -> "retry"
                            }
                            put("value", name)
                        }
                    }
                }
                session.ended.collect { end -> if (end != null) say("ended") { put("reason", end.reason) } }
            } finally {
                session.transcript.removeListener(listener)
            }
        }
    }

    /** What is to be seen of the transcript: how many rows, how much answer, and how the newest prompt fares. */
    private class Painter(private val session: SessionModel) : TranscriptListener {
        private var last: JsonObject? = null

        override fun spliced(index: Int, removed: List<Row>, added: List<Row>) = paint()

        override fun changed(rows: Collection<Row>) = paint()

        fun paint() {
            val rows = session.transcript.rows
            val now = buildJsonObject {
                put("rows", rows.size)
                put("answer", rows.sumOf { (it.body as? RowBody.Answer)?.buffer?.length ?: 0 })
                put(
                    "tool",
                    (
                        rows.lastOrNull {
                            it.body is RowBody.Call
                        }?.body as? RowBody.Call
                        )?.let { stateOf(it.part) },
                )
                put("prompt", (rows.lastOrNull { it.body is RowBody.Prompt }?.body as? RowBody.Prompt)?.let(::delivery))
            }
            if (now == last) return
            last = now
            say("view") { now.forEach { (key, value) -> put(key, value) } }
        }
    }

    private fun delivery(prompt: RowBody.Prompt): String = when (val state = prompt.state) {
        Delivery.Sent -> "sent"
        Delivery.Sending -> "sending"
        is Delivery.Failed -> "failed: ${state.message}"
    }

    private fun stateOf(part: Part.Tool): String = when (part.state) {
        is ToolState.Pending -> "pending"
        is ToolState.Running -> "running"
        is ToolState.Completed -> "completed"
        is ToolState.Failed -> "failed"
    }

    /** What a turn changed comes a moment after its end, so that two windows need not have it at the same time. */
    private fun told(session: SessionModel): List<RowBody> =
        session.transcript.rows.map { it.body }.filter { it !is RowBody.Changes }

    /** A row without what differs from run to run: ids, times, places. */
    private fun describe(body: RowBody): JsonElement = buildJsonObject {
        when (body) {
            is RowBody.Prompt -> put("prompt", body.text).also { put("state", delivery(body)) }
            is RowBody.Answer -> put("answer", body.buffer.text).also { put("ended", body.ended) }
            is RowBody.Thought -> put("thought", body.buffer.text).also { put("ended", body.ended != null) }
            is RowBody.Call -> tool(body.part)?.let { put("call", it) }.also { put("waiting", body.waiting) }
            is RowBody.Explore -> put("explore", JsonArray(body.parts.mapNotNull(::tool)))
            is RowBody.Condensed -> put("condensed", body.buffer?.text)
            is RowBody.Failure -> put("failure", body.error.name)
            is RowBody.Footer -> put("footer", "${body.agent} ${body.model}").also { put("tokens", body.total) }
            is RowBody.Changes -> put("changes", body.files.joinToString { it.file })
        }
    }

    private fun tool(part: Part.Tool): JsonObject = buildJsonObject {
        put("tool", part.tool)
        put("input", part.state.input)
        put("state", stateOf(part))
        when (val state = part.state) {
            is ToolState.Completed -> put("output", state.output)
            is ToolState.Failed -> put("output", state.error)
            is ToolState.Pending, is ToolState.Running -> Unit
        }
    }

    private fun say(what: String, fill: kotlinx.serialization.json.JsonObjectBuilder.() -> Unit) {
        val line = buildJsonObject {
            put("what", what)
            put("at", System.currentTimeMillis())
            fill()
        }
        synchronized(this) {
            println(line)
            System.out.flush()
        }
    }
}
