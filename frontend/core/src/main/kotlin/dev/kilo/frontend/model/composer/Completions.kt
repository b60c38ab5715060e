package dev.kilo.frontend.model.composer

import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.texts
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.composer.Found
import dev.kilo.shared.composer.Mentionable
import dev.kilo.shared.composer.SlashCommand
import dev.kilo.shared.mcp.Offer
import dev.kilo.shared.session.PromptPart
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/** One offer: [title] is shown, [insert] takes the place of what was typed. */
public data class Completion(
    val kind: Kind,
    val title: String,
    val detail: String,
    val insert: String,
    /** What the inserted name stands for; null for commands. */
    val part: PromptPart? = null,
    val name: String = title,
    /** Why it can't be used now. */
    val refusal: String? = null,
) {
    public enum class Kind { WINDOW, COMMAND, SKILL, FILE, FOLDER, SYMBOL, AGENT, CHANGES, TERMINAL, RESOURCE }
}

/** What is offered for the text from [start] to [end]. */
public data class Offers(val start: Int, val end: Int, val query: String, val items: List<Completion>)

/** A text that the program around the window can contribute, such as the output of a terminal. */
public data class Contribution(val name: String, val description: String, val text: () -> String?)

/**
 * Offers names while a prompt is typed. Asking the agent's host waits for a pause, an answer that is no longer wanted is
 * dropped, and typing never waits for either. Lives on the UI dispatcher.
 */
public class Completions internal constructor(private val workspace: WorkspaceModel) {
    private val state = MutableStateFlow<Offers?>(null)
    private var asking: Job? = null
    private var dismissed: Int? = null
    private var commands: List<SlashCommand> = emptyList()
    private var agents: List<Mentionable> = emptyList()
    private var resources: List<Pair<String, Offer>> = emptyList()
    private var loaded = 0L

    /** What [typed] heard last, while something is offered. */
    private var latest: Triple<String, Int, Mentions>? = null

    public val offers: StateFlow<Offers?> = state.asStateFlow()

    /** Texts that hosts offer as mentions. */
    public var contributions: () -> List<Contribution> = { emptyList() }

    internal val known: List<SlashCommand> get() = commands

    /** Commands and agents may have changed with the directory's files. */
    internal fun refresh() {
        loaded = 0
        load()
    }

    private fun load() {
        val now = System.nanoTime()
        if (loaded != 0L && now - loaded < FRESH) return
        loaded = now
        workspace.scope.launch {
            try {
                commands = workspace.app.backend.composer.commands(workspace.directory)
                agents = workspace.app.backend.composer.agents(workspace.directory)
                again()
                // Servers may be slow to start; nothing else waits for them.
                resources = workspace.app.backend.mcp.servers(workspace.directory)
                    .flatMap { server -> server.resources.map { server.name to it } }
                if (resources.isNotEmpty()) again()
            } catch (_: BackendException) {
                // Offering less is no trouble; the next time it is asked again.
                loaded = 0
            }
        }
    }

    private fun again() {
        latest?.let { (text, caret, mentions) -> typed(text, caret, mentions) }
    }

    /** After every change of the text or the caret. */
    public fun typed(text: String, caret: Int, mentions: Mentions) {
        val slash = slashAt(text, caret)
        val mention = if (slash == null) Mentions.at(text, caret) else null
        val start = if (slash != null) 0 else mention?.start
        if (start == null) {
            dismissed = null
            close()
            return
        }
        if (dismissed == start) return
        dismissed = null
        latest = Triple(text, caret, mentions)
        asking?.cancel()
        if (slash != null) {
            load()
            show(Offers(0, caret, slash, commandsFor(slash)))
            return
        }
        val query = mention?.query ?: return
        load()
        val near = nearby(query)
        val before = state.value
        // What is known at once, and of the last answer what still fits, until the host has answered.
        val kept = before?.takeIf { it.start == mention.start }?.items.orEmpty()
            .filter { it.kind in HOSTS && fits(it.name, query) }
        show(Offers(mention.start, mention.end, query, (near + kept).distinctBy { it.kind to it.name }))
        asking = workspace.scope.launch {
            delay(PAUSE)
            val found = try {
                workspace.app.backend.composer.find(workspace.directory, query.trimStart('/'), LIMIT)
            } catch (_: BackendException) {
                return@launch
            }
            if (query.isNotEmpty()) learn(query, found, mentions)
            show(Offers(mention.start, mention.end, query, ranked(query, near, found)))
        }
    }

    /** Closed by the user: nothing more is offered for this word. */
    public fun dismiss() {
        dismissed = state.value?.start
        close()
    }

    public fun close() {
        asking?.cancel()
        asking = null
        latest = null
        state.value = null
    }

    private fun show(offers: Offers) {
        state.value = offers.takeIf { it.items.isNotEmpty() }
    }

    /** A name that was typed to its end counts as chosen. */
    private fun learn(query: String, found: Found, mentions: Mentions) {
        val exact = found.paths.firstOrNull { it.path == query.trimEnd('/') } ?: return
        mentions.learn(query, PromptPart.File(exact.path, exact.directory))
    }

    private fun slashAt(text: String, caret: Int): String? {
        if (!text.startsWith("/") || caret < 1) return null
        val word = text.substring(1, caret)
        return word.takeIf { w -> w.none { it.isWhitespace() } && '/' !in w }
    }

    private fun commandsFor(query: String): List<Completion> {
        val own = workspace.commands.all.map {
            Completion(
                Completion.Kind.WINDOW,
                "/${it.name}",
                it.description,
                "/${it.name}",
                name = it.name,
                refusal = it.refusal(),
            )
        }
        val names = own.mapTo(HashSet()) { it.name }
        val others = commands.filter { it.name !in names }.map {
            val kind = if (it.source == "skill") Completion.Kind.SKILL else Completion.Kind.COMMAND
            val takes = it.arguments.joinToString(" ")
            Completion(
                kind,
                "/${it.name}" + if (takes.isEmpty()) "" else " $takes",
                it.description.orEmpty(),
                "/${it.name} ",
                name = it.name,
            )
        }
        return (own + others).mapNotNull { item -> score(item.name, query)?.let { it to item } }
            .sortedByDescending { it.first }.map { it.second }
    }

    /** What needs no answer of the host. */
    private fun nearby(query: String): List<Completion> {
        val items = ArrayList<Completion>()
        for (path in workspace.app.composer.preferences.value.mentioned[workspace.directory].orEmpty()) {
            if (fits(path, query)) items += file(path.trimEnd('/'), path.endsWith('/'), recent = true)
            if (items.size == RECENT) break
        }
        if (fits(CHANGES, query)) {
            items += Completion(
                Completion.Kind.CHANGES,
                CHANGES,
                texts("mention.changes"),
                "@$CHANGES ",
                PromptPart.Changes(),
            )
        }
        val outputs = listOfNotNull(lastOutput()) + contributions()
        for (output in outputs) {
            if (!fits(output.name, query)) continue
            items += Completion(
                Completion.Kind.TERMINAL,
                output.name,
                output.description,
                "@${output.name} ",
                Composition.attachment("${output.name}.txt", "").copy(url = ""),
            )
        }
        for (agent in agents) {
            if (fits(agent.name, query)) {
                items += Completion(
                    Completion.Kind.AGENT,
                    agent.name,
                    agent.description.orEmpty(),
                    "@${agent.name} ",
                    PromptPart.Agent(agent.name),
                )
            }
        }
        for ((server, resource) in resources) {
            val name = "$server:${resource.name}"
            if (!fits(name, query) && !fits(resource.name, query)) continue
            items += Completion(
                Completion.Kind.RESOURCE,
                name,
                resource.description ?: resource.uri.orEmpty(),
                Mentions.write(name) + " ",
                PromptPart.Resource(server, resource.uri ?: continue, resource.name),
            )
        }
        return items
    }

    /** The part that [item] stands for, with the text that a terminal has at this moment. */
    internal fun partOf(item: Completion): PromptPart? {
        if (item.kind != Completion.Kind.TERMINAL) return item.part
        val output = (listOfNotNull(lastOutput()) + contributions()).firstOrNull { it.name == item.name }
        return output?.text?.invoke()?.let { Composition.attachment("${item.name}.txt", it.takeLast(MOST_OUTPUT)) }
    }

    private fun lastOutput(): Contribution? {
        val output = workspace.current.value.lastOutput() ?: return null
        return Contribution(TERMINAL, texts("mention.terminal", output.first)) { "$ ${output.first}\n${output.second}" }
    }

    private fun ranked(query: String, near: List<Completion>, found: Found): List<Completion> {
        val paths = found.paths.map { file(it.path, it.directory) }
        val symbols = found.symbols.map {
            Completion(
                Completion.Kind.SYMBOL,
                it.name,
                "${it.path}:${it.range.start + 1}",
                "@${it.name} ",
                PromptPart.Symbol(it.path, it.name, it.kind, it.range),
            )
        }
        // A symbol that is called exactly so is rather meant than a path that only contains the letters.
        val (named, others) = symbols.partition { it.name.startsWith(query, ignoreCase = true) && query.length > 2 }
        return (near + named.take(NAMED) + paths + named.drop(NAMED) + others).distinctBy {
            it.kind to
                it.detail + it.name
        }
            .take(LIMIT)
    }

    private fun file(path: String, directory: Boolean, recent: Boolean = false): Completion {
        val shown = if (directory) "$path/" else path
        val folder = path.substringBeforeLast('/', "")
        return Completion(
            if (directory) Completion.Kind.FOLDER else Completion.Kind.FILE,
            path.substringAfterLast('/') + if (directory) "/" else "",
            if (recent) texts("mention.recent", folder).trim() else folder,
            Mentions.write(shown) + " ",
            PromptPart.File(path, directory),
            shown,
        )
    }

    private fun fits(name: String, query: String) = score(name, query) != null

    private companion object {
        const val PAUSE = 60L
        const val LIMIT = 30
        const val RECENT = 5
        const val NAMED = 3
        const val MOST_OUTPUT = 100_000
        const val CHANGES = "git-changes"
        const val TERMINAL = "terminal"
        const val FRESH = 15_000_000_000L
        val HOSTS = setOf(Completion.Kind.FILE, Completion.Kind.FOLDER, Completion.Kind.SYMBOL)

        /** How well [name] fits; null when its letters do not come in the order of [query]. */
        fun score(name: String, query: String): Int? {
            if (query.isEmpty()) return 0
            val text = name.lowercase()
            val wanted = query.lowercase()
            if (text == wanted) return 1000
            if (text.startsWith(wanted)) return 800 - name.length
            val at = text.indexOf(wanted)
            if (at >= 0) return (if (text[at - 1].isLetterOrDigit()) 500 else 650) - name.length
            var i = 0
            for (c in text) if (i < wanted.length && c == wanted[i]) i++
            return if (i == wanted.length) 200 - name.length else null
        }
    }
}
