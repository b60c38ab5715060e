package dev.kilo.frontend.ui.sessions

import dev.kilo.frontend.model.sessions.SessionLine
import dev.kilo.frontend.model.sessions.SessionState
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.PaintedCell
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.cut
import dev.kilo.frontend.ui.smooth
import java.awt.Color
import java.awt.Font
import java.awt.Graphics
import java.awt.Graphics2D

/** Paints a line of the list of sessions. All are of one height, so that thousands cost no measuring. */
internal class SessionCell : PaintedCell<SessionLine>() {
    override fun spoken(value: SessionLine): String = Companion.spoken(value)

    override fun paintComponent(g: Graphics) {
        val g2 = g.smooth()
        val t = Theme.now
        if (lit && value !is SessionLine.Heading) {
            g2.color = t.bubble
            g2.fillRoundRect(t.px(8), 1, width - t.px(16), height - 2, t.px(10), t.px(10))
            if (t.contrast) {
                g2.color = t.accent
                g2.drawRoundRect(t.px(8), 1, width - t.px(16) - 1, height - 3, t.px(10), t.px(10))
            }
        }
        when (val now = value) {
            null -> Unit

            is SessionLine.Heading -> {
                g2.font = t.small.deriveFont(Font.BOLD)
                g2.color = t.muted
                g2.drawString(now.text, t.px(18), height - t.px(9))
            }

            is SessionLine.Item -> item(g2, t, now)

            is SessionLine.Found -> found(g2, t, now)

            SessionLine.More -> {
                g2.font = t.font
                g2.color = t.link
                g2.drawString(Strings["sessions.more"], t.px(42), middle(g2))
            }
        }
        g2.dispose()
    }

    private fun item(g: Graphics2D, t: Theme, item: SessionLine.Item) {
        icon(item.state)?.paintIcon(this, g, t.px(17), (height - t.px(16)) / 2)
        val session = item.session
        val state = word(item.state)
        val draft = if (item.draft) Strings["session.draft"] else ""
        var right = width - t.px(20)
        g.font = t.small
        fun tail(text: String, color: Color) {
            if (text.isEmpty()) return
            right -= g.fontMetrics.stringWidth(text)
            g.color = color
            g.drawString(text, right, middle(g))
            right -= t.px(12)
        }
        tail(Format.ago(session.updated), t.faint)
        if (session.files > 0) tail("+${session.additions} −${session.deletions}", t.muted)
        tail(draft, t.muted)
        tail(state.orEmpty(), ink(item.state, t))
        val strong = item.current || item.state == SessionState.UNREAD || item.state == SessionState.WAITING
        g.font = if (strong) t.bold else t.font
        g.color = t.text
        g.drawString(
            g.fontMetrics.cut(item.session.title.ifBlank { Strings["header.untitled"] }, right - t.px(42)),
            t.px(42),
            middle(g),
        )
        if (item.current) {
            g.color = t.accent
            g.fillRoundRect(t.px(10), height / 4, t.px(3), height / 2, t.px(3), t.px(3))
        }
    }

    private fun found(g: Graphics2D, t: Theme, found: SessionLine.Found) {
        val match = found.match
        Icons.search.paintIcon(this, g, t.px(17), (height - t.px(16)) / 2)
        g.font = t.small
        val title = g.fontMetrics.cut(match.title.ifBlank { Strings["header.untitled"] }, width / 3)
        val right = width - t.px(20) - g.fontMetrics.stringWidth(title)
        g.color = t.muted
        g.drawString(title, right, middle(g))
        g.font = t.font
        g.clipRect(0, 0, right - t.px(12), height)
        val hit = match.excerpt.substring(match.start.coerceIn(0, match.excerpt.length), end(match))
        // What stands before the hit is cut so that the hit itself can be seen.
        val before = oneLine(match.excerpt.take(match.start)).takeLast(BEFORE)
        var x = t.px(42)
        fun part(text: String, color: Color, font: Font) {
            g.font = font
            g.color = color
            g.drawString(text, x, middle(g))
            x += g.fontMetrics.stringWidth(text)
        }
        part(if (before.length < match.start) "…$before" else before, t.muted, t.font)
        part(oneLine(hit), t.text, t.bold)
        part(oneLine(match.excerpt.drop(end(match))), t.muted, t.font)
    }

    private fun end(match: dev.kilo.shared.session.SessionMatch) =
        match.end.coerceIn(match.start.coerceIn(0, match.excerpt.length), match.excerpt.length)

    private fun middle(g: Graphics2D) = (height + g.fontMetrics.ascent - g.fontMetrics.descent) / 2

    internal companion object {
        const val HEIGHT = 32
        private const val BEFORE = 24

        private fun oneLine(text: String) = text.replace(Regex("\\s+"), " ")

        fun word(state: SessionState): String? = when (state) {
            SessionState.WAITING -> Strings["session.waiting"]
            SessionState.RUNNING -> Strings["session.running"]
            SessionState.FAILED -> Strings["session.failed"]
            SessionState.UNREAD -> Strings["session.unread"]
            SessionState.IDLE -> null
        }

        fun icon(state: SessionState) = when (state) {
            SessionState.WAITING -> Icons.shield.tinted { it.amber }
            SessionState.RUNNING -> Icons.spin
            SessionState.FAILED -> Icons.cross
            SessionState.UNREAD -> Icons.dot
            SessionState.IDLE -> null
        }

        fun ink(state: SessionState, t: Theme): Color = when (state) {
            SessionState.WAITING -> t.amber
            SessionState.RUNNING, SessionState.UNREAD -> t.accent
            SessionState.FAILED -> t.red
            SessionState.IDLE -> t.faint
        }

        /** What a screen reader says. */
        fun spoken(line: SessionLine): String = when (line) {
            is SessionLine.Heading -> line.text

            is SessionLine.Item -> listOfNotNull(
                line.session.title.ifBlank { Strings["header.untitled"] },
                word(line.state),
                Strings["session.draft"].takeIf { line.draft },
                Strings["session.current"].takeIf { line.current },
                Format.ago(line.session.updated),
            ).joinToString(", ")

            is SessionLine.Found -> "${line.match.title}: ${oneLine(line.match.excerpt)}"

            SessionLine.More -> Strings["sessions.more"]
        }
    }
}
