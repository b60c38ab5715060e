package dev.kilo.frontend.ide

/** The file before and after the unified diff [patch], which led to the text [now]; null when it did not. */
internal fun wholeSides(patch: String, now: String): Pair<String, String>? {
    // A text that ends with a line feed has an empty line at its end.
    val after = now.split('\n')
    val before = ArrayList<String>()
    val openEnds = HashSet<Char>()
    var at = 0
    var inside = false
    var last = ' '
    for (line in patch.removeSuffix("\n").split('\n')) {
        val hunk = HUNK.find(line)?.destructured
        if (hunk != null) {
            val (start, count) = hunk
            // An empty range names the line before it.
            val from = if (count == "0") start.toInt() else start.toInt() - 1
            if (from < at || from > after.size) return null
            while (at < from) before += after[at++]
            inside = true
            continue
        }
        if (!inside) continue
        val kind = line.firstOrNull() ?: ' '
        val text = line.drop(1)
        when (kind) {
            '-' -> before += text

            '+' -> if (after.getOrNull(at++) != text) return null

            ' ' -> {
                if (after.getOrNull(at++) != text) return null
                before += text
            }

            // The line before has no line feed.
            '\\' -> openEnds += last

            else -> return null
        }
        last = kind
    }
    if (!inside) return null
    while (at < after.size) before += after[at++]
    val open = ' ' in openEnds
    if ('+' in openEnds && '-' !in openEnds && !open && before.isNotEmpty()) before += ""
    if ('-' in openEnds && '+' !in openEnds && before.lastOrNull() == "") before.removeAt(before.lastIndex)
    return before.joinToString("\n") to now
}

private val HUNK = Regex("""^@@ -\d+(?:,\d+)? \+(\d+),?(\d*) @@""")
