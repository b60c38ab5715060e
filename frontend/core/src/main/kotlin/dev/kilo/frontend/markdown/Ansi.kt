package dev.kilo.frontend.markdown

/**
 * Turns what a program wrote to a terminal into lines: colours (ECMA-48 SGR with 16, 256 and 24-bit colours, brought to
 * the theme's inks), carriage returns and backspaces that write over what is there, and erasing within a line. Everything
 * else that begins with an escape is left out, whole or cut off, so that no sequence can do harm. Time is linear in the
 * input, memory bounded by the lines and columns that are kept.
 */
internal object Ansi {
    /** The newest [last] lines of [output]; each keeps its first [columns] columns and says that more was cut off. */
    fun lines(output: String, last: Int = Int.MAX_VALUE, columns: Int = MAX_COLUMNS): List<CodeLine> {
        val end = if (output.endsWith("\r\n")) {
            output.length - 2
        } else {
            output.length -
                if (output.endsWith("\n")) 1 else 0
        }
        val out = ArrayList<CodeLine>()
        var at = startOfLast(output, end, last)
        val pen = Pen(columns)
        while (at <= end) {
            val stop = output.indexOf('\n', at).let { if (it < 0 || it > end) end else it }
            out += pen.line(output, at, stop)
            at = stop + 1
        }
        return out
    }

    /** The text alone. */
    fun plain(output: String): String = lines(output).joinToString("\n") { it.text }

    private fun startOfLast(text: String, end: Int, last: Int): Int {
        var at = end
        var left = last
        while (at > 0) {
            val before = text.lastIndexOf('\n', at - 1)
            if (before < 0) return 0
            if (--left <= 0) return before + 1
            at = before
        }
        return 0
    }

    /** Writes one line after the other; the colour lives on from line to line, as in a terminal. */
    private class Pen(private val columns: Int) {
        private var ink = Ink.PLAIN
        private val chars = StringBuilder()
        private val inks = ArrayList<Ink>()
        private var column = 0
        private var cut = false

        fun line(text: String, from: Int, to: Int): CodeLine {
            chars.setLength(0)
            inks.clear()
            column = 0
            cut = false
            var at = from
            while (at < to) {
                val c = text[at]
                when {
                    c == ESC -> at = escape(text, at, to)

                    c == CSI -> at = control(text, at + 1, to)

                    c == '\r' -> {
                        column = 0
                        at++
                    }

                    c == '\b' -> {
                        if (column > 0) column--
                        at++
                    }

                    c == '\t' -> {
                        repeat(TAB - column % TAB) { put(' ') }
                        at++
                    }

                    c.isISOControl() || c.hidden -> at++

                    else -> {
                        put(c)
                        at++
                    }
                }
            }
            return CodeLine(spans())
        }

        private fun put(c: Char) {
            if (column >= columns) {
                cut = true
                return
            }
            // The cursor was moved beyond the end.
            while (chars.length < column) {
                chars.append(' ')
                inks += Ink.PLAIN
            }
            if (column < chars.length) {
                chars.setCharAt(column, c)
                inks[column] = ink
            } else {
                chars.append(c)
                inks += ink
            }
            column++
        }

        private fun spans(): List<Span> {
            if (cut) put2(" …")
            if (chars.isEmpty()) return listOf(Span("", Ink.PLAIN))
            val out = ArrayList<Span>()
            var start = 0
            for (i in 1..chars.length) {
                if (i < chars.length && inks[i] == inks[start]) continue
                out += Span(chars.substring(start, i), inks[start])
                start = i
            }
            return out
        }

        private fun put2(text: String) {
            chars.append(text)
            repeat(text.length) { inks += Ink.MUTED }
        }

        /** Place behind the sequence that begins at [at]. */
        private fun escape(text: String, at: Int, to: Int): Int {
            if (at + 1 >= to) return to
            return when (text[at + 1]) {
                '[' -> control(text, at + 2, to)
                ']', 'P', 'X', '^', '_' -> string(text, at + 2, to)
                in ' '..'/' -> skip(text, at + 1, to)
                else -> at + 2
            }
        }

        /** Characters that announce more of the same sequence, and its last one. */
        private fun skip(text: String, from: Int, to: Int): Int {
            var i = from
            while (i < to && text[i] in ' '..'/') i++
            return (i + 1).coerceAtMost(to)
        }

        /** A title, a link or the like: ends with BEL or ESC \, at the latest with the line. */
        private fun string(text: String, from: Int, to: Int): Int {
            var i = from
            while (i < to) {
                if (text[i] == BEL || text[i] == ST) return i + 1
                if (text[i] == ESC) return if (i + 1 < to && text[i + 1] == '\\') i + 2 else i
                i++
            }
            return to
        }

        private fun control(text: String, from: Int, to: Int): Int {
            var i = from
            while (i < to && text[i] in '0'..'?') i++
            val parameters = i
            while (i < to && text[i] in ' '..'/') i++
            if (i >= to) return to
            val last = text[i]
            // Something else begins within it: what was there was garbage.
            if (last !in '@'..'~') return i
            if (i == parameters && parameters - from <= MAX_PARAMETERS) apply(last, text.substring(from, parameters))
            return i + 1
        }

        private fun apply(command: Char, parameters: String) {
            when (command) {
                'm' -> colour(parameters)
                'K' -> erase(parameters.toIntOrNull() ?: 0)
                'G' -> column = ((parameters.toIntOrNull() ?: 1) - 1).coerceIn(0, columns)
                'D' -> column = (column - (parameters.toIntOrNull() ?: 1).coerceAtLeast(1)).coerceAtLeast(0)
                'C' -> column = (column + (parameters.toIntOrNull() ?: 1).coerceIn(1, columns)).coerceAtMost(columns)
            }
        }

        private fun erase(how: Int) {
            val keep = if (how == 2) {
                0
            } else if (how == 0) {
                column
            } else {
                return
            }
            if (keep >= chars.length) return
            chars.setLength(keep)
            while (inks.size > keep) inks.removeAt(inks.size - 1)
        }

        private fun colour(parameters: String) {
            val codes = parameters.split(';', ':').map { it.toIntOrNull() ?: 0 }
            var i = 0
            while (i < codes.size) {
                when (val code = codes[i]) {
                    0, 39 -> ink = Ink.PLAIN

                    2, 90 -> ink = Ink.MUTED

                    22 -> if (ink == Ink.MUTED) ink = Ink.PLAIN

                    in 30..37 -> ink = BASIC[code - 30]

                    in 91..97 -> ink = BASIC[code - 90]

                    38, 48 -> {
                        val wide = codes.getOrNull(i + 1) == 2
                        val found = if (wide) rgb(codes, i + 2) else codes.getOrNull(i + 2)?.let(::indexed)
                        if (code == 38 && found != null) ink = found
                        i += if (wide) 4 else 2
                    }
                }
                i++
            }
        }

        private fun rgb(codes: List<Int>, at: Int): Ink? {
            val r = codes.getOrNull(at) ?: return null
            val g = codes.getOrNull(at + 1) ?: return null
            val b = codes.getOrNull(at + 2) ?: return null
            return nearest(r, g, b)
        }

        private fun indexed(code: Int): Ink? = when (code) {
            in 0..7 -> BASIC[code]

            8 -> Ink.MUTED

            in 9..15 -> BASIC[code - 8]

            in 16..231 -> {
                val n = code - 16
                nearest(n / 36 * 51, n / 6 % 6 * 51, n % 6 * 51)
            }

            in 232..255 -> if (code < 244) Ink.MUTED else Ink.PLAIN

            else -> null
        }

        /** By hue: on an unknown ground the theme's own red is readable, the program's may not be. */
        private fun nearest(r: Int, g: Int, b: Int): Ink {
            val high = maxOf(r, g, b)
            val low = minOf(r, g, b)
            if (high - low < GREY) return if (high in 60..170) Ink.MUTED else Ink.PLAIN
            val middle = (high + low) / 2
            return when ((if (r > middle) 4 else 0) + (if (g > middle) 2 else 0) + if (b > middle) 1 else 0) {
                4 -> Ink.RED
                2 -> Ink.GREEN
                1 -> Ink.BLUE
                6 -> Ink.YELLOW
                3 -> Ink.CYAN
                5 -> Ink.MAGENTA
                else -> Ink.PLAIN
            }
        }
    }

    private val BASIC =
        listOf(Ink.MUTED, Ink.RED, Ink.GREEN, Ink.YELLOW, Ink.BLUE, Ink.MAGENTA, Ink.CYAN, Ink.PLAIN)
    private const val ESC = '\u001b'
    private const val CSI = '\u009b'
    private const val BEL = '\u0007'
    private const val ST = '\u009c'
    private const val TAB = 8
    private const val GREY = 40
    private const val MAX_COLUMNS = 4000
    private const val MAX_PARAMETERS = 200
}
