package dev.kilo.frontend.model.composer

import dev.kilo.shared.session.PromptPart
import dev.kilo.shared.session.SourceText

/** The mention that is being typed: [query] stands from [start] ("@") to [end] in the text. */
public data class MentionQuery(val query: String, val start: Int, val end: Int)

/** What the "@names" of one draft stand for. A name that nobody chose stays a word of the text. */
public class Mentions {
    private val known = LinkedHashMap<String, PromptPart>()

    /** From now on [name] (without "@") stands for [part]. */
    public fun learn(name: String, part: PromptPart) {
        known[name] = part
    }

    internal fun clear(): Unit = known.clear()

    /** What the text mentions, in its order, each part with its place. Lines may follow a file: `@a.ts#L10-20`. */
    public fun parts(text: String): List<PromptPart> = MENTION.findAll(text).mapNotNull { match ->
        val quoted = match.groups[1]?.value
        val raw = quoted ?: match.groupValues[3]
        val lines = if (quoted != null) match.groupValues[2] else ""
        resolve(raw + lines, quoted != null, match.range.first)
    }.toList()

    private fun resolve(raw: String, quoted: Boolean, start: Int): PromptPart? {
        var word = raw
        while (word.isNotEmpty()) {
            val lines = LINES.find(word)
            val name = if (lines == null) word else word.substring(0, lines.range.first)
            val from = lines?.groupValues?.get(1)?.toIntOrNull()
            val to = lines?.groupValues?.get(2)?.toIntOrNull() ?: from
            val shown = if (quoted) "@\"$name\"${word.removePrefix(name)}" else "@$word"
            val source = SourceText(shown, start, start + shown.length)
            val part = known[name] ?: if (from != null && looksLikePath(name)) PromptPart.File(name) else null
            if (part != null) return part.at(source, from, to)
            // A sentence's own punctuation is no part of a name.
            if (quoted || word.last() !in PUNCTUATION) return null
            word = word.dropLast(1)
        }
        return null
    }

    private fun looksLikePath(name: String) = '.' in name || '/' in name

    private fun PromptPart.at(source: SourceText, from: Int?, to: Int?): PromptPart = when (this) {
        is PromptPart.Agent -> copy(source = source)
        is PromptPart.Attachment -> copy(source = source)
        is PromptPart.Changes -> copy(source = source)
        is PromptPart.File -> copy(from = from?.coerceAtLeast(1), to = to, source = source)
        is PromptPart.Resource -> copy(source = source)
        is PromptPart.Symbol -> copy(source = source)
    }

    public companion object {
        private val MENTION = Regex("""(?<![\w@./])@(?:"([^"\n]+)"(#L\d+(?:-L?\d+)?)?|([^\s"@]+))""")
        private val LINES = Regex("""#L(\d+)(?:-L?(\d+))?$""")
        private const val PUNCTUATION = ".,;:!?)]}'"

        /** How [name] is written in a prompt. */
        public fun write(name: String): String = if (name.any { it.isWhitespace() }) "@\"$name\"" else "@$name"

        /** The mention at the caret, if one is being typed. */
        public fun at(text: String, caret: Int): MentionQuery? {
            var start = caret - 1
            while (start >= 0 && caret - start < LONGEST) {
                val c = text[start]
                if (c == '@') break
                if (c.isWhitespace()) return null
                start--
            }
            if (start < 0 || text[start] != '@') return null
            if (start > 0 && (text[start - 1].isLetterOrDigit() || text[start - 1] in "@_./")) return null
            val query = text.substring(start + 1, caret)
            if ('"' in query || LINES.containsMatchIn(query)) return null
            return MentionQuery(query.substringBefore("#"), start, caret)
        }

        private const val LONGEST = 200
    }
}
