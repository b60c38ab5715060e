package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Strings
import dev.kilo.shared.change.ChangeKind
import dev.kilo.shared.change.ChangedFile

/** How changed files are named, for the eye and for the ear. */
internal object ChangeTexts {
    fun files(count: Int): String = if (count == 1) Strings["changes.file"] else Strings("changes.files", count)

    fun count(files: Int): String = if (files == 1) Strings["changes.count.one"] else Strings("changes.count", files)

    fun kind(file: ChangedFile): String = when (file.kind) {
        ChangeKind.ADDED -> Strings["changes.kind.added"]
        ChangeKind.DELETED -> Strings["changes.kind.deleted"]
        ChangeKind.MODIFIED -> Strings["changes.kind.modified"]
        ChangeKind.RENAMED -> Strings("changes.kind.renamed", file.from.orEmpty())
    }

    fun spoken(file: ChangedFile): String = if (file.binary) {
        Strings("changes.spoken.binary", file.file, kind(file))
    } else {
        Strings("changes.spoken", file.file, kind(file), file.additions, file.deletions)
    }

    fun counts(additions: Int, deletions: Int): String = Strings("changes.counts.spoken", additions, deletions)
}

/** Added lines in green, removed ones in red; the one that is none is left out. */
internal class Counts : Line(gap = 6) {
    private val plus = Caption("", { it.green }, { it.small })
    private val minus = Caption("", { it.red }, { it.small })
    private val other = Caption("", { it.muted }, { it.small })
    var spoken: String = ""
        private set

    init {
        add(plus)
        add(minus)
        add(other)
    }

    fun show(file: ChangedFile) {
        show(file.additions, file.deletions)
        other.text = if (file.binary) Strings["changes.binary"] else ""
        other.isVisible = file.binary
    }

    fun show(additions: Int, deletions: Int) {
        plus.text = "+$additions"
        minus.text = "−$deletions"
        plus.isVisible = additions > 0
        minus.isVisible = deletions > 0
        other.isVisible = false
        spoken = ChangeTexts.counts(additions, deletions)
        getAccessibleContext().accessibleName = spoken
    }
}
