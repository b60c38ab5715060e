package dev.kilo.frontend.model.changes

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.readable
import dev.kilo.frontend.model.texts
import dev.kilo.shared.change.ChangeChoice
import dev.kilo.shared.change.ChangeKind
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.FileChange
import dev.kilo.shared.change.Settled
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** What the view of one file shows. */
public sealed interface OpenChange {
    public data object None : OpenChange

    public data class Loading(val file: ChangedFile) : OpenChange

    /** [document] is null for what has no lines to show. */
    public data class Shown(val change: FileChange, val document: DiffDocument?) : OpenChange

    public data class Failed(val file: ChangedFile, val message: String) : OpenChange
}

/**
 * The changed files of a session, of one of its turns or of the working tree, and the one that is looked at. Nothing is
 * loaded before [show]; from then on lists and the open file follow the events, until [leave]. Lives on the UI dispatcher.
 */
public class ChangesModel internal constructor(
    private val session: SessionModel,
    private val workspace: WorkspaceModel,
    private val compute: CoroutineDispatcher = Dispatchers.Default,
) {
    private val backend get() = workspace.app.backend.changes
    private val fileState = MutableStateFlow<List<ChangedFile>>(emptyList())
    private val scopeState = MutableStateFlow<ChangeScope?>(null)
    private val openState = MutableStateFlow<OpenChange>(OpenChange.None)
    private val readyState = MutableStateFlow(false)
    private val workState = MutableStateFlow(false)
    private val settledState = MutableStateFlow<List<Settled>>(emptyList())
    private val noteState = MutableStateFlow<String?>(null)
    private var wanted: String? = null
    private var listing: Job? = null
    private var opening: Job? = null
    private var asking: Job? = null
    private var shown = false

    /** Null before [show]. */
    public val scope: StateFlow<ChangeScope?> = scopeState.asStateFlow()

    /** The list of [scope]. */
    public val files: StateFlow<List<ChangedFile>> = fileState.asStateFlow()
    public val open: StateFlow<OpenChange> = openState.asStateFlow()

    /** False until the list has been read. */
    public val ready: StateFlow<Boolean> = readyState.asStateFlow()

    /** Something is being kept or undone. */
    public val working: StateFlow<Boolean> = workState.asStateFlow()

    /** What was kept or undone and can be taken back, newest first. */
    public val settled: StateFlow<List<Settled>> = settledState.asStateFlow()

    /** What the last action could not do, or left alone; null when all is well. */
    public val note: StateFlow<String?> = noteState.asStateFlow()

    /** Whether changes can be kept and undone: only a session's own. */
    public val canSettle: Boolean get() = scopeState.value is ChangeScope.OfSession

    /** Shows the list of [scope], of the whole session when it is null. Keeps the file that is open if it is in it. */
    public fun show(scope: ChangeScope? = null) {
        val next = scope ?: session.id?.let { ChangeScope.OfSession(it) }
        shown = true
        if (next != scopeState.value) {
            scopeState.value = next
            readyState.value = false
            fileState.value = emptyList()
            openState.value = OpenChange.None
        }
        noteState.value = null
        reload()
    }

    /** Nobody looks any more: nothing is loaded from here on. */
    public fun leave() {
        shown = false
        listing?.cancel()
        opening?.cancel()
        asking?.cancel()
    }

    /** Opens a file of the list. */
    public fun select(file: String) {
        val found = fileState.value.firstOrNull { it.file == file } ?: return
        wanted = file
        load(found)
    }

    /** Reads the list again, and the open file if it changed. */
    public fun reload() {
        val scope = scopeState.value
        if (scope == null) {
            readyState.value = true
            return
        }
        listing?.cancel()
        listing = workspace.scope.launch {
            val list = try {
                workspace.untilReady { backend.list(workspace.directory, scope) }
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                noteState.value = readable(error)
                null
            }
            if (list != null) arrived(list)
            readyState.value = true
        }
        remember()
    }

    /** The session's list as an event tells it; [files] of other scopes are read again. */
    internal fun told(list: List<ChangedFile>) {
        if (!shown) return
        if (scopeState.value is ChangeScope.OfSession) {
            listing?.cancel()
            arrived(list)
            readyState.value = true
            remember()
        } else {
            reload()
        }
    }

    /** The session has got its id. */
    internal fun created() {
        if (shown && scopeState.value == null) show()
    }

    public fun keep(file: ChangedFile, hunk: DiffHunk? = null): Unit = settle(file, hunk, undo = false)

    /** Gives the file, or the place that [hunk] names, its earlier state. */
    public fun undo(file: ChangedFile, hunk: DiffHunk? = null): Unit = settle(file, hunk, undo = true)

    public fun keepAll(): Unit = act { backend.keep(workspace.directory, it, ChangeChoice()) }

    /** Undoes everything but what was changed since; the note says what that is. */
    public fun undoAll(): Unit = act { id ->
        backend.undo(workspace.directory, id, ChangeChoice()).also { left ->
            if (left.isNotEmpty()) {
                noteState.value =
                    texts("changes.left", left.size, left.take(NAMED).joinToString { it.file })
            }
        }
    }

    /** Takes the newest keeping or undoing back. */
    public fun takeBack(): Unit = act { backend.takeBack(workspace.directory, it) }

    private fun settle(file: ChangedFile, hunk: DiffHunk?, undo: Boolean) {
        val seen = (openState.value as? OpenChange.Shown)?.change?.takeIf { it.file.file == file.file }?.patch
        act { id ->
            suspend fun one(choice: ChangeChoice) = if (undo) {
                backend.undo(workspace.directory, id, choice)
            } else {
                backend.keep(workspace.directory, id, choice)
            }
            val from = file.from
            // A renamed file is two changes to the CLI.
            if (file.kind == ChangeKind.RENAMED && from != null) one(ChangeChoice(from))
            one(ChangeChoice(file.file, hunk?.head, seen))
        }
    }

    private fun act(action: suspend (String) -> List<ChangedFile>) {
        val scope = scopeState.value as? ChangeScope.OfSession ?: return
        if (workState.value) return
        workState.value = true
        noteState.value = null
        workspace.scope.launch {
            try {
                arrived(action(scope.sessionId))
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                noteState.value = readable(error)
                reload()
            } finally {
                workState.value = false
            }
            remember()
        }
    }

    private fun arrived(list: List<ChangedFile>) {
        val before = fileState.value
        fileState.value = list
        val index = before.indexOfFirst { it.file == wanted }
        val same = list.firstOrNull { it.file == wanted }
        when {
            // The next one takes the place of a file that is settled.
            same == null && list.isEmpty() -> {
                wanted = null
                opening?.cancel()
                openState.value = OpenChange.None
            }

            same == null -> select(list[index.coerceIn(0, list.lastIndex)].file)

            else -> load(same)
        }
    }

    private fun load(file: ChangedFile) {
        val scope = scopeState.value ?: return
        val now = openState.value
        // What is shown of the same file stays until the new state is there.
        val quiet = now is OpenChange.Shown && now.change.file.file == file.file
        if (!quiet) openState.value = OpenChange.Loading(file)
        opening?.cancel()
        opening = workspace.scope.launch {
            try {
                val change = workspace.untilReady { backend.file(workspace.directory, scope, file.file, file.from) }
                if (quiet && (openState.value as? OpenChange.Shown)?.change == change) return@launch
                val document = withContext(compute) { DiffDocument.of(change) }
                openState.value = OpenChange.Shown(change.copy(file = file), document)
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                openState.value = OpenChange.Failed(file, readable(error))
            }
        }
    }

    private fun remember() {
        val scope = scopeState.value as? ChangeScope.OfSession ?: return settledState.run { value = emptyList() }
        asking?.cancel()
        asking = workspace.scope.launch {
            try {
                settledState.value = backend.settled(workspace.directory, scope.sessionId)
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (_: Exception) {
                // The button that would take something back is not offered; taking back itself tells what is wrong.
                settledState.value = emptyList()
            }
        }
    }

    private companion object {
        const val NAMED = 5
    }
}
