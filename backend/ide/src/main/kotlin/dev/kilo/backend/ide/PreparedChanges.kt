package dev.kilo.backend.ide

import dev.kilo.shared.change.ChangeChoice
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangeService
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.RollbackPreview
import dev.kilo.shared.session.Session

/** What touches files waits for the documents to be saved: what is only in an editor could get lost, or hide a conflict. */
internal class PreparedChanges(
    private val ready: suspend () -> ChangeService,
    private val beforeWork: suspend () -> Unit,
) : ChangeService {
    override suspend fun list(directory: String, scope: ChangeScope) = ready().list(directory, scope)

    override suspend fun file(directory: String, scope: ChangeScope, file: String, from: String?) =
        ready().file(directory, scope, file, from)

    override suspend fun keep(directory: String, sessionId: String, choice: ChangeChoice) =
        ready().keep(directory, sessionId, choice)

    override suspend fun undo(directory: String, sessionId: String, choice: ChangeChoice): List<ChangedFile> {
        beforeWork()
        return ready().undo(directory, sessionId, choice)
    }

    override suspend fun settled(directory: String, sessionId: String) = ready().settled(directory, sessionId)

    override suspend fun takeBack(directory: String, sessionId: String): List<ChangedFile> {
        beforeWork()
        return ready().takeBack(directory, sessionId)
    }

    override suspend fun preview(directory: String, sessionId: String, messageId: String): RollbackPreview {
        beforeWork()
        return ready().preview(directory, sessionId, messageId)
    }

    override suspend fun rollback(directory: String, sessionId: String, messageId: String): Session {
        beforeWork()
        return ready().rollback(directory, sessionId, messageId)
    }

    override suspend fun redo(directory: String, sessionId: String): Session {
        beforeWork()
        return ready().redo(directory, sessionId)
    }
}
