package dev.kilo.frontend.model

import dev.kilo.frontend.model.transcript.MarkdownExport
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.session.Place
import kotlinx.coroutines.flow.toList

/** The whole of a session as one text, and texts of it as files. Null is returned for what failed, which is told. */
internal class SessionExport(private val workspace: WorkspaceModel, private val session: SessionModel) {
    private val backend get() = workspace.app.backend
    private val notices get() = workspace.app.notices

    /** All of the session as one JSON value. */
    suspend fun json(): String? {
        val id = session.id ?: return null
        return notices.guard(texts("notice.export")) {
            val pieces = ArrayList<String>()
            backend.transcripts.export(workspace.directory, id).toList(pieces)
            pieces.joinToString("")
        }
    }

    /** All of the session as Markdown. */
    suspend fun markdown(): String? {
        val id = session.id ?: return null
        return notices.guard(texts("notice.export")) {
            val all = ArrayDeque<MessageWithParts>()
            var older: Place? = null
            do {
                val page = backend.sessions.messages(workspace.directory, id, PAGE, older)
                page.messages.asReversed().forEach(all::addFirst)
                older = page.older?.let(Place::Before)
            } while (older != null)
            MarkdownExport.session(session.session.value?.title.orEmpty(), all)
        }
    }

    /** Makes [text] a file of the agent's place. False when there is one of that name. */
    suspend fun write(path: String, text: String, replace: Boolean): Boolean? =
        notices.guard(texts("notice.file")) { backend.transcripts.write(workspace.directory, path, text, replace) }

    private companion object {
        const val PAGE = 500
    }
}
