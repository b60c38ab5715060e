package dev.kilo.backend.events

import dev.kilo.backend.rpc.toChangedFiles
import dev.kilo.backend.rpc.toError
import dev.kilo.backend.rpc.toMessage
import dev.kilo.backend.rpc.toPart
import dev.kilo.backend.rpc.toRequest
import dev.kilo.backend.rpc.toSession
import dev.kilo.backend.rpc.toStatus
import dev.kilo.backend.rpc.toTodo
import dev.kilo.client.model.Event
import dev.kilo.shared.workspace.WorkspaceEvent

/** What a window sees of an event; null for those that concern nobody but the CLI's own clients. */
internal fun Event.toWorkspaceEvent(): WorkspaceEvent? = when (this) {
    is Event.SessioncreatedWrapper -> WorkspaceEvent.SessionUpdated(value.properties.info.toSession())

    is Event.SessionupdatedWrapper -> WorkspaceEvent.SessionUpdated(value.properties.info.toSession())

    is Event.SessiondeletedWrapper -> WorkspaceEvent.SessionDeleted(value.properties.sessionID)

    is Event.SessionstatusWrapper ->
        WorkspaceEvent.StatusChanged(value.properties.sessionID, value.properties.status.toStatus())

    is Event.SessionturncloseWrapper ->
        WorkspaceEvent.TurnClosed(value.properties.sessionID, value.properties.reason.value)

    is Event.SessionoutboxchangedWrapper ->
        WorkspaceEvent.OutboxChanged(value.properties.sessionID, value.properties.waiting)

    is Event.SessionerrorWrapper ->
        value.properties.error?.let { WorkspaceEvent.SessionFailed(value.properties.sessionID, it.toError()) }

    is Event.SessiondiffWrapper ->
        WorkspaceEvent.DiffChanged(value.properties.sessionID, value.properties.diff.toChangedFiles())

    is Event.MessageupdatedWrapper -> WorkspaceEvent.MessageUpdated(value.properties.info.toMessage())

    is Event.MessageremovedWrapper ->
        WorkspaceEvent.MessageRemoved(value.properties.sessionID, value.properties.messageID)

    is Event.MessagepartupdatedWrapper -> WorkspaceEvent.PartUpdated(value.properties.part.toPart())

    is Event.MessagepartdeltaWrapper ->
        with(value.properties) {
            // Other fields than the text are announced again as a whole part.
            if (`field` == "text") WorkspaceEvent.PartDelta(sessionID, messageID, partID, delta) else null
        }

    is Event.MessagepartremovedWrapper ->
        with(value.properties) { WorkspaceEvent.PartRemoved(sessionID, messageID, partID) }

    is Event.TodoupdatedWrapper ->
        WorkspaceEvent.TodosChanged(value.properties.sessionID, value.properties.todos.map { it.toTodo() })

    is Event.PermissionaskedWrapper -> WorkspaceEvent.PermissionAsked(value.properties.toRequest())

    is Event.PermissionrepliedWrapper ->
        with(value.properties) { WorkspaceEvent.PermissionReplied(sessionID, requestID, reply.value) }

    is Event.QuestionaskedWrapper -> WorkspaceEvent.QuestionAsked(value.properties.toRequest())

    is Event.QuestionrepliedWrapper ->
        with(value.properties) { WorkspaceEvent.QuestionClosed(sessionID, requestID) }

    is Event.QuestionrejectedWrapper ->
        with(value.properties) { WorkspaceEvent.QuestionClosed(sessionID, requestID) }

    is Event.CommandexecutedWrapper, is Event.FileeditedWrapper, is Event.FilewatcherupdatedWrapper,
    is Event.GlobalconfigupdatedWrapper,
    is Event.GlobaldisposedWrapper, is Event.LspclientdiagnosticsWrapper, is Event.LspupdatedWrapper,
    is Event.McpbrowseropenfailedWrapper, is Event.McptoolschangedWrapper, is Event.ProjectupdatedWrapper,
    is Event.PtycreatedWrapper, is Event.PtydeletedWrapper, is Event.PtyexitedWrapper, is Event.PtyupdatedWrapper,
    is Event.ServerconnectedWrapper, is Event.ServerheartbeatWrapper, is Event.ServerinstancedisposedWrapper,
    is Event.ServerreloadWrapper, is Event.SessioncompactedWrapper, is Event.SessionidleWrapper,
    is Event.SessionqueuechangedWrapper, is Event.SessionturnopenWrapper, is Event.TuicommandexecuteWrapper,
    is Event.TuipromptappendWrapper, is Event.TuisessionselectWrapper, is Event.TuitoastshowWrapper,
    is Event.VcsbranchupdatedWrapper, is Event.WorktreefailedWrapper, is Event.WorktreereadyWrapper,
    is Event.WorktreesetupreadyWrapper,
    -> null
}
