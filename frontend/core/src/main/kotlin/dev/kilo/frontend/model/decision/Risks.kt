package dev.kilo.frontend.model.decision

import dev.kilo.frontend.markdown.turning
import dev.kilo.frontend.markdown.visible as visibleText

/** What stands out in a command that waits for a yes. A help for the eye, not a judgement: what is not marked may harm as well. */
public object Risks {
    public enum class Kind {
        /** A path outside the project. */
        OUTSIDE,

        /** Something that destroys, publishes, or takes rights. */
        DANGER,
    }

    public data class Mark(val start: Int, val end: Int, val kind: Kind)

    /** Marks in [command] in their order, without overlaps. [directory] is the project's, with either kind of slash. */
    public fun of(command: String, directory: String): List<Mark> {
        val marks = ArrayList<Mark>()
        for (pattern in DANGERS) {
            pattern.findAll(command).mapTo(marks) { Mark(it.range.first, it.range.last + 1, Kind.DANGER) }
        }
        for (word in WORD.findAll(command)) {
            val text = word.value
            val lead = text.length - text.trimStart('"', '\'', '=').length
            val path = text.trim('"', '\'', '=')
            if (path.isNotEmpty() && outside(path, directory)) {
                val start = word.range.first + lead
                marks += Mark(start, start + path.length, Kind.OUTSIDE)
            }
        }
        val sorted = marks.sortedWith(compareBy({ it.start }, { -it.end }))
        val apart = ArrayList<Mark>()
        for (mark in sorted) if (apart.isEmpty() || mark.start >= apart.last().end) apart += mark
        return apart
    }

    private fun outside(path: String, directory: String): Boolean {
        if (path == "~" || path.startsWith("~/") || path.startsWith("\$HOME")) return true
        if (path.startsWith("/dev/null") || path.startsWith("/dev/std")) return false
        val absolute = path.startsWith("/") || DRIVE.containsMatchIn(path)
        val slashed = path.replace('\\', '/')
        if (!absolute) return climbs(slashed)
        val home = directory.replace('\\', '/').trimEnd('/')
        val inside = slashed == home || slashed.startsWith("$home/")
        return !inside || climbs(slashed.removePrefix(home).trimStart('/'))
    }

    /** Whether `..` leads above the beginning. */
    private fun climbs(path: String): Boolean {
        var depth = 0
        for (part in path.split('/')) {
            when (part) {
                "", "." -> Unit
                ".." -> if (--depth < 0) return true
                else -> depth++
            }
        }
        return false
    }

    /** Characters that a terminal obeys, that turn text round or that can't be seen are shown instead of being obeyed. */
    public fun visible(text: String): String = visibleText(text).let { seen ->
        if (seen.none { it.turning }) seen else seen.map { if (it.turning) '\uFFFD' else it }.joinToString("")
    }

    private val WORD = Regex("\"[^\"]*\"|'[^']*'|=?[^\\s;|&<>()=\"']+")
    private val DRIVE = Regex("^[A-Za-z]:[/\\\\]")
    private val DANGERS = listOf(
        """\b(?:sudo|doas|su)\b""",
        """\brm\s+(?:-\S{1,40}\s+){0,8}-\S{0,40}?[rRf]\S{0,40}""",
        """\b(?:mkfs(?:\.\w+)?|dd|shred|fdisk)\b(?=\s)""",
        """\b(?:shutdown|reboot|killall|pkill)\b""",
        """\bchmod\s+-R\b|\bchown\s+-R\b""",
        """\bgit\s+(?:push\b|reset\s+--hard|clean\s+-\S{0,40}?f\S{0,40})""",
        """\b(?:npm|pnpm|yarn|cargo|mvn|twine|gem)\s+(?:publish|deploy|upload|push)\b""",
        """\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b""",
        """\beval\b""",
    ).map(::Regex)
}
