package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.markdown.Block
import dev.kilo.frontend.markdown.MarkdownStream
import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.transcript.Delivery
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.CallView
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.ExploreView
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.MarkdownView
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Views
import dev.kilo.frontend.ui.Work
import dev.kilo.frontend.ui.onClick
import dev.kilo.frontend.ui.smooth
import java.text.NumberFormat
import java.util.Locale
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.ThreadFactory
import javax.swing.SwingUtilities

/** What a row needs of the transcript around it. */
internal interface RowHost {
    val session: SessionModel
    val work: Work

    fun isOpen(key: String, default: Boolean = false): Boolean

    fun setOpen(key: String, open: Boolean)

    /** The height of [view] may have changed. */
    fun resized(view: RowView)

    fun edit(text: String)
}

/** The view of one row; retained and updated, never rebuilt for a change of its text. */
internal abstract class RowView(val host: RowHost, val row: Row, pad: Insets4 = Insets4(0, 0)) :
    Stack(gap = 0, pad = pad) {
    private var shown = -1

    fun update() {
        if (row.version == shown) return
        shown = row.version
        render()
    }

    protected abstract fun render()

    companion object {
        fun of(host: RowHost, row: Row): RowView = when (row.body) {
            is RowBody.Prompt -> PromptView(host, row)
            is RowBody.Answer -> AnswerView(host, row)
            is RowBody.Thought -> ThoughtView(host, row)
            is RowBody.Call -> CallView(host, row)
            is RowBody.Explore -> ExploreView(host, row)
            is RowBody.Failure -> FailureView(host, row)
            is RowBody.Footer -> FooterView(host, row)
        }.also { it.update() }
    }
}

private class PromptView(host: RowHost, row: Row) : RowView(host, row, Insets4(14, 0, 10, 0)) {
    private val card = Card(gap = 4, pad = Insets4(9, 13), fill = { it.bubble }, border = { null }, radius = 10)
    private val text = FlowText()
    private val files = Caption("", { it.muted }, { it.small }, Icons.file)
    private val problem = FlowText("", { it.red }, { it.small })
    private val retry = Pill(Strings["prompt.retry"], Strings["prompt.retry"], primary = true)
    private val back = Pill(Strings["prompt.edit"], Strings["prompt.edit"], primary = false)
    private val actions = Line().apply {
        add(retry)
        add(back)
    }

    init {
        card.add(text)
        card.add(files)
        card.add(problem)
        card.add(actions)
        add(card)
        val id = row.key.substringAfter(':')
        retry.addActionListener { host.session.retry(id) }
        back.addActionListener { host.session.takeBack(id)?.let(host::edit) }
    }

    override fun render() {
        val body = row.body as RowBody.Prompt
        text.set(body.text)
        text.getAccessibleContext().accessibleName = Strings("accessible.you", body.text)
        files.isVisible = body.files.isNotEmpty()
        files.text = body.files.joinToString(", ")
        val failed = body.state as? Delivery.Failed
        problem.isVisible = failed != null
        actions.isVisible = failed != null
        problem.set(failed?.let { Strings("prompt.failed", it.message) }.orEmpty())
    }
}

private class AnswerView(host: RowHost, row: Row) : RowView(host, row, Insets4(5, 2, 5, 2)) {
    private val markdown = MarkdownView()
    private val stream = MarkdownStream()
    private var busy = false
    private var first = true

    init {
        add(markdown)
        getAccessibleContext().accessibleName = Strings["accessible.answer"]
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

/** A line that opens and closes what is below it. */
internal class Fold(
    private val host: RowHost,
    private val view: RowView,
    private val key: String,
    private val default: Boolean = false,
) : Line(gap = 6, pad = Insets4(3, 0)) {
    private val arrow = Caption(icon = Icons.chevron)
    val title = Caption("", { it.muted }, { it.font })
    val extra = Caption("", { it.faint }, { it.small })
    val open: Boolean get() = host.isOpen(key, default)
    var changed: (Boolean) -> Unit = {}

    init {
        add(arrow)
        fill(title)
        add(extra)
        isFocusable = true
        onClick(::toggle)
        inputMap.put(javax.swing.KeyStroke.getKeyStroke("SPACE"), "toggle")
        inputMap.put(javax.swing.KeyStroke.getKeyStroke("ENTER"), "toggle")
        actionMap.put(
            "toggle",
            object : javax.swing.AbstractAction() {
                override fun actionPerformed(e: java.awt.event.ActionEvent?) = toggle()
            },
        )
        addFocusListener(object : java.awt.event.FocusListener {
            override fun focusGained(e: java.awt.event.FocusEvent?) = repaint()

            override fun focusLost(e: java.awt.event.FocusEvent?) = repaint()
        })
        refresh()
    }

    override fun getAccessibleContext(): javax.accessibility.AccessibleContext {
        if (accessibleContext == null) {
            accessibleContext = object : AccessibleJComponent() {
                override fun getAccessibleRole() = javax.accessibility.AccessibleRole.TOGGLE_BUTTON

                override fun getAccessibleName(): String = title.text
            }
        }
        return accessibleContext
    }

    override fun paintComponent(g: java.awt.Graphics) {
        if (!isFocusOwner) return
        val g2 = g.smooth()
        g2.color = Theme.now.accent
        g2.drawRoundRect(0, 0, width - 1, height - 1, 8, 8)
        g2.dispose()
    }

    private fun toggle() {
        host.setOpen(key, !open)
        refresh()
        changed(open)
        host.resized(view)
    }

    fun refresh() {
        arrow.icon = if (open) Icons.chevronDown else Icons.chevron
    }
}

private class ThoughtView(host: RowHost, row: Row) : RowView(host, row, Insets4(3, 2, 3, 2)) {
    private val fold = Fold(host, this, row.key)
    private val body = MarkdownView({ it.muted })
    private val box = Stack(pad = Insets4(2, 22, 6, 0)).apply { add(body) }
    private val stream = MarkdownStream()
    private var busy = false

    init {
        add(fold)
        add(box)
        fold.changed = { render() }
    }

    override fun render() {
        val thought = row.body as RowBody.Thought
        val end = thought.ended
        fold.title.text =
            if (end ==
                null
            ) {
                Strings["thought.running"]
            } else {
                Strings("thought.done", Format.duration(end - thought.started))
            }
        box.isVisible = fold.open
        if (!fold.open || busy) return
        val text = thought.buffer.text
        val revision = thought.buffer.revision
        busy = true
        host.work.run({ stream.update(text, end != null) }) { blocks ->
            busy = false
            body.show(blocks)
            host.resized(this)
            if ((row.body as RowBody.Thought).buffer.revision != revision) render()
        }
    }
}

private class FailureView(host: RowHost, row: Row) : RowView(host, row, Insets4(6, 0, 6, 0)) {
    private val stopped = Caption(Strings["failure.stopped"], { it.muted }, { it.font }, Icons.stop.tinted { it.faint })
    private val card =
        Card(gap = 3, pad = Insets4(9, 12), fill = {
            Theme.mix(it.red, it.background, 0.08)
        }, border = { Theme.mix(it.red, it.background, 0.35) })
    private val title = Caption("", { it.text }, { it.bold }, Icons.alert)
    private val text = FlowText()

    init {
        card.add(title)
        card.add(Stack(pad = Insets4(0, 22, 0, 0)).apply { add(text) })
        add(stopped)
        add(card)
    }

    override fun render() {
        val failure = row.body as RowBody.Failure
        stopped.isVisible = failure.stopped
        card.isVisible = !failure.stopped
        val code = failure.error.statusCode
        title.text = if (code == null) Strings["failure.title"] else Strings("failure.code", code.toString())
        text.set(failure.error.message)
    }
}

private class FooterView(host: RowHost, row: Row) : RowView(host, row, Insets4(5, 2, 8, 2)) {
    private val line = Line(gap = 4)
    private val text = Caption("", { it.faint }, { it.small })

    init {
        line.fill(text)
        line.end(Quiet(null, Icons.copy.tinted { it.faint }, Strings["copy.answer"])).addActionListener { copyTurn() }
        add(line)
    }

    override fun render() {
        val f = row.body as RowBody.Footer
        text.text = listOfNotNull(
            f.model,
            Format.duration(f.millis),
            Strings("footer.tokens", Format.count(f.tokens)).takeIf { f.tokens > 0 },
            Format.money(f.cost).takeIf { f.cost > 0 },
        ).joinToString("  ·  ")
    }

    private fun copyTurn() {
        val rows = host.session.transcript.rows
        val from = (row.index downTo 0).firstOrNull { rows[it].body is RowBody.Prompt } ?: 0
        Views.copy(
            rows.subList(from, row.index).mapNotNull {
                (it.body as? RowBody.Answer)?.buffer?.text
            }.joinToString("\n\n"),
        )
    }
}
