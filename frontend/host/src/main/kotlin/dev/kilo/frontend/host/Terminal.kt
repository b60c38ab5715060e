package dev.kilo.frontend.host

import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.Opening
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.texts
import dev.kilo.frontend.model.transcript.Delivery
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.model.transcript.TranscriptListener
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import dev.kilo.shared.question.Question
import dev.kilo.shared.question.QuestionRequest
import dev.kilo.shared.session.SessionStatus
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.io.PrintStream
import java.util.concurrent.Executors

/** Asks about a backend that is not known; without a terminal nobody can say yes. */
internal fun trustInTerminal(stranger: Stranger): Boolean {
    if (!Terminal.interactive()) return false
    System.err.println(
        "Kilo does not know the backend at ${stranger.place} yet. Its certificate has the SHA-256 fingerprint",
    )
    System.err.println("  ${stranger.readable}")
    System.err.println("The backend prints its own when it starts. Only if they are the same is it your backend.")
    while (true) {
        System.err.print("Trust it from now on? (yes/no) ")
        when (readlnOrNull()?.trim()?.lowercase()) {
            "yes" -> return true
            "no", null -> return false
        }
    }
}

/** The chat without a window: the same view models, printed as they change. */
internal class Terminal(private val options: Options, private val out: PrintStream, private val err: PrintStream) {
    private val tty: Boolean = interactive()
    private val input by lazy { System.`in`.bufferedReader() }
    private var refused = false

    /** Runs one prompt, or without one asks for prompts until the input ends. Returns the exit code. */
    fun run(running: Running): Int {
        val ui = Executors.newSingleThreadExecutor {
            Thread(it, "kilo-terminal").apply { isDaemon = true }
        }.asCoroutineDispatcher()
        return ui.use {
            runBlocking(ui) {
                val scope = CoroutineScope(coroutineContext + Job())
                val app = AppModel(running.backend, scope, ui)
                val workspace = app.open(options.directory)
                val watch = launch { watch(running, app, workspace) }
                val ready = ready(app, workspace)
                val code = if (!ready) {
                    1
                } else if (options.prompt !=
                    null
                ) {
                    turn(workspace, options.prompt)
                } else {
                    loop(workspace)
                }
                watch.cancelAndJoin()
                app.close()
                code
            }
        }
    }

    private suspend fun ready(app: AppModel, workspace: WorkspaceModel): Boolean = kotlinx.coroutines.coroutineScope {
        val done = kotlinx.coroutines.CompletableDeferred<Boolean>()
        val watchers = listOf(
            launch {
                app.cli.collect {
                    if (it is CliState.Failed) done.complete(false).also { _ -> err.println(it.message) }
                }
            },
            launch {
                app.connection.collect {
                    if (it is Connection.Lost) done.complete(false).also { _ -> err.println(it.message) }
                }
            },
            launch {
                val opening = workspace.opening.first { it !is Opening.Opening }
                // A lost connection says so itself.
                val lost = app.connection.value is Connection.Lost
                if (opening is Opening.Failed && !lost && done.complete(false)) err.println(opening.message)
            },
            launch {
                workspace.models.first { it.models.isNotEmpty() }
                workspace.agents.first { it.isNotEmpty() }
                done.complete(true)
            },
        )
        done.await().also { watchers.forEach { it.cancel() } }
    }

    private suspend fun watch(running: Running, app: AppModel, workspace: WorkspaceModel) =
        kotlinx.coroutines.coroutineScope {
            launch {
                app.notices.list.collect { list ->
                    for (notice in list) {
                        if (!running.ended) err.println(notice.text)
                        app.notices.dismiss(notice.id)
                    }
                }
            }
            launch {
                workspace.decisions.collect { list ->
                    when (val first = list.firstOrNull()) {
                        is Decision.Permission -> decide(workspace, first.request)
                        is Decision.Question -> answer(workspace, first.request)
                        null -> Unit
                    }
                }
            }
        }

    private suspend fun decide(workspace: WorkspaceModel, request: PermissionRequest) {
        val question = ToolText.question(request)
        val detail = ToolText.describe(request)
        out.println("? $question")
        if (detail.isNotEmpty()) out.println(detail.prependIndent("  "))
        val reply = when {
            options.autoApprove -> PermissionReply.ONCE.also { out.println("  allowed (--auto-approve)") }

            tty -> ask(request)

            else -> {
                refused = true
                out.println(
                    "  rejected: nobody can be asked here. Allow everything with --auto-approve, or set permissions in your own kilo.json.",
                )
                PermissionReply.REJECT
            }
        }
        workspace.reply(request, reply)
    }

    /** Whoever runs this unattended wants no guess in their name, so `--auto-approve` dismisses questions. */
    private suspend fun answer(workspace: WorkspaceModel, request: QuestionRequest) {
        for (question in request.questions) {
            out.println("? ${question.text}")
            question.options.forEachIndexed { i, option ->
                val more = option.description.ifBlank { null }?.let { ": $it" }.orEmpty()
                out.println("  ${i + 1}. ${option.label}$more")
            }
        }
        if (options.autoApprove || !tty) {
            refused = true
            val why = if (options.autoApprove) "--auto-approve answers no questions" else "nobody can be asked here"
            out.println("  dismissed: $why. Say in the prompt what you want, and run it again.")
            return workspace.reject(request)
        }
        val answers = request.questions.map { choose(it) ?: return workspace.reject(request) }
        if (answers.all { it.isEmpty() }) workspace.reject(request) else workspace.reply(request, answers)
    }

    /** Numbers of options or own words; an empty line leaves the question out, null when the input has ended. */
    private suspend fun choose(question: Question): List<String>? {
        while (true) {
            val numbers = if (question.options.isEmpty()) null else "1-${question.options.size}"
            val own = if (question.custom) "your own words" else null
            out.print(
                "  ${question.text.lineSequence().first()} (${listOfNotNull(numbers, own).joinToString(" or ")}) ",
            )
            out.flush()
            val line = (withContext(Dispatchers.IO) { input.readLine() } ?: return null).trim()
            if (line.isEmpty()) return emptyList()
            val picked = line.split(',', ' ').filter { it.isNotEmpty() }
                .map { word -> word.toIntOrNull()?.let { question.options.getOrNull(it - 1) }?.label }
            val fits = picked.size == 1 || question.multiple
            if (fits && null !in picked) return picked.filterNotNull()
            if (question.custom) return listOf(line)
        }
    }

    private suspend fun ask(request: PermissionRequest): PermissionReply {
        val always = if (request.always.isEmpty()) "" else ", [a]lways (${request.always.joinToString(", ")})"
        while (true) {
            out.print("  [o]nce$always, [r]eject? ")
            out.flush()
            val line = withContext(Dispatchers.IO) { input.readLine() } ?: return PermissionReply.REJECT
            when (line.trim().lowercase()) {
                "o", "once", "y", "yes" -> return PermissionReply.ONCE
                "a", "always" -> if (request.always.isNotEmpty()) return PermissionReply.ALWAYS
                "r", "reject", "n", "no" -> return PermissionReply.REJECT
            }
        }
    }

    private suspend fun turn(workspace: WorkspaceModel, prompt: String): Int {
        val session = workspace.current.value
        session.pick(options.agent, options.model)
        val printer = Printer(session)
        session.transcript.addListener(printer)
        session.send(prompt)
        val end = kotlinx.coroutines.coroutineScope {
            val retries = launch {
                session.status.filterIsInstance<SessionStatus.Retry>().collect { err.println("… ${it.message}") }
            }
            session.ended.filterNotNull().first().also { retries.cancel() }
        }
        printer.finish()
        session.transcript.removeListener(printer)
        val failed = session.transcript.rows.lastOrNull { it.body is RowBody.Prompt }?.body as? RowBody.Prompt
        (failed?.state as? Delivery.Failed)?.let {
            err.println(texts("prompt.failed", it.message))
            return 1
        }
        if (end.reason == "completed" && end.error == null) {
            if (refused) err.println("The turn ended without what was rejected or not answered.")
            return if (refused) 1 else 0
        }
        err.println(end.error?.message ?: "The turn ended: ${end.reason}.")
        return 1
    }

    private suspend fun loop(workspace: WorkspaceModel): Int {
        out.println("Kilo in ${workspace.directory}. Ask for something; an empty line or Ctrl+D ends.")
        while (true) {
            out.print("> ")
            out.flush()
            val line = withContext(Dispatchers.IO) { input.readLine() } ?: return 0
            if (line.isBlank()) return 0
            refused = false
            turn(workspace, line)
        }
    }

    /** Prints rows in their order: text as it streams, tools when they are done. */
    private inner class Printer(private val session: SessionModel) : TranscriptListener {
        private val printed = HashMap<String, Int>()
        private val doneRows = session.transcript.rows.mapTo(HashSet()) { it.key }

        override fun spliced(index: Int, removed: List<Row>, added: List<Row>) = advance(false)

        override fun changed(rows: Collection<Row>) = advance(false)

        fun finish() = advance(true)

        private fun advance(last: Boolean) {
            val rows = session.transcript.rows
            for ((i, row) in rows.withIndex()) {
                if (row.key in doneRows) continue
                val over = last || i < rows.size - 1
                if (!print(row, over)) break
                doneRows += row.key
            }
            out.flush()
        }

        private fun print(row: Row, over: Boolean): Boolean = when (val body = row.body) {
            is RowBody.Prompt -> true

            is RowBody.Answer -> {
                out.print(body.buffer.since(printed[row.key] ?: 0))
                printed[row.key] = body.buffer.length
                (body.ended || over).also { if (it) out.println() }
            }

            is RowBody.Thought -> (body.ended != null || over).also {
                if (it) {
                    out.println(
                        "· ${texts(
                            "thought.running",
                        ).removeSuffix(" …")}: ${body.buffer.text.lineSequence().first().take(120)}",
                    )
                }
            }

            is RowBody.Call -> call(row.key, body.part, over)

            is RowBody.Explore -> {
                var all = true
                for (part in body.parts) {
                    all =
                        (part.id in doneRows || call(part.id, part, over).also { if (it) doneRows += part.id }) && all
                }
                all && over
            }

            is RowBody.Condensed -> (body.ended || over).also { if (it) out.println("— ${texts("condensed")}") }

            is RowBody.Failure -> {
                out.println("! ${body.error.message}")
                true
            }

            is RowBody.Changes -> {
                for (file in body.files) out.println("± ${file.file} +${file.additions} −${file.deletions}")
                true
            }

            is RowBody.Footer -> {
                out.println("— ${body.model} · ${body.millis / 1000.0} s · ${body.total} tokens")
                true
            }
        }

        private fun call(key: String, part: Part.Tool, over: Boolean): Boolean = when (val state = part.state) {
            is ToolState.Pending, is ToolState.Running -> {
                if (state is ToolState.Running && part.tool == "bash" &&
                    printed.put(key, 1) == null
                ) {
                    out.println("… ${part.tool} ${ToolText.string(state.input, "command").orEmpty()}")
                }
                over && false
            }

            is ToolState.Completed -> {
                val counts = ToolText.counts(part)?.let { " +${it.first} −${it.second}" }.orEmpty()
                val exit = ToolText.exit(part)?.let { " (exit $it)" }.orEmpty()
                out.println("✓ ${part.tool} ${ToolText.title(part)}$counts$exit")
                if (part.tool == "bash") state.output.lineSequence().take(40).forEach { out.println("  $it") }
                true
            }

            is ToolState.Failed -> {
                out.println("✗ ${part.tool} ${ToolText.title(part)}: ${state.error.lineSequence().first()}")
                true
            }
        }
    }

    internal companion object {
        /** Newer Java has a console object also for pipes; then it says so. */
        fun interactive(): Boolean {
            val console = System.console() ?: return false
            val terminal = java.io.Console::class.java.methods.firstOrNull { it.name == "isTerminal" } ?: return true
            return terminal.invoke(console) == true
        }
    }
}
