package dev.kilo.frontend.model.composer

import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.PromptPart
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.serialization.Serializable
import java.net.URLDecoder
import java.util.Base64

/** Something that is sent with the prompt and shown as a chip above its text. */
public data class Chip(val id: Int, val part: PromptPart.Attachment) {
    public enum class Kind { IMAGE, TEXT, DOCUMENT }

    val kind: Kind
        get() = when {
            part.mime.startsWith("image/") -> Kind.IMAGE
            part.mime.startsWith("text/") -> Kind.TEXT
            else -> Kind.DOCUMENT
        }

    /** The text of a pasted text. */
    public fun text(): String = textOf(part.url)
}

/** A draft as it is kept on disk. */
@Serializable
internal data class DraftData(val text: String, val parts: List<PromptPart> = emptyList(), val at: Long = 0)

/** What is being written for one session. Lives on the UI dispatcher. */
public class Composition internal constructor(private val changed: () -> Unit) {
    private val chipState = MutableStateFlow<List<Chip>>(emptyList())
    private val editState = MutableStateFlow<String?>(null)
    private var counter = 0

    /** Rises when [text] was changed by someone else than the field that shows it. */
    private val revisionState = MutableStateFlow(0)

    public val mentions: Mentions = Mentions()
    public val chips: StateFlow<List<Chip>> = chipState.asStateFlow()
    public val revision: StateFlow<Int> = revisionState.asStateFlow()

    /** Id of the waiting prompt that is being changed, null for a new one. */
    public val editing: StateFlow<String?> = editState.asStateFlow()

    /** What was being written when the change of a waiting prompt began. */
    private var aside: DraftData? = null

    public var text: String = ""
        private set

    public val blank: Boolean get() = text.isBlank() && chipState.value.isEmpty()

    /** What the field says now. */
    public fun typed(value: String) {
        if (text == value) return
        text = value
        changed()
    }

    public fun write(value: String) {
        text = value
        revisionState.value++
        changed()
    }

    /** Adds a chip. Null when there are too many, or too much in all. */
    public fun attach(part: PromptPart.Attachment): Chip? {
        val all = chipState.value
        if (all.size >= MOST_CHIPS || all.sumOf { it.part.url.length } + part.url.length > MOST_BYTES) return null
        val chip = Chip(++counter, part.copy(filename = unique(part.filename)))
        chipState.value = all + chip
        changed()
        return chip
    }

    private fun unique(name: String): String {
        val taken = chipState.value.mapTo(HashSet()) { it.part.filename }
        if (name !in taken) return name
        val dot = name.lastIndexOf('.').takeIf { it > 0 } ?: name.length
        return generateSequence(2) { it + 1 }.map { name.substring(0, dot) + " $it" + name.substring(dot) }
            .first { it !in taken }
    }

    public fun remove(id: Int) {
        chipState.value = chipState.value.filter { it.id != id }
        changed()
    }

    /** Everything that goes with the text. */
    public fun parts(): List<PromptPart> = mentions.parts(text) + chipState.value.map { it.part }

    internal fun clear() {
        val before = aside
        aside = null
        editState.value = null
        show(before ?: DraftData(""))
    }

    /** Puts [prompt] into the composer; what was there is put aside until it is sent or left. */
    internal fun edit(id: String, prompt: Prompt) {
        revisit(prompt.toDraft())
        editState.value = id
    }

    /** Shows an earlier prompt to be changed and sent again; what was being written comes back after that. */
    internal fun revisit(earlier: DraftData) {
        val before = aside ?: data().takeIf { !blank }
        show(earlier)
        aside = before
    }

    /** Leaves a waiting prompt as it is. */
    public fun leave() {
        if (editState.value != null) clear()
    }

    /** Shows [prompt] in place of what was written. */
    public fun fill(prompt: Prompt): Unit = show(prompt.toDraft())

    private fun Prompt.toDraft() = DraftData(command?.let { "/$it $text" } ?: text, parts)

    internal fun data(): DraftData = DraftData(text, parts(), System.currentTimeMillis())

    internal fun show(data: DraftData) {
        mentions.clear()
        val chips = ArrayList<Chip>()
        for (part in data.parts) {
            val name = part.source?.value?.let(::nameOfMention)
            if (name != null) {
                mentions.learn(name, part)
            } else if (part is PromptPart.Attachment) {
                chips += Chip(++counter, part)
            }
        }
        chipState.value = chips
        text = data.text
        revisionState.value++
        changed()
    }

    private fun nameOfMention(shown: String) =
        shown.removePrefix("@").replace(Regex("""#L\d+(?:-L?\d+)?$"""), "").removeSurrounding("\"")

    public companion object {
        public const val MOST_CHIPS: Int = 20

        /** Characters of all attachments together: the CLI's own limit for a request is larger. */
        public const val MOST_BYTES: Int = 15_000_000

        /** Pasted texts from here on become a chip. */
        public const val LONG_PASTE: Int = 2_000
        public const val LONG_LINES: Int = 20

        /** Whether a pasted text is better shown as a chip. */
        public fun isLong(text: String): Boolean = text.length > LONG_PASTE || text.count { it == '\n' } >= LONG_LINES

        /** A text as an attachment. */
        public fun attachment(filename: String, text: String): PromptPart.Attachment {
            val url = "data:text/plain;base64," + Base64.getEncoder().encodeToString(text.toByteArray())
            return PromptPart.Attachment("text/plain", filename, url)
        }
    }
}

internal fun textOf(url: String): String {
    val head = url.substringBefore(',', "")
    val body = url.substringAfter(',', "")
    return try {
        if (head.endsWith(";base64")) {
            String(Base64.getDecoder().decode(body))
        } else {
            URLDecoder.decode(body.replace("+", "%2B"), Charsets.UTF_8)
        }
    } catch (_: IllegalArgumentException) {
        ""
    }
}
