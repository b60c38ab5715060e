package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.transcript.ToolBody
import dev.kilo.frontend.ui.transcript.RowHost
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState

/**
 * Fills the body of an open card: small ones at once, so that nothing jumps, others off the EDT. At most one is on its way;
 * what arrives meanwhile is made ready after it, the newest only.
 */
internal class Filler(private val host: RowHost, private val view: RowView, private val body: BodyView) {
    private var shown: ToolState? = null
    private var wanted: Part.Tool? = null
    private var busy = false

    /** Shows what [part] has to show; null empties the body. */
    fun show(part: Part.Tool?) {
        wanted = part
        if (part == null) {
            shown = null
            body.clear()
            return
        }
        if (busy || part.state === shown) return
        shown = part.state
        if (ToolText.weight(part) < INSTANT) {
            body(ToolBody.of(part)?.let(Ready::of))
            return
        }
        busy = true
        host.work.run({ ToolBody.of(part)?.let(Ready::of) }) { ready ->
            busy = false
            val now = wanted ?: return@run
            body(ready)
            host.resized(view)
            if (now.state !== shown) show(now)
        }
    }

    private fun body(ready: Ready?) {
        if (ready == null) body.clear() else body.show(ready)
    }

    private companion object {
        const val INSTANT = 3000
    }
}
