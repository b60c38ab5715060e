package dev.kilo.frontend.model.changes

import dev.kilo.shared.change.FileChange

/**
 * A line of a file's change. [old] and [new] are its numbers on the two sides, from 1; a removed line has no new one, an
 * added line no old one. [words] are the places that differ from the line's partner on the other side, as pairs of
 * offsets. [hunk] is the place in [DiffDocument.hunks], -1 outside of them.
 */
public class DiffLine internal constructor(
    public val kind: Kind,
    public val text: String,
    public val old: Int,
    public val new: Int,
    public val hunk: Int,
    words: IntArray = NONE,
) {
    public enum class Kind { SAME, REMOVED, ADDED }

    public var words: IntArray = words
        internal set

    internal companion object {
        val NONE = IntArray(0)
    }
}

/** A piece of a change that can be kept or undone alone. [head] names it to the CLI. */
public class DiffHunk internal constructor(public val head: String, public val first: Int, public val last: Int)

/** Unchanged lines between [at] and the line before, that are not known: the whole text was too large, or is gone. */
public class DiffGap internal constructor(public val at: Int, public val count: Int)

/**
 * One file's change as lines, in the order of reading: what was removed stands before what replaced it. Immutable but for
 * nothing; made off the UI thread by [of].
 */
public class DiffDocument internal constructor(
    public val lines: List<DiffLine>,
    public val hunks: List<DiffHunk>,
    public val gaps: List<DiffGap>,
    /** First line of each run of changed lines. */
    public val changes: IntArray,
    /** Lines were left out at the end, because there are too many to show. */
    public val cut: Boolean,
) {
    public val widest: Int = lines.maxOfOrNull { it.text.length } ?: 0
    public val lastNumber: Int = lines.maxOfOrNull { maxOf(it.old, it.new) } ?: 0

    public companion object {
        /** Null when there is nothing to read: the file is binary, too large, or only its mode changed. */
        public fun of(change: FileChange): DiffDocument? {
            val patch = change.patch
            val before = change.before?.let(::linesOf)
            val after = change.after?.let(::linesOf)
            return when {
                patch != null && "@@ " in patch -> ofPatch(patch, before, after)
                before != null && after != null && (before.isNotEmpty() || after.isNotEmpty()) -> ofTexts(before, after)
                else -> null
            }
        }
    }
}

/** More lines than this are left out: who scrolls through them would not read them. */
internal const val MAX_LINES: Int = 200_000

/** Tabs become spaces and control characters go, so that offsets are columns. A text's last line feed makes no line. */
internal fun linesOf(text: String): List<String> =
    if (text.isEmpty()) emptyList() else text.removeSuffix("\n").split('\n').map(::clean)

internal fun clean(line: String): String {
    var plain = true
    for (c in line) if (c < ' ' || c == '\u007f') plain = false
    if (plain) return line
    return buildString(line.length + 16) {
        for (c in line) {
            if (c == '\t') {
                append("    ")
            } else if (c >= ' ' && c != '\u007f') {
                append(c)
            }
        }
    }
}

private val HEAD = Regex("""^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@""")

/** Collects lines, hunks and the places where changes begin. */
private class Builder {
    val lines = ArrayList<DiffLine>()
    val hunks = ArrayList<DiffHunk>()
    val gaps = ArrayList<DiffGap>()
    val starts = ArrayList<Int>()
    var old = 1
    var new = 1
    var cut = false
    private var quiet = true

    fun add(kind: DiffLine.Kind, text: String, hunk: Int) {
        if (lines.size >= MAX_LINES) {
            cut = true
            return
        }
        val same = kind == DiffLine.Kind.SAME
        if (!same && quiet) starts += lines.size
        quiet = same
        lines += DiffLine(
            kind,
            text,
            if (kind == DiffLine.Kind.ADDED) 0 else old,
            if (kind == DiffLine.Kind.REMOVED) 0 else new,
            hunk,
        )
        if (kind != DiffLine.Kind.ADDED) old++
        if (kind != DiffLine.Kind.REMOVED) new++
    }

    /** Unchanged lines up to the line [oldEnd] of the old side, as far as one of the texts has them. */
    fun fill(oldEnd: Int, before: List<String>?, after: List<String>?) {
        val missing = oldEnd - old
        if (missing <= 0) return
        quiet = true
        if (after == null && before == null) {
            gaps += DiffGap(lines.size, missing)
            old += missing
            new += missing
            return
        }
        repeat(missing) {
            add(DiffLine.Kind.SAME, after?.getOrNull(new - 1) ?: before?.getOrNull(old - 1).orEmpty(), -1)
        }
    }

    fun build(): DiffDocument {
        Words.mark(lines)
        return DiffDocument(lines, hunks, gaps, starts.toIntArray(), cut)
    }
}

/** From git's patch, so that its hunks are the ones that can be chosen; the texts fill what it leaves out. */
private fun ofPatch(patch: String, before: List<String>?, after: List<String>?): DiffDocument {
    val builder = Builder()
    var oldLeft = 0
    var newLeft = 0
    var head = ""
    var first = 0
    fun end() {
        if (head.isNotEmpty()) builder.hunks += DiffHunk(head, first, builder.lines.size - 1)
        head = ""
    }
    for (line in patch.lineSequence()) {
        val match = HEAD.find(line)
        if (match != null && oldLeft <= 0 && newLeft <= 0) {
            end()
            val (oldStart, oldCount, _, newCount) = match.destructured
            oldLeft = oldCount.toIntOrNull() ?: 1
            newLeft = newCount.toIntOrNull() ?: 1
            // An empty range names the line before it.
            builder.fill(oldStart.toInt() + (if (oldLeft == 0) 1 else 0), before, after)
            head = match.value
            first = builder.lines.size
            continue
        }
        if (oldLeft <= 0 && newLeft <= 0) continue
        val text = clean(line.drop(1))
        when (line.firstOrNull()) {
            '+' -> builder.add(DiffLine.Kind.ADDED, text, builder.hunks.size).also { newLeft-- }

            '-' -> builder.add(DiffLine.Kind.REMOVED, text, builder.hunks.size).also { oldLeft-- }

            '\\' -> Unit

            // An empty context line may have lost its blank on the way.
            else -> {
                builder.add(DiffLine.Kind.SAME, text, builder.hunks.size)
                oldLeft--
                newLeft--
            }
        }
    }
    end()
    if (after != null) builder.fill(builder.old + (after.size - builder.new + 1), before, after)
    return builder.build()
}

/** Without a patch, which is left out when it is very large. There is nothing to choose then. */
private fun ofTexts(before: List<String>, after: List<String>): DiffDocument {
    val builder = Builder()
    for (delta in Differ.lines(before, after)) {
        builder.fill(delta.old + 1, before, after)
        for (i in delta.old until delta.old + delta.removed) builder.add(DiffLine.Kind.REMOVED, before[i], -1)
        for (i in delta.new until delta.new + delta.added) builder.add(DiffLine.Kind.ADDED, after[i], -1)
    }
    builder.fill(before.size + 1, before, after)
    return builder.build()
}
