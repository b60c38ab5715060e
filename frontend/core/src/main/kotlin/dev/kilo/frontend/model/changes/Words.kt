package dev.kilo.frontend.model.changes

import com.github.difflib.algorithm.Change
import com.github.difflib.algorithm.myers.MyersDiffWithLinearSpace
import com.github.difflib.patch.DeltaType

/** [removed] items from [old] on were replaced by [added] items from [new] on. */
internal class Delta(val old: Int, val removed: Int, val new: Int, val added: Int)

/** Differences of two lists, with bounds on what they may cost: Myers needs time by the square of what differs. */
internal object Differ {
    /** Larger pieces are first split at lines that stand once on either side. */
    private const val SPLIT = 1_000

    /** Beyond this a piece that can't be split is one change. */
    private const val MAX_PIECE = 6_000

    fun lines(before: List<String>, after: List<String>): List<Delta> {
        val out = ArrayList<Delta>()
        compare(before, after, 0, before.size, 0, after.size, out)
        return joined(out)
    }

    /** Of few items. */
    fun diff(before: List<String>, after: List<String>): List<Delta> {
        val changes: List<Change> = MyersDiffWithLinearSpace<String>().computeDiff(before, after, null)
        return joined(
            changes.filter { it.deltaType != DeltaType.EQUAL }.map { change ->
                Delta(
                    change.startOriginal,
                    change.endOriginal - change.startOriginal,
                    change.startRevised,
                    change.endRevised - change.startRevised,
                )
            },
        )
    }

    private fun compare(
        before: List<String>,
        after: List<String>,
        oldFrom: Int,
        oldTo: Int,
        newFrom: Int,
        newTo: Int,
        out: MutableList<Delta>,
        split: Boolean = true,
    ) {
        var a = oldFrom
        var b = newFrom
        var aEnd = oldTo
        var bEnd = newTo
        while (a < aEnd && b < bEnd && before[a] == after[b]) {
            a++
            b++
        }
        while (a < aEnd && b < bEnd && before[aEnd - 1] == after[bEnd - 1]) {
            aEnd--
            bEnd--
        }
        val size = aEnd - a + bEnd - b
        if (size == 0) return
        if (a == aEnd || b == bEnd) {
            out += Delta(a, aEnd - a, b, bEnd - b)
            return
        }
        val anchors = if (split && size > SPLIT) anchors(before, after, a, aEnd, b, bEnd) else emptyList()
        if (anchors.isNotEmpty()) {
            for ((old, new) in anchors) {
                compare(before, after, a, old, b, new, out, split = false)
                a = old + 1
                b = new + 1
            }
            compare(before, after, a, aEnd, b, bEnd, out, split = false)
            return
        }
        if (size > MAX_PIECE) {
            out += Delta(a, aEnd - a, b, bEnd - b)
            return
        }
        diff(before.subList(a, aEnd), after.subList(b, bEnd)).mapTo(out) {
            Delta(it.old + a, it.removed, it.new + b, it.added)
        }
    }

    /** Lines that stand once on either side, as many as keep their order: the longest ascending run of their places. */
    private fun anchors(
        before: List<String>,
        after: List<String>,
        a: Int,
        aEnd: Int,
        b: Int,
        bEnd: Int,
    ): List<Pair<Int, Int>> {
        fun once(lines: List<String>, from: Int, to: Int): Map<String, Int> {
            val places = HashMap<String, Int>()
            for (i in from until to) places.merge(lines[i], i) { _, _ -> -1 }
            return places
        }
        val new = once(after, b, bEnd)
        val pairs = once(before, a, aEnd).mapNotNull { (line, old) ->
            val other = new[line] ?: -1
            if (old >= 0 && other >= 0) old to other else null
        }.sortedBy { it.first }
        val tails = ArrayList<Int>()
        val former = IntArray(pairs.size) { -1 }
        for (i in pairs.indices) {
            var low = 0
            var high = tails.size
            while (low < high) {
                val middle = (low + high) / 2
                if (pairs[tails[middle]].second < pairs[i].second) low = middle + 1 else high = middle
            }
            if (low > 0) former[i] = tails[low - 1]
            if (low == tails.size) tails += i else tails[low] = i
        }
        val out = ArrayList<Pair<Int, Int>>(tails.size)
        var at = tails.lastOrNull() ?: return emptyList()
        while (at >= 0) {
            out += pairs[at]
            at = former[at]
        }
        return out.asReversed()
    }

    /** A removal and an addition at the same place are one replacement. */
    private fun joined(deltas: List<Delta>): List<Delta> {
        val out = ArrayList<Delta>(deltas.size)
        for (delta in deltas) {
            val last = out.lastOrNull()
            if (last != null && last.old + last.removed == delta.old && last.new + last.added == delta.new) {
                out[out.size - 1] = Delta(last.old, last.removed + delta.removed, last.new, last.added + delta.added)
            } else {
                out += delta
            }
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
