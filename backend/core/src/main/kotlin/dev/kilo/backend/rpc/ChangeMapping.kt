package dev.kilo.backend.rpc

import dev.kilo.client.model.SessionRevert
import dev.kilo.client.model.SessionRevertPreview
import dev.kilo.client.model.SnapshotFileDiff
import dev.kilo.shared.change.ChangeKind
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.FileChange
import dev.kilo.shared.change.Restore
import dev.kilo.shared.change.Revert
import dev.kilo.shared.change.RollbackPreview

/** A changed file as the CLI tells it, whichever list it is from. */
internal class Entry(
    val file: String,
    val status: String?,
    val additions: Long,
    val deletions: Long,
    val patch: String?,
)

/** The list that a window shows. The CLI tells a renamed file as a deletion and an addition; here the two become one. */
internal fun changedFiles(entries: List<Entry>): List<ChangedFile> {
    val renamed = renamed(entries)
    val gone = renamed.values.toHashSet()
    return entries.filter { it !in gone }.map { entry ->
        val from = renamed[entry]
        if (from == null) {
            entry.changed()
        } else {
            val (kept, lost) = overlap(from, entry)
            ChangedFile(
                file = entry.file,
                kind = ChangeKind.RENAMED,
                additions = entry.additions.toInt() - kept,
                deletions = lost - kept,
                from = from.file,
            )
        }
    }
}

internal fun List<SnapshotFileDiff>.toChangedFiles(): List<ChangedFile> = changedFiles(
    map { Entry(it.file.orEmpty(), it.status?.value, it.additions, it.deletions, it.patch) },
)

internal fun SnapshotFileDiff.toFileChange(): FileChange =
    FileChange(listOf(this).toChangedFiles().single(), patch, before, after)

/**
 * A file under its old and its new name as one change: both texts, from which the window makes the lines. There is no patch
 * of the CLI's, and so nothing that could be kept or undone by the place.
 */
internal fun renamed(old: FileChange, new: FileChange): FileChange {
    val before = old.before ?: sideOf(old.patch, '-')
    val after = new.after ?: sideOf(new.patch, '+')
    val entries = listOf(
        Entry(old.file.file, "deleted", 0, old.file.deletions.toLong(), old.patch),
        Entry(new.file.file, "added", new.file.additions.toLong(), 0, new.patch),
    )
    val file = changedFiles(entries).singleOrNull() ?: new.file.copy(kind = ChangeKind.RENAMED, from = old.file.file)
    return FileChange(file, null, before, after)
}

private fun sideOf(patch: String?, sign: Char): String? =
    patch?.let { body(Entry("", null, 0, 0, it), sign).joinToString("\n", postfix = "\n") }

internal fun SessionRevert.toRevert(): Revert = Revert(
    messageId = messageID,
    partId = partID,
    restore = workspace?.let { restoreOf(it.value) },
    left = left.orEmpty().associate { it.file to it.reason },
)

internal fun SessionRevertPreview.toPreview(): RollbackPreview = RollbackPreview(
    messages = messages.toInt(),
    prompts = prompts.toInt(),
    files = files.toChangedFiles(),
    edited = edited,
    restore = restoreOf(workspace.value),
)

private fun restoreOf(name: String): Restore = when (name) {
    "restored" -> Restore.RESTORED
    "snapshots-disabled" -> Restore.SWITCHED_OFF
    "not-a-git-repo" -> Restore.NO_REPOSITORY
    else -> Restore.UNAVAILABLE
}

private fun Entry.changed(): ChangedFile = ChangedFile(
    file = file,
    kind = when (status) {
        "added" -> ChangeKind.ADDED
        "deleted" -> ChangeKind.DELETED
        else -> ChangeKind.MODIFIED
    },
    additions = additions.toInt(),
    deletions = deletions.toInt(),
    binary = additions == 0L && deletions == 0L && patch != null && BINARY in patch,
)

/** Which added file is which deleted one under another name. Looks at few and small files only: it is a help, not a truth. */
private fun renamed(entries: List<Entry>): Map<Entry, Entry> {
    fun few(status: String) = entries.filter {
        it.status == status && it.patch != null && it.patch.length <= MAX_PATCH && it.additions + it.deletions > 0
    }
    val added = few("added")
    val deleted = few("deleted").toMutableList()
    if (added.isEmpty() || deleted.isEmpty() || added.size * deleted.size > MAX_PAIRS) return emptyMap()
    val found = LinkedHashMap<Entry, Entry>()
    for (entry in added) {
        val best = deleted.maxByOrNull { overlap(it, entry).first } ?: break
        val (kept, lost) = overlap(best, entry)
        if (kept * 2 < maxOf(lost, entry.additions.toInt())) continue
        found[entry] = best
        deleted -= best
    }
    return found
}

/** How many lines of [from] are in [to], and how many it had. */
private fun overlap(from: Entry, to: Entry): Pair<Int, Int> {
    val counts = HashMap<String, Int>()
    var lost = 0
    for (line in body(from, '-')) {
        counts.merge(line, 1, Int::plus)
        lost++
    }
    var kept = 0
    for (line in body(to, '+')) {
        val left = counts[line] ?: continue
        if (left > 0) {
            counts[line] = left - 1
            kept++
        }
    }
    return kept to lost
}

private fun body(entry: Entry, sign: Char): Sequence<String> {
    val patch = entry.patch.orEmpty()
    val start = patch.indexOf("\n@@")
    if (start < 0) return emptySequence()
    return patch.substring(start + 1).lineSequence().drop(1).filter { it.startsWith(sign) }.map { it.substring(1) }
}

private const val BINARY = "\nBinary files "
private const val MAX_PATCH = 200_000
private const val MAX_PAIRS = 400
