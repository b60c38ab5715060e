package dev.kilo.frontend.ui

import dev.kilo.frontend.model.Notice
import dev.kilo.frontend.model.Notices
import java.awt.KeyboardFocusManager
import javax.swing.SwingUtilities

/** Problems, until they are dismissed. */
internal class NoticeBox(private val notices: Notices, private val refocus: () -> Unit) :
    Stack(gap = 4, pad = Insets4(0, 14, 2, 14)) {
    fun show(list: List<Notice>) {
        val owner = KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner
        // A button that goes would take the focus along to nowhere, and all keys with it.
        if (owner != null && SwingUtilities.isDescendingFrom(owner, this)) refocus()
        removeAll()
        isVisible = list.isNotEmpty()
        for (notice in list.takeLast(4)) {
            val ink: (Theme) -> java.awt.Color = when (notice.severity) {
                Notice.Severity.ERROR -> { t -> t.red }
                Notice.Severity.WARNING -> { t -> t.amber }
                Notice.Severity.INFO -> { t -> t.accent }
            }
            val card =
                Card(pad = Insets4(6, 11, 6, 6), fill = {
                    Theme.mix(ink(it), it.background, 0.09)
                }, border = { it.edge(ink(it), 0.35) })
            card.name = "notice"
            val close = Quiet(null, Icons.close, Strings["notice.dismiss"])
            close.addActionListener { notices.dismiss(notice.id) }
            val text = FlowText(notice.text, { it.text }, { it.small })
            card.add(Beside(text, notice.action?.let { buttons(notice, it, close) } ?: close))
            add(card)
        }
        revalidate()
        repaint()
    }

    private fun buttons(notice: Notice, action: Notice.Action, close: Quiet) = Line(gap = 4).apply {
        val act = Quiet(action.label, null, action.label, { it.accent })
        act.name = "notice.action"
        act.addActionListener {
            notices.dismiss(notice.id)
            action.run()
        }
        add(act)
        add(close)
    }
}
