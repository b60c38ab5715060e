package dev.kilo.plugin.inside

import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.app.CliState
import dev.kilo.shared.app.Connection
import dev.kilo.shared.message.Part
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.rpc.RpcJson
import dev.kilo.shared.rpc.ide.IdeRequest
import dev.kilo.shared.session.SessionStatus
import kotlinx.coroutines.runBlocking

/**
 * What the window of the plugin shows, seen from within: lives behind the frontend's class loader and is asked by name.
 * [chats] is the project's service with its tabs.
 */
public class Peek(private val chats: Any) {
    private val chat: Any get() = checkNotNull(get(checkNotNull(get(chats, "current")), "chat"))
    private val workspace get() = get(chat, "workspace") as WorkspaceModel
    private val app get() = get(chat, "app") as AppModel
    private val session: SessionModel get() = workspace.current.value

    private fun get(owner: Any, name: String): Any? =
        owner.javaClass.getMethod("get${name.replaceFirstChar(Char::uppercase)}").invoke(owner)

    /** Prompts and answers in the order of the transcript. */
    public fun texts(): List<String> = session.transcript.rows.mapNotNull { row ->
        when (val body = row.body) {
            is RowBody.Prompt -> body.text.trim()
            is RowBody.Answer -> body.buffer.text
            else -> null
        }
    }

    /** The same as the backend has it stored. Blocks. */
    public fun stored(): List<String> = runBlocking {
        val page = app.backend.sessions.messages(workspace.directory, checkNotNull(session.id))
        page.messages.flatMap { it.parts }.filterIsInstance<Part.Text>().map { it.text.trim() }
    }

    public fun pending(): Int = workspace.permissions.value.size

    public fun allow(): Unit = workspace.reply(workspace.permissions.value.single(), PermissionReply.ONCE)

    public fun changes(): Int = session.diff.value.size

    public fun idle(): Boolean = session.status.value == SessionStatus.Idle

    /** Why the newest turn ended, empty while it runs. */
    public fun ended(): String = session.ended.value?.reason.orEmpty()

    public fun connected(): Boolean = app.connection.value == Connection.Connected

    /** How far unpacking is in percent, -1 when nothing is unpacked. */
    public fun unpacking(): Int = (app.cli.value as? CliState.Starting)?.percent ?: -1

    /** Why there is no CLI, empty when there is nothing to complain about. */
    public fun failure(): String = (app.cli.value as? CliState.Failed)?.message.orEmpty()

    /** What a window's side sends first, for the project of this [name]. */
    public fun directoryRequest(name: String): String = RpcJson.encodeToString(
        IdeRequest.serializer(),
        IdeRequest.Directory("{\"uid\":\"$name\"}"),
    )

    /** The CLI's process, 0 while there is none. */
    public fun cli(): Long = (app.cli.value as? CliState.Ready)?.pid ?: 0
}
