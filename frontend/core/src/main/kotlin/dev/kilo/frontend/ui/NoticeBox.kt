package dev.kilo.frontend.ui

import dev.kilo.frontend.model.Notice
import dev.kilo.frontend.model.Notices

/** Problems, until they are dismissed. */
internal class NoticeBox(private val notices: Notices) : Stack(gap = 4, pad = Insets4(0, 14, 2, 14)) {
    fun show(list: List<Notice>) {
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
                }, border = { Theme.mix(ink(it), it.background, 0.35) })
            card.name = "notice"
            val close = Quiet(null, Icons.close, Strings["notice.dismiss"])
            close.addActionListener { notices.dismiss(notice.id) }
            card.add(Beside(FlowText(notice.text, { it.text }, { it.small }), close))
            add(card)
        }
        revalidate()
        repaint()
    }
}
