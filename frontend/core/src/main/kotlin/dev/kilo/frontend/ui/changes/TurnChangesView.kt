package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.transcript.RowHost
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.shared.change.ChangedFile
import java.awt.Font
import javax.swing.SwingConstants

/** At the end of a turn: which files it changed. A click shows how. */
internal class TurnChangesView(host: RowHost, row: Row) : RowView(host, row, Insets4(6, 0, 4, 0)) {
    private val card = Card(gap = 2, pad = Insets4(7, 11, 7, 8))
    private val head = Line(gap = 8, min = 24)
    private val title = Caption("", { it.text }, { it.bold }, Icons.changes)
    private val counts = Counts()
    private val review = Quiet(Strings["changes.review"], null, Strings["changes.review.tip"], { it.link })
    private val list = Stack(gap = 0, pad = Insets4(2, 0, 0, 0))
    private val more = Quiet("", null, Strings["changes.more.tip"], { it.muted })
    private var shown: RowBody.Changes? = null

    init {
        review.name = "turn.changes"
        head.add(title)
        head.add(counts)
        head.end(review)
        card.add(head)
        card.add(list)
        card.add(Line().apply { add(more) })
        add(card)
        review.addActionListener { open(null) }
        more.addActionListener {
            host.setOpen(row.key, !host.isOpen(row.key))
            fill()
            host.resized(this)
        }
    }

    override fun render() {
        val body = row.body as RowBody.Changes
        if (body == shown) return
        shown = body
        title.text = ChangeTexts.files(body.files.size)
        counts.show(body.files.sumOf { it.additions }, body.files.sumOf { it.deletions })
        val name = Strings("changes.turn.name", title.text, counts.spoken)
        card.getAccessibleContext().accessibleName = name
        review.getAccessibleContext().accessibleName = "${Strings["changes.review"]}: $name"
        fill()
    }

    private fun fill() {
        val files = shown?.files ?: return
        val open = host.isOpen(row.key)
        val some = if (open) files.take(MOST) else files.take(FEW)
        // Lines are kept and filled anew: while an agent works this comes with every step.
        while (list.componentCount > some.size) list.remove(list.componentCount - 1)
        while (list.componentCount < some.size) list.add(FileLine(::open))
        some.forEachIndexed { i, file -> (list.getComponent(i) as FileLine).show(file) }
        val left = files.size - some.size
        more.parent.isVisible = left > 0 || (open && files.size > FEW)
        more.text = if (left > 0 && !open) Strings("changes.more", left) else Strings["changes.fewer"]
    }

    private fun open(file: ChangedFile?) {
        val body = shown ?: return
        ChangesPage.open(this, body.messageId, file?.file)
    }

    private class FileLine(open: (ChangedFile) -> Unit) : Line(gap = 8, min = 22) {
        private var file: ChangedFile? = null
        private val mark = Caption("", { it.muted }, { it.small })
        private val name = object : Quiet("", null, Strings["changes.open"], { it.text }) {
            override fun getFont(): Font = Theme.now.small
        }
        private val counts = Counts()

        init {
            name.horizontalAlignment = SwingConstants.LEADING
            add(mark)
            fill(name)
            end(counts)
            name.addActionListener { file?.let(open) }
        }

        fun show(next: ChangedFile) {
            if (next == file) return
            file = next
            mark.icon = Icons.ofChange(next.kind)
            mark.toolTipText = ChangeTexts.kind(next)
            name.text = next.from?.let { "$it → ${next.file}" } ?: next.file
            name.toolTipText = Strings("changes.open.file", next.file)
            counts.show(next)
            name.getAccessibleContext().accessibleName = ChangeTexts.spoken(next)
        }
    }

    private companion object {
        const val FEW = 5
        const val MOST = 200
    }
}
