package dev.kilo.frontend.model.changes

/** What one line of the view shows. Numbers are places in [DiffDocument.lines]. */
public sealed interface DiffRow {
    /** One line across the view. */
    public data class One(val line: Int) : DiffRow

    /** Two lines side by side; -1 where there is none. */
    public data class Two(val left: Int, val right: Int) : DiffRow

    /** [count] unchanged lines from [first] on that are folded away. */
    public data class Fold(val first: Int, val count: Int) : DiffRow

    /** [count] unchanged lines that are not known. */
    public data class Gap(val count: Int) : DiffRow

    /** The beginning of hunk [hunk], which can be kept or undone. */
    public data class Head(val hunk: Int) : DiffRow
}

/** How a document is laid out in rows: side by side or not, and which folds are open. */
public class DiffRows(
    public val document: DiffDocument,
    public val sideBySide: Boolean,
    /** First lines of the folds that are open. */
    private val open: Set<Int> = emptySet(),
    /** Whether hunks get heads. */
    private val heads: Boolean = true,
) {
    public val rows: List<DiffRow> = layOut()

    /** The rows at which the runs of changed lines begin, ascending. */
    public val changes: IntArray = run {
        val starts = document.changes.toHashSet()
        val found = ArrayList<Int>(starts.size)
        rows.forEachIndexed { i, row ->
            val starting = when (row) {
                is DiffRow.One -> row.line in starts
                is DiffRow.Two -> row.left in starts || row.right in starts
                is DiffRow.Fold, is DiffRow.Gap, is DiffRow.Head -> false
            }
            if (starting) found += i
        }
        found.toIntArray()
    }

    /** The row that shows a line, -1 when it is folded away. */
    public fun rowOf(line: Int): Int = rows.indexOfFirst { row ->
        when (row) {
            is DiffRow.One -> row.line == line
            is DiffRow.Two -> row.left == line || row.right == line
            is DiffRow.Fold -> line >= row.first && line < row.first + row.count
            is DiffRow.Gap, is DiffRow.Head -> false
        }
    }

    /** The same document with the fold that begins at [first] open. */
    public fun opened(first: Int): DiffRows = DiffRows(document, sideBySide, open + first, heads)

    public fun with(sideBySide: Boolean): DiffRows = DiffRows(document, sideBySide, open, heads)

    private fun layOut(): List<DiffRow> {
        val out = ArrayList<DiffRow>()
        val lines = document.lines
        val gaps = document.gaps.associateBy { it.at }
        val firsts = if (heads) document.hunks.withIndex().associate { (i, hunk) -> hunk.first to i } else emptyMap()
        var at = 0
        while (at <= lines.size) {
            gaps[at]?.let { out += DiffRow.Gap(it.count) }
            if (at == lines.size) break
            val hunk = firsts[at]
            if (hunk != null) out += DiffRow.Head(hunk)
            if (lines[at].kind == DiffLine.Kind.SAME) {
                var end = at
                while (end < lines.size && lines[end].kind == DiffLine.Kind.SAME &&
                    (end == at || (end !in gaps && end !in firsts))
                ) {
                    end++
                }
                same(out, at, end)
                at = end
            } else {
                at = changed(out, at)
            }
        }
        return out
    }

    private fun same(out: MutableList<DiffRow>, from: Int, to: Int) {
        val before = if (from == 0) 0 else CONTEXT
        val after = if (to == document.lines.size) 0 else CONTEXT
        val first = from + (if (touches(from)) before else 0)
        val last = to - (if (touches(to)) after else 0)
        val fold = last - first >= MIN_FOLD && first !in open
        if (!fold) {
            for (i in from until to) out += plain(i)
            return
        }
        for (i in from until first) out += plain(i)
        out += DiffRow.Fold(first, last - first)
        for (i in last until to) out += plain(i)
    }

    /** Whether a change stands right at this edge; next to a hunk's own surroundings nothing more needs to be shown. */
    private fun touches(edge: Int): Boolean {
        val lines = document.lines
        val left = lines.getOrNull(edge - 1)?.kind ?: DiffLine.Kind.SAME
        val right = lines.getOrNull(edge)?.kind ?: DiffLine.Kind.SAME
        return left != DiffLine.Kind.SAME || right != DiffLine.Kind.SAME
    }

    private fun plain(line: Int): DiffRow = if (sideBySide) DiffRow.Two(line, line) else DiffRow.One(line)

    private fun changed(out: MutableList<DiffRow>, from: Int): Int {
        val lines = document.lines
        var middle = from
        while (middle < lines.size && lines[middle].kind == DiffLine.Kind.REMOVED) middle++
        var end = middle
        while (end < lines.size && lines[end].kind == DiffLine.Kind.ADDED) end++
        if (!sideBySide) {
            for (i in from until end) out += DiffRow.One(i)
            return end
        }
        for (i in 0 until maxOf(middle - from, end - middle)) {
            out += DiffRow.Two(
                if (from + i < middle) from + i else -1,
                if (middle + i < end) middle + i else -1,
            )
        }
        return end
    }

    private companion object {
        const val CONTEXT = 3
        const val MIN_FOLD = 5
    }
}
