package dev.kilo.frontend.model.composer

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.guard
import dev.kilo.frontend.model.readable
import dev.kilo.frontend.model.texts
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.composer.ContextShares
import dev.kilo.shared.message.Part
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.PromptPart
import dev.kilo.shared.session.SessionStatus
import dev.kilo.shared.session.SourceText
import dev.kilo.shared.session.WaitingPrompt
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/** What one session's composer can do: the draft, sending it, and the prompts that wait. Lives on the UI dispatcher. */
public class SessionComposer internal constructor(
    private val workspace: WorkspaceModel,
    private val session: SessionModel,
) {
    private val waitingState = MutableStateFlow<List<WaitingPrompt>>(emptyList())
    private val enhancingState = MutableStateFlow(false)
    private var enhancement: Job? = null
    private var loading: Job? = null
    private val service get() = workspace.app.backend.composer
    private val changes get() = workspace.app.backend.changes
    private val notices get() = workspace.app.notices

    public val composition: Composition = Composition(::keep)

    /** Prompts that wait for the end of the turn, next one first. */
    public val waiting: StateFlow<List<WaitingPrompt>> = waitingState.asStateFlow()

    /** Whether a model is writing the draft anew. */
    public val enhancing: StateFlow<Boolean> = enhancingState.asStateFlow()

    private val busy: Boolean get() = session.status.value != SessionStatus.Idle

    private fun keep() {
        workspace.drafts[session.id.orEmpty()] = composition.data().takeIf { !composition.blank }
    }

    /** The draft of before the last close or crash, where nothing was written yet. */
    internal fun restore() {
        if (!composition.blank) return
        workspace.drafts[session.id.orEmpty()]?.let(composition::show)
    }

    /** The session got its id: the draft goes with it. */
    internal fun named() {
        workspace.drafts[""] = null
        keep()
    }

    /**
     * Sends what is written: as a prompt, as a slash command, or in place of the waiting prompt that is being changed.
     * While the agent works it waits for the end of the turn, unless it is to be sent [now]. False when there was nothing to send.
     */
    public fun submit(now: Boolean = false): Boolean {
        if (composition.blank) return false
        val text = composition.text.trim()
        val slash = SLASH.find(composition.text.trimEnd())
        val name = slash?.groupValues?.get(1)
        val argument = slash?.groupValues?.get(2).orEmpty()
        val own = name?.let(workspace.commands::get)
        if (own != null) return run(own, argument)
        val command = name?.takeIf { wanted -> workspace.completions.known.any { it.name == wanted } }
        if (name != null && command == null && argument.isEmpty()) {
            notices.post(texts("command.unknown", name))
            return false
        }
        val parts = composition.parts()
        val choice = session.choice.value
        val messageId = workspace.ids.message(session.transcript.newestId)
        val prompt = Prompt(
            messageId,
            if (command == null) text else argument,
            choice.agent,
            choice.model,
            choice.variant,
            // Places are those in the text as it was typed.
            if (command == null) moved(parts) else parts,
            command,
        )
        remember(text, parts)
        val editing = composition.editing.value
        composition.clear()
        when {
            editing != null -> change(editing, prompt)
            busy && !now && session.id != null -> wait(prompt)
            else -> session.send(prompt)
        }
        return true
    }

    /** [parts] with their places in the trimmed text. */
    private fun moved(parts: List<PromptPart>): List<PromptPart> {
        val by = composition.text.length - composition.text.trimStart().length
        if (by == 0) return parts
        fun SourceText.back() = copy(start = start - by, end = end - by)
        return parts.map { part ->
            when (part) {
                is PromptPart.Agent -> part.copy(source = part.source?.back())
                is PromptPart.Attachment -> part.copy(source = part.source?.back())
                is PromptPart.Changes -> part.copy(source = part.source?.back())
                is PromptPart.File -> part.copy(source = part.source?.back())
                is PromptPart.Resource -> part.copy(source = part.source?.back())
                is PromptPart.Symbol -> part.copy(source = part.source?.back())
            }
        }
    }

    private fun run(command: WindowCommand, argument: String): Boolean {
        val refusal = command.refusal()
        if (refusal != null) {
            notices.post(refusal)
            return false
        }
        composition.clear()
        command.run(argument.trim())
        return true
    }

    private fun remember(text: String, parts: List<PromptPart>) {
        workspace.history.add(text)
        val choice = session.choice.value
        val paths = parts.filterIsInstance<PromptPart.File>().map { if (it.directory) "${it.path}/" else it.path }
        val last = LastChoice(choice.agent, choice.model, choice.variant)
        workspace.app.composer.used(workspace.directory, last, paths)
    }

    // Waiting prompts.

    private fun wait(prompt: Prompt) = attempt("queue.add.failed", prompt) { id ->
        val entry = service.wait(workspace.directory, id, prompt)
        if (waitingState.value.none { it.id == entry.id } && entry.id !in gone) waitingState.value += entry
    }

    private fun change(id: String, prompt: Prompt) = attempt("queue.change.failed", prompt) { sessionId ->
        val entry = service.change(workspace.directory, sessionId, id, prompt)
        waitingState.value = waitingState.value.map { if (it.id == id) entry else it }
    }

    /** What could not be done gives the prompt back. */
    private fun attempt(what: String, prompt: Prompt, action: suspend (String) -> Unit) {
        val sessionId = session.id ?: return
        workspace.scope.launch {
            try {
                action(sessionId)
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                notices.post("${texts(what)} ${readable(error)}")
                if (composition.blank) composition.fill(prompt)
            }
        }
    }

    /** Puts a waiting prompt [by] places further down, or up. */
    public fun move(id: String, by: Int) {
        val before = waitingState.value
        val at = before.indexOfFirst { it.id == id }
        if (at < 0) return
        val to = (at + by).coerceIn(0, before.size - 1)
        if (to == at) return
        val order = before.toMutableList().apply { add(to, removeAt(at)) }
        waitingState.value = order
        onWaiting { sessionId -> service.order(workspace.directory, sessionId, order.map { it.id }) }
    }

    public fun remove(id: String) {
        waitingState.value = waitingState.value.filter { it.id != id }
        if (composition.editing.value == id) composition.leave()
        onWaiting { sessionId -> service.remove(workspace.directory, sessionId, id) }
    }

    /** The running turn takes the prompt in with its next step; without one it starts a turn. */
    public fun sendNow(id: String) {
        waitingState.value = waitingState.value.filter { it.id != id }
        onWaiting { sessionId -> service.sendNow(workspace.directory, sessionId, id) }
    }

    /** Puts a waiting prompt into the composer; it keeps waiting as it is until it is sent again. */
    public fun edit(id: String) {
        val entry = waitingState.value.firstOrNull { it.id == id } ?: return
        composition.edit(id, entry.prompt)
    }

    private fun onWaiting(action: suspend (String) -> Unit) {
        val sessionId = session.id ?: return
        workspace.scope.launch {
            if (notices.guard(texts("queue.failed")) { action(sessionId) } == null) load()
        }
    }

    private val gone = HashSet<String>()

    /** The host says which prompts wait. */
    internal fun changed(ids: List<String>) {
        gone += waitingState.value.map { it.id }.filter { it !in ids }
        val known = waitingState.value.associateBy { it.id }
        if (ids.all { it in known }) waitingState.value = ids.map(known::getValue)
        // A change of the text has the same ids.
        if (ids.isNotEmpty()) load()
        if (composition.editing.value.let { it != null && it !in ids }) composition.leave()
    }

    internal fun load() {
        val sessionId = session.id ?: return
        loading?.cancel()
        loading = workspace.scope.launch {
            workspace.patiently(texts("queue.failed")) { service.waiting(workspace.directory, sessionId) }
                ?.let { waitingState.value = it }
        }
    }

    // The draft written anew.

    /** Lets the small model write the draft anew, or stops it. [done] gets the new text. */
    public fun enhance(done: (String) -> Unit) {
        if (enhancement?.isActive == true) {
            enhancement?.cancel()
            enhancingState.value = false
            return
        }
        val text = composition.text
        if (text.isBlank()) return
        enhancingState.value = true
        enhancement = workspace.scope.launch {
            try {
                val better = notices.guard(texts("enhance.failed")) { service.enhance(workspace.directory, text) }
                // What was typed meanwhile is the user's last word.
                if (!better.isNullOrBlank() && composition.text == text) done(better.trim())
            } finally {
                if (enhancement === coroutineContext[Job]) enhancingState.value = false
            }
        }
    }

    // Condensing, and going back.

    /** Why the session can't be condensed now; null when it can. */
    public fun compactRefusal(): String? = when {
        session.id == null || session.transcript.rows.none { it.body is RowBody.Answer } -> texts("compact.empty")
        session.choice.value.model == null -> texts("compact.nomodel")
        busy -> texts("compact.busy")
        else -> null
    }

    /** What fills the context; [done] is not called when that can't be told. */
    public fun shares(done: (ContextShares) -> Unit): Job? {
        val sessionId = session.id ?: return null
        val choice = session.choice.value
        return workspace.scope.launch {
            try {
                service.context(workspace.directory, sessionId, choice.agent, choice.model)?.let(done)
            } catch (_: BackendException) {
                // What the provider counted is shown all the same.
            }
        }
    }

    public fun compact() {
        val sessionId = session.id ?: return
        val model = session.choice.value.model ?: return
        workspace.scope.launch {
            notices.guard(texts("compact.failed")) { service.compact(workspace.directory, sessionId, model) }
        }
    }

    /** Why no earlier prompt can be taken back now; null when one can. */
    public fun rewindRefusal(): String? = when {
        lastPrompt() == null -> texts("rewind.empty")
        busy -> texts("rewind.busy")
        else -> null
    }

    private fun lastPrompt(): String? = session.transcript.rows.lastOrNull { it.body is RowBody.Prompt }
        ?.key?.substringAfter(':')

    /** Goes back to before the prompt [messageId], the newest by default, and puts it into the composer to be changed and sent again. */
    public fun rewind(messageId: String? = null) {
        val sessionId = session.id ?: return
        val target = messageId ?: lastPrompt() ?: return
        val row = session.transcript.rows.firstOrNull { it.key == "u:$target" }?.body as? RowBody.Prompt ?: return
        val parts = session.transcript.partsOf(target)
        workspace.scope.launch {
            notices.guard(texts("rewind.failed")) {
                workspace.updated(changes.rollback(workspace.directory, sessionId, target))
                composition.revisit(DraftData(row.text, attachments(row.text, parts)))
                session.reload()
            }
        }
    }

    public fun unwindRefusal(): String? = if (busy) texts("rewind.busy") else null

    /** Takes [rewind] back. */
    public fun unwind() {
        val sessionId = session.id ?: return
        workspace.scope.launch {
            notices.guard(texts("unwind.failed")) {
                workspace.updated(changes.redo(workspace.directory, sessionId))
                session.reload()
            }
        }
    }

    /** What an earlier prompt carried: contents again as they are, paths where the text still names them. */
    private fun attachments(text: String, parts: List<Part>): List<PromptPart> =
        parts.filterIsInstance<Part.File>().mapNotNull { file ->
            val name = file.filename ?: return@mapNotNull null
            val at = text.indexOf(Mentions.write(name))
            when {
                file.url.startsWith("data:") && at < 0 -> PromptPart.Attachment(file.mime, name, file.url)

                at >= 0 -> PromptPart.File(
                    name,
                    file.mime == "application/x-directory",
                    source = SourceText(Mentions.write(name), at, at + Mentions.write(name).length),
                )

                else -> null
            }
        }

    private companion object {
        val SLASH = Regex("""^/([^\s/]+)(?:\s+([\s\S]*))?$""")
    }
}
