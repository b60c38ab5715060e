package dev.kilo.shared.rpc

import dev.kilo.shared.change.ChangeChoice
import dev.kilo.shared.change.ChangeScope
import dev.kilo.shared.change.ChangeService
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.FileChange
import dev.kilo.shared.change.RollbackPreview
import dev.kilo.shared.change.Settled
import dev.kilo.shared.session.Session
import kotlinx.serialization.Serializable
import kotlinx.serialization.builtins.ListSerializer

@Serializable
internal data class InScope(val directory: String, val scope: ChangeScope)

@Serializable
internal data class FileInScope(
    val directory: String,
    val scope: ChangeScope,
    val file: String,
    val from: String? = null,
)

@Serializable
internal data class SettleChange(val directory: String, val sessionId: String, val choice: ChangeChoice)

@Serializable
internal data class AtMessage(val directory: String, val sessionId: String, val messageId: String)

/** Operations of [ChangeService]. */
internal object ChangeOperations {
    private val files = ListSerializer(ChangedFile.serializer())

    val list = Query("change.list", InScope.serializer(), files)
    val file = Query("change.file", FileInScope.serializer(), FileChange.serializer())
    val keep = Command("change.keep", SettleChange.serializer(), files)
    val undo = Command("change.undo", SettleChange.serializer(), files)
    val settled = Query("change.settled", InSession.serializer(), ListSerializer(Settled.serializer()))
    val takeBack = Command("change.back", InSession.serializer(), files)
    val preview = Query("change.preview", AtMessage.serializer(), RollbackPreview.serializer())

    /** Going to the same point again changes nothing more. */
    val rollback = Command("change.rollback", AtMessage.serializer(), Session.serializer(), repeatable = true)
    val redo = Command("change.redo", InSession.serializer(), Session.serializer(), repeatable = true)
}

internal fun Handlers.changes(changes: ChangeService) {
    on(ChangeOperations.list) { changes.list(it.directory, it.scope) }
    on(ChangeOperations.file) { changes.file(it.directory, it.scope, it.file, it.from) }
    on(ChangeOperations.keep) { changes.keep(it.directory, it.sessionId, it.choice) }
    on(ChangeOperations.undo) { changes.undo(it.directory, it.sessionId, it.choice) }
    on(ChangeOperations.settled) { changes.settled(it.directory, it.sessionId) }
    on(ChangeOperations.takeBack) { changes.takeBack(it.directory, it.sessionId) }
    on(ChangeOperations.preview) { changes.preview(it.directory, it.sessionId, it.messageId) }
    on(ChangeOperations.rollback) { changes.rollback(it.directory, it.sessionId, it.messageId) }
    on(ChangeOperations.redo) { changes.redo(it.directory, it.sessionId) }
}

/** [ChangeService] at the other end of [client]. */
internal class RemoteChanges(private val client: RpcClient) : ChangeService {
    override suspend fun list(directory: String, scope: ChangeScope): List<ChangedFile> =
        client.call(ChangeOperations.list, InScope(directory, scope))

    override suspend fun file(directory: String, scope: ChangeScope, file: String, from: String?): FileChange =
        client.call(ChangeOperations.file, FileInScope(directory, scope, file, from))

    override suspend fun keep(directory: String, sessionId: String, choice: ChangeChoice): List<ChangedFile> =
        client.call(ChangeOperations.keep, SettleChange(directory, sessionId, choice))

    override suspend fun undo(directory: String, sessionId: String, choice: ChangeChoice): List<ChangedFile> =
        client.call(ChangeOperations.undo, SettleChange(directory, sessionId, choice))

    override suspend fun settled(directory: String, sessionId: String): List<Settled> =
        client.call(ChangeOperations.settled, InSession(directory, sessionId))

    override suspend fun takeBack(directory: String, sessionId: String): List<ChangedFile> =
        client.call(ChangeOperations.takeBack, InSession(directory, sessionId))

    override suspend fun preview(directory: String, sessionId: String, messageId: String): RollbackPreview =
        client.call(ChangeOperations.preview, AtMessage(directory, sessionId, messageId))

    override suspend fun rollback(directory: String, sessionId: String, messageId: String): Session =
        client.call(ChangeOperations.rollback, AtMessage(directory, sessionId, messageId))

    override suspend fun redo(directory: String, sessionId: String): Session =
        client.call(ChangeOperations.redo, InSession(directory, sessionId))
}
