package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.SessionModel
import java.awt.Container

/** The transcripts of the sessions that were shown last stay as they are, so that going back to one costs nothing. */
internal class Transcripts(private val place: Container, private val make: (SessionModel) -> TranscriptView) {
    private val known = LinkedHashMap<SessionModel, TranscriptView>(MOST, 0.75f, true)

    /** The view of [session], as a component of the place. */
    fun of(session: SessionModel): TranscriptView {
        val view = known.getOrPut(session) { make(session).also(place::add) }
        while (known.size > MOST) drop(known.keys.first())
        return view
    }

    fun restyle() {
        for (view in known.values) view.restyle()
    }

    fun close() {
        for (session in known.keys.toList()) drop(session)
    }

    private fun drop(session: SessionModel) {
        val view = known.remove(session) ?: return
        view.close()
        place.remove(view)
    }

    private companion object {
        const val MOST = 5
    }
}
