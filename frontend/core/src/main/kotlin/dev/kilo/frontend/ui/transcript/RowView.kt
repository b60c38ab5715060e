package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.markdown.Block
import dev.kilo.frontend.markdown.MarkdownStream
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.transcript.Delivery
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Beside
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.MarkdownView
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Round
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Work
import dev.kilo.frontend.ui.changes.TurnChangesView
import dev.kilo.frontend.ui.smooth
import dev.kilo.frontend.ui.tool.CallView
import dev.kilo.frontend.ui.tool.ExploreView
import dev.kilo.frontend.ui.tool.ImageStrip
import kotlin.math.roundToInt

/** What a row needs of the transcript around it. */
internal interface RowHost {
    val session: SessionModel
    val work: Work

    fun isOpen(key: String, default: Boolean = false): Boolean

    fun setOpen(key: String, open: Boolean)

    /** The height of [view] may have changed. */
    fun resized(view: RowView)

    fun edit(text: String)

    /** Shows another session in this one's place, such as a sub-agent's. */
    fun openSession(id: String)
}

/** The view of one row; retained and updated, never rebuilt for a change of its text. */
internal abstract class RowView(val host: RowHost, val row: Row, pad: Insets4 = Insets4(0, 0)) :
    Stack(gap = 0, pad = pad) {
    private var shown = -1

    init {
        isFocusable = true
        val repaint = object : java.awt.event.FocusListener {
            override fun focusGained(e: java.awt.event.FocusEvent?) = repaint()

            override fun focusLost(e: java.awt.event.FocusEvent?) = repaint()
        }
        addFocusListener(repaint)
    }

    /** The focus is on the row or on something in it. */
    fun holdsFocus(): Boolean {
        val owner = java.awt.KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner ?: return false
        return owner === this || javax.swing.SwingUtilities.isDescendingFrom(owner, this)
    }

    override fun getAccessibleContext(): javax.accessibility.AccessibleContext {
        if (accessibleContext == null) {
            accessibleContext = object : AccessibleJComponent() {
                override fun getAccessibleRole() = javax.accessibility.AccessibleRole.LIST_ITEM

                override fun getAccessibleName(): String = RowText.name(row)

                override fun getAccessibleDescription(): String = RowText.describe(row)
            }
        }
        return accessibleContext
    }

    override fun paintComponent(g: java.awt.Graphics) {
        if (!isFocusOwner) return
        val g2 = g.smooth()
        g2.color = Theme.now.accent
        Round.draw(g2, 0, 1, width, height - 2, Theme.now.px(8))
        g2.dispose()
    }

    fun update() {
        if (row.version == shown) return
        shown = row.version
        render()
    }

    protected abstract fun render()

    /** Enter on the row: opens or folds it. False when there is nothing to open. */
    open fun activate(): Boolean = fold?.toggle() != null

    /** The head that opens the row, where it has one. */
    protected open val fold: Fold? get() = null

    /** Shows the row anew after what is open in it was changed from outside. */
    fun refresh() = render()

    override fun getComponentPopupMenu(): javax.swing.JPopupMenu = RowMenu.of(this)

    companion object {
        /** About how high [row] will be in a window of [width]. */
        fun estimate(row: Row, width: Int): Int {
            val t = Theme.now
            val chars = (width / (t.font.size2D * 0.55f)).coerceAtLeast(20f)
            return when (val body = row.body) {
                is RowBody.Answer -> t.px(12) + ((body.buffer.length / chars + 1) * t.font.size2D * 1.5f).roundToInt()
                is RowBody.Prompt -> t.px(46) + ((body.text.length / chars) * t.font.size2D * 1.4f).roundToInt()
                is RowBody.Call -> t.px(44)
                is RowBody.Condensed, is RowBody.Explore, is RowBody.Footer, is RowBody.Thought -> t.px(28)
                is RowBody.Changes -> t.px(46) + minOf(body.files.size, 6) * t.px(22)
                is RowBody.Failure -> t.px(60)
            }
        }

        fun of(host: RowHost, row: Row): RowView = when (row.body) {
            is RowBody.Prompt -> PromptView(host, row)
            is RowBody.Answer -> AnswerView(host, row)
            is RowBody.Thought -> ThoughtView(host, row)
            is RowBody.Call -> CallView(host, row)
            is RowBody.Explore -> ExploreView(host, row)
            is RowBody.Failure -> FailureView(host, row)
            is RowBody.Condensed -> CondensedView(host, row)
            is RowBody.Changes -> TurnChangesView(host, row)
            is RowBody.Footer -> FooterView(host, row)
        }.also { it.update() }
    }
}

private class PromptView(host: RowHost, row: Row) : RowView(host, row, Insets4(14, 0, 10, 0)) {
    private val card = Card(gap = 4, pad = Insets4(9, 13), fill = { it.bubble }, border = { null }, radius = 10)
    private val text = FlowText()
    private val files = Caption("", { it.muted }, { it.small }, Icons.file)
    private val images = ImageStrip(host, this, Insets4(3, 0, 2, 0))
    private val problem = FlowText("", { it.red }, { it.small })
    private val change = Quiet(null, Icons.pencil.tinted { it.faint }, Strings["prompt.change"])
    private val rollback = Quiet(null, Icons.undo.tinted { it.faint }, Strings["rollback.button"])
    private val retry = Pill(Strings["prompt.retry"], Strings["prompt.retry"], primary = true)
    private val back = Pill(Strings["prompt.edit"], Strings["prompt.edit"], primary = false)
    private val actions = Line().apply {
        add(retry)
        add(back)
    }

    init {
        rollback.name = "prompt.rollback"
        rollback.toolTipText = Strings["rollback.button.tip"]
        change.name = "prompt.change"
        change.toolTipText = Strings["prompt.change.tip"]
        card.add(
            Beside(
                text,
                Line().apply {
                    add(change)
                    add(rollback)
                },
            ),
        )
        card.add(files)
        card.add(images)
        card.add(problem)
        card.add(actions)
        add(card)
        val id = row.key.substringAfter(':')
        retry.addActionListener { host.session.retry(id) }
        change.addActionListener { host.session.composer.rewind(id) }
        rollback.addActionListener { host.session.rollback.ask(id, (row.body as RowBody.Prompt).text) }
        back.addActionListener { host.session.takeBack(id)?.let(host::edit) }
    }

    override fun render() {
        val body = row.body as RowBody.Prompt
        text.set(body.text)
        text.getAccessibleContext().accessibleName = Strings("accessible.you", body.text)
        images.show(body.images)
        files.isVisible = body.files.isNotEmpty()
        files.text = body.files.joinToString(", ")
        val failed = body.state as? Delivery.Failed
        problem.isVisible = failed != null
        actions.isVisible = failed != null
        rollback.isVisible = body.state == Delivery.Sent
        change.isVisible = rollback.isVisible
        problem.set(failed?.let { Strings("prompt.failed", it.message) }.orEmpty())
    }
}

private class AnswerView(host: RowHost, row: Row) : RowView(host, row, Insets4(5, 0, 5, 0)) {
    private val markdown = MarkdownView()
    private val stream = MarkdownStream()
    private var busy = false
    private var first = true

    init {
        add(markdown)
    }

    /** Until the first parse is done the row takes about the place that it will need. */
    override fun heightFor(width: Int): Int {
        val height = super.heightFor(width)
        return if (markdown.componentCount > 0 || !busy) height else maxOf(height, estimate(row, width))
    }

    /** At most one parse is on its way; what arrives meanwhile goes into the next. The first, if short, is done at once. */
    override fun render() {
        if (busy) return
        val body = row.body as RowBody.Answer
        val text = body.buffer.text
        val revision = body.buffer.revision
        if (first && text.length < INSTANT) {
            first = false
            markdown.show(stream.update(text, body.ended))
            return
        }
        first = false
        busy = true
        host.work.run<List<Block>>({ stream.update(text, body.ended) }) { blocks ->
            busy = false
            markdown.show(blocks)
            host.resized(this)
            val now = row.body as RowBody.Answer
            if (now.buffer !== body.buffer || now.buffer.revision != revision || now.ended != body.ended) render()
        }
    }

    private companion object {
        const val INSTANT = 1500
    }
}
