package dev.kilo.frontend.markdown

/** Style of a run of text. */
internal data class Style(
    val bold: Boolean = false,
    val italic: Boolean = false,
    val code: Boolean = false,
    val strike: Boolean = false,
    val link: String? = null,
    /** Beside the text itself, such as where a link leads. */
    val aside: Boolean = false,
)

internal data class Run(val text: String, val style: Style)

/** What Markdown comes to. Values compare by content, so that a view keeps what did not change. */
internal sealed interface Block {
    data class Paragraph(val runs: List<Run>) : Block

    data class Heading(val level: Int, val runs: List<Run>) : Block

    data class Items(val ordered: Boolean, val start: Int, val items: List<Item>) : Block

    /** [done] for items of a check list. */
    data class Item(val blocks: List<Block>, val done: Boolean? = null)

    data class Quote(val blocks: List<Block>) : Block

    /** [source] is what copying gives; [lines] show it. */
    class Code(
        val language: String,
        val lines: List<CodeLine>,
        val source: String = lines.joinToString("\n") { it.text },
    ) : Block {
        override fun equals(other: Any?): Boolean =
            this === other || (other is Code && language == other.language && source == other.source)

        override fun hashCode(): Int = source.hashCode()
    }

    data class Table(val head: List<List<Run>>, val rows: List<List<List<Run>>>, val right: List<Boolean>) : Block

    data object Rule : Block
}

/** Roles of text in code and terminal output; the theme gives them colours. */
internal enum class Ink {
    PLAIN,
    KEYWORD,
    STRING,
    NUMBER,
    COMMENT,
    NAME,
    MARKUP,
    MUTED,
    RED,
    GREEN,
    YELLOW,
    BLUE,
    CYAN,
    MAGENTA,
}

/** [link] is where a click leads, as [Links] reads it. */
internal data class Span(val text: String, val ink: Ink, val link: String? = null)

/** A line of code, of a diff or of terminal output. */
internal data class CodeLine(val spans: List<Span>, val kind: Kind = Kind.PLAIN, val number: Int? = null) {
    enum class Kind { PLAIN, ADDED, REMOVED, GAP, COMMAND }

    val text: String = if (spans.size == 1) spans[0].text else spans.joinToString("") { it.text }

    /** Every character is as wide as every other. */
    val ascii: Boolean = text.all { it.code in 32..126 }

    /** The line with everything in it [visible]. */
    val seen: CodeLine by lazy(LazyThreadSafetyMode.NONE) {
        if (ascii || visible(text) === text) this else copy(spans = spans.map { it.copy(text = visible(it.text)) })
    }
}
