package dev.kilo.backend.rpc

import dev.kilo.backend.workspace.Workspaces
import dev.kilo.client.api.VcsApi.ModeVcsDiff
import dev.kilo.client.infrastructure.ApiResponse
import dev.kilo.client.model.SessionChangeInput
import dev.kilo.client.model.SessionRevertInput
import dev.kilo.client.model.SettledChange
import dev.kilo.client.model.SnapshotFileDiff
import dev.kilo.client.model.VcsFileDiff
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.change.ChangeChoice
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangeService
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.FileChange
import dev.kilo.shared.change.RollbackPreview
import dev.kilo.shared.change.Settled
import dev.kilo.shared.session.Session
import kotlin.time.Duration.Companion.minutes

internal class ChangeCalls(private val calls: Calls, private val workspaces: Workspaces) : ChangeService {
    override suspend fun list(directory: String, scope: ChangeScope): List<ChangedFile> = when (scope) {
        is ChangeScope.OfSession -> session(scope.sessionId, null, null, null).toChangedFiles()
        is ChangeScope.OfTurn -> session(scope.sessionId, scope.messageId, null, null).toChangedFiles()
        ChangeScope.Uncommitted -> tree(directory, ModeVcsDiff.GIT, FEW, null).changed()
        ChangeScope.Branch -> tree(directory, ModeVcsDiff.BRANCH, FEW, null).changed()
    }

    override suspend fun file(directory: String, scope: ChangeScope, file: String, from: String?): FileChange {
        val found = one(directory, scope, file)
        val old = from?.let { one(directory, scope, it) }
        return (if (old == null) found else found?.let { renamed(old, it) }) ?: throw BackendException(
            BackendException.Code.NOT_FOUND,
            "There is no open change in $file any more.",
        )
    }

    private suspend fun one(directory: String, scope: ChangeScope, file: String): FileChange? = when (scope) {
        is ChangeScope.OfSession -> session(scope.sessionId, null, file, true).firstOrNull()?.toFileChange()

        is ChangeScope.OfTurn -> session(scope.sessionId, scope.messageId, file, true).firstOrNull()?.toFileChange()

        // The whole file as its own surroundings: there are no hunks to choose, and so no need of the two texts.
        ChangeScope.Uncommitted -> tree(directory, ModeVcsDiff.GIT, WHOLE, file).change()

        ChangeScope.Branch -> tree(directory, ModeVcsDiff.BRANCH, WHOLE, file).change()
    }

    override suspend fun keep(directory: String, sessionId: String, choice: ChangeChoice): List<ChangedFile> =
        calls.command(SLOW) { it.sessions.sessionKeepChangeWithHttpInfo(sessionId, choice.toInput()) }.value()
            .toChangedFiles()

    override suspend fun undo(directory: String, sessionId: String, choice: ChangeChoice): List<ChangedFile> =
        calls.command(SLOW) { it.sessions.sessionUndoChangeWithHttpInfo(sessionId, choice.toInput()) }.value()
            .toChangedFiles()

    override suspend fun settled(directory: String, sessionId: String): List<Settled> =
        calls.query { it.sessions.sessionSettledChangesWithHttpInfo(sessionId) }.value().map {
            Settled(it.kind == SettledChange.Kind.UNDO, it.files, it.time)
        }

    override suspend fun takeBack(directory: String, sessionId: String): List<ChangedFile> =
        calls.command(SLOW) { it.sessions.sessionTakeBackChangeWithHttpInfo(sessionId) }.value().toChangedFiles()

    override suspend fun preview(directory: String, sessionId: String, messageId: String): RollbackPreview =
        calls.query(SLOW) { it.sessions.sessionPreviewRevertWithHttpInfo(sessionId, messageId, partID = null) }.value()
            .toPreview()

    override suspend fun rollback(directory: String, sessionId: String, messageId: String): Session {
        val body = SessionRevertInput(messageID = messageId)
        return calls.repeatable(SLOW) { it.sessions.sessionRevertWithHttpInfo(sessionId, body) }.value().toSession()
    }

    override suspend fun redo(directory: String, sessionId: String): Session =
        calls.repeatable(SLOW) { it.sessions.sessionUnrevertWithHttpInfo(sessionId) }.value().toSession()

    private suspend fun session(
        sessionId: String,
        messageId: String?,
        file: String?,
        full: Boolean?,
    ): List<SnapshotFileDiff> =
        calls.query(SLOW) { it.sessions.sessionDiffWithHttpInfo(sessionId, messageId, file, full) }.value()

    private suspend fun tree(directory: String, mode: ModeVcsDiff, context: Long, file: String?): List<VcsFileDiff> {
        val real = workspaces.use(directory).directory
        return calls.query(SLOW) { it.vcs.vcsDiffWithHttpInfo(mode, context, file, real) }.value()
    }

    private fun List<VcsFileDiff>.changed() =
        changedFiles(map { Entry(it.file, it.status?.value, it.additions, it.deletions, it.patch) })

    private fun List<VcsFileDiff>.change(): FileChange? = singleOrNull()?.let { entry ->
        FileChange(changed().single(), entry.patch)
    }

    private fun ChangeChoice.toInput() = SessionChangeInput(file = file, hunk = hunk, patch = patch)

    private companion object {
        /** Thousands of files take git longer than other calls take. */
        val SLOW = 2.minutes

        /** Lines around a change. Lists need none, but patches tell what was renamed. */
        const val FEW = 0L
        const val WHOLE = 10_000L
    }
}
