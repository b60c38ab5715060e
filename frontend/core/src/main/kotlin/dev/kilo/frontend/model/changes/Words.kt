package dev.kilo.frontend.model.changes

import com.github.difflib.algorithm.Change
import com.github.difflib.algorithm.myers.MyersDiffWithLinearSpace
import com.github.difflib.patch.DeltaType

/** [removed] items from [old] on were replaced by [added] items from [new] on. */
internal class Delta(val old: Int, val removed: Int, val new: Int, val added: Int)

/** Differences of two lists, with bounds on what they may cost. */
internal object Differ {
    /** Beyond this the middle, without what both ends have in common, is one change: Myers needs time by the square. */
    private const val MAX_MIDDLE = 20_000

    fun lines(before: List<String>, after: List<String>): List<Delta> {
        var head = 0
        while (head < before.size && head < after.size && before[head] == after[head]) head++
        var tail = 0
        while (tail < before.size - head && tail < after.size - head &&
            before[before.size - 1 - tail] == after[after.size - 1 - tail]
        ) {
            tail++
        }
        val old = before.subList(head, before.size - tail)
        val new = after.subList(head, after.size - tail)
        if (old.isEmpty() && new.isEmpty()) return emptyList()
        if (old.isEmpty() || new.isEmpty() || old.size + new.size > MAX_MIDDLE) {
            return listOf(Delta(head, old.size, head, new.size))
        }
        return diff(old, new).map { Delta(it.old + head, it.removed, it.new + head, it.added) }
    }

    fun diff(before: List<String>, after: List<String>): List<Delta> {
        val changes: List<Change> = MyersDiffWithLinearSpace<String>().computeDiff(before, after, null)
        val out = ArrayList<Delta>(changes.size)
        for (change in changes) {
            if (change.deltaType == DeltaType.EQUAL) continue
            out += Delta(
                change.startOriginal,
                change.endOriginal - change.startOriginal,
                change.startRevised,
                change.endRevised - change.startRevised,
            )
        }
        return out
    }
}

/** Marks in lines that were replaced what exactly differs. */
internal object Words {
    /** Runs of more lines than this are not compared line by line. */
    private const val MAX_RUN = 200
    private const val MAX_LENGTH = 600

    /** All lines together; beyond it whole lines are marked. */
    private const val MAX_PAIRS = 4_000

    fun mark(lines: List<DiffLine>) {
        var at = 0
        var pairs = 0
        while (at < lines.size && pairs < MAX_PAIRS) {
            if (lines[at].kind != DiffLine.Kind.REMOVED) {
                at++
                continue
            }
            var middle = at
            while (middle < lines.size && lines[middle].kind == DiffLine.Kind.REMOVED) middle++
            var end = middle
            while (end < lines.size && lines[end].kind == DiffLine.Kind.ADDED) end++
            if (middle - at <= MAX_RUN && end - middle <= MAX_RUN) {
                for (i in 0 until minOf(middle - at, end - middle)) {
                    pair(lines[at + i], lines[middle + i])
                    pairs++
                }
            }
            at = maxOf(end, at + 1)
        }
    }

    private fun pair(removed: DiffLine, added: DiffLine) {
        if (removed.text.length > MAX_LENGTH || added.text.length > MAX_LENGTH) return
        val old = split(removed.text)
        val new = split(added.text)
        val deltas = Differ.diff(old.map { removed.text.substring(it) }, new.map { added.text.substring(it) })
        val gone = deltas.map { range(old, it.old, it.removed) }.filter { !it.isEmpty() }
        val come = deltas.map { range(new, it.new, it.added) }.filter { !it.isEmpty() }
        // Two lines that have little in common are two lines, not one that was changed.
        if (share(gone, removed.text) > TOO_MUCH || share(come, added.text) > TOO_MUCH) return
        removed.words = flat(gone)
        added.words = flat(come)
    }

    private fun share(ranges: List<IntRange>, text: String): Double {
        val letters = text.count { !it.isWhitespace() }
        if (letters == 0) return 0.0
        return ranges.sumOf { range -> range.count { !text[it].isWhitespace() } }.toDouble() / letters
    }

    private fun range(tokens: List<IntRange>, from: Int, count: Int): IntRange =
        if (count == 0) IntRange.EMPTY else tokens[from].first..tokens[from + count - 1].last

    private fun flat(ranges: List<IntRange>): IntArray {
        val out = IntArray(ranges.size * 2)
        ranges.forEachIndexed { i, range ->
            out[2 * i] = range.first
            out[2 * i + 1] = range.last + 1
        }
        return out
    }

    /** Words, runs of blanks, and every other character by itself. */
    private fun split(text: String): List<IntRange> {
        val out = ArrayList<IntRange>()
        var at = 0
        while (at < text.length) {
            val start = at
            val kind = kindOf(text[at])
            at++
            if (kind != 0) while (at < text.length && kindOf(text[at]) == kind) at++
            out += start until at
        }
        return out
    }

    private fun kindOf(c: Char): Int = when {
        c.isLetterOrDigit() || c == '_' -> 1
        c.isWhitespace() -> 2
        else -> 0
    }

    private const val TOO_MUCH = 0.75
}
