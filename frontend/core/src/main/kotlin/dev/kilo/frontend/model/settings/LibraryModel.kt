package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.texts
import dev.kilo.shared.settings.AgentDraft
import dev.kilo.shared.settings.LibraryItem
import dev.kilo.shared.settings.LibraryItem.Kind
import dev.kilo.shared.settings.Scope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.doubleOrNull
import java.io.File

/** Agents, commands and skills of one directory. */
internal class LibraryModel(private val settings: SettingsModel) {
    private val state = MutableStateFlow<List<LibraryItem>?>(null)
    private val backend get() = settings.backend.settings
    val items: StateFlow<List<LibraryItem>?> = state.asStateFlow()

    fun of(kind: Kind): List<LibraryItem> = state.value.orEmpty().filter { it.kind == kind }

    fun load() {
        settings.run("settings.failed.load") { state.value = backend.library(settings.directory) }
    }

    fun saveAgent(draft: AgentDraft, done: () -> Unit) {
        if (draft.name.isBlank()) return settings.tell(texts("settings.agent.name.empty"), bad = true)
        if (draft.prompt.isBlank()) return settings.tell(texts("settings.agent.prompt.empty"), bad = true)
        settings.run("settings.failed.write") {
            val path = backend.saveAgent(settings.directory, draft.copy(name = draft.name.trim()))
            after(texts("settings.saved", path))
            done()
        }
    }

    fun saveText(kind: Kind, name: String, scope: Scope, content: String, done: () -> Unit) {
        if (name.isBlank()) return settings.tell(texts("settings.item.name.empty"), bad = true)
        settings.run("settings.failed.write") {
            val path = backend.saveText(settings.directory, kind, name.trim(), scope, content)
            after(texts("settings.saved", path))
            done()
        }
    }

    /** Writes the text of [item] to a file of this computer. */
    fun export(item: LibraryItem, file: File) {
        settings.run("settings.failed.write") {
            withContext(Dispatchers.IO) { file.writeText(item.content.orEmpty()) }
            settings.tell(texts("settings.saved", file.path))
        }
    }

    /** The text of a file of this computer, if it is one. */
    fun read(file: File, done: (String) -> Unit) {
        settings.run("settings.failed.load") {
            val text = withContext(Dispatchers.IO) { if (file.length() > LARGEST) null else file.readText() }
            if (text == null) settings.tell(texts("settings.library.large", file.name), bad = true) else done(text)
        }
    }

    fun remove(item: LibraryItem) {
        settings.run("settings.failed.write") {
            backend.remove(settings.directory, item)
            after(texts("settings.removed", item.name))
        }
    }

    private suspend fun after(message: String) {
        settings.tell(message)
        state.value = backend.library(settings.directory)
        settings.workspace.reloadChoices()
    }

    internal companion object {
        private const val LARGEST = 256 * 1024L
        private val FORM = setOf("description", "mode", "model", "color", "steps", "permission", "temperature")

        /** The draft of an agent's file; null when it says something that the form would lose, or can't be read. */
        fun draftOf(item: LibraryItem): AgentDraft? {
            val content = item.content.orEmpty()
            val settings = item.settings ?: return null
            if (settings.keys.any { it !in FORM }) return null
            val head = HEAD.find(content)
            val prompt = if (head == null) content else content.substring(head.range.last + 1)
            return AgentDraft(
                item.name,
                item.scope ?: Scope.PROJECT,
                item.description.orEmpty(),
                item.mode ?: "primary",
                item.model,
                prompt.trim(),
                settings["permission"],
                (settings["temperature"] as? JsonPrimitive)?.doubleOrNull,
            )
        }

        /** What is written as [text] in a form: a number from 0 to 2, nothing, or neither. */
        fun temperature(text: String): Result<Double?> {
            val plain = text.trim().replace(',', '.')
            if (plain.isEmpty()) return Result.success(null)
            val value = plain.toDoubleOrNull()?.takeIf { it in 0.0..2.0 }
            return if (value == null) Result.failure(IllegalArgumentException(text)) else Result.success(value)
        }

        private val HEAD = Regex("\\A---\\r?\\n(?:(.*?)\\r?\\n)?---\\r?\\n?", RegexOption.DOT_MATCHES_ALL)

        /** What a new file of this kind begins with. */
        fun template(kind: Kind, name: String): String = when (kind) {
            Kind.AGENT -> "---\ndescription: \nmode: primary\n---\n\n"

            Kind.SKILL -> "---\nname: $name\ndescription: ${texts(
                "settings.skill.template.description",
            )}\n---\n\n${texts("settings.skill.template.body")}\n"

            else -> "---\ndescription: ${texts(
                "settings.command.template.description",
            )}\n---\n\n${texts("settings.command.template.body")} \$ARGUMENTS\n"
        }
    }
}
