package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.Views
import dev.kilo.frontend.ui.onClick
import dev.kilo.frontend.ui.transcript.RowHost
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import javax.swing.Timer

/** A card for a call that changes or runs something. Heavy bodies are made only when the card is open. */
internal class CallView(host: RowHost, row: Row) : RowView(host, row, Insets4(5, 0, 5, 0)) {
    private val card =
        Card(border = { if ((row.body as RowBody.Call).waiting) it.edge(it.amber, 0.55) else it.line })
    private val head = Line(gap = 7, pad = Insets4(6, 11, 6, 8))
    private val kind = Caption("", { it.muted }, { it.small })
    private val title = Caption("", { it.text }, { it.font })
    private val plus = Caption("", { it.green }, { it.small })
    private val minus = Caption("", { it.red }, { it.small })
    private val note = Caption("", { it.muted }, { it.small })
    private val state = Caption()
    private val file = Quiet(null, Icons.goto, Strings["tool.file.open"])
    private val child = Quiet(Strings["tool.task.open"], null, Strings["tool.task.open.name"], { it.accent })
    private val arrow = Quiet(null, Icons.chevron, Strings["tool.open"])
    private val body = BodyView()
    private val images = ImageStrip(host, this)
    private val filler = Filler(host, this, body)
    private val ticker = Timer(TICK) { tick() }
    private val activity: () -> Unit = { tick() }

    init {
        head.add(kind)
        head.fill(title)
        for (end in listOf(plus, minus, note, child, file, state, arrow)) head.end(end)
        head.yielding = note
        card.add(head)
        card.add(body)
        card.add(images)
        add(card)
        arrow.addActionListener { toggle() }
        head.onClick(::toggle)
        file.addActionListener { ToolText.file(part)?.let { Views.open(this, it) } }
        child.name = "task.open"
        child.addActionListener { ToolText.child(part)?.let(host::openSession) }
    }

    private val part: Part.Tool get() = (row.body as RowBody.Call).part

    override fun addNotify() {
        super.addNotify()
        host.session.activities.listen(activity)
        if (runs(part.state)) ticker.start()
    }

    override fun removeNotify() {
        ticker.stop()
        host.session.activities.forget(activity)
        super.removeNotify()
    }

    private fun runs(state: ToolState) = state is ToolState.Running

    private fun toggle() {
        if (!arrow.isVisible) return
        host.setOpen(row.key, !host.isOpen(row.key, default()))
        render()
        host.resized(this)
    }

    override fun activate(): Boolean {
        if (!arrow.isVisible) return false
        toggle()
        return true
    }

    private fun default(): Boolean {
        val call = row.body as RowBody.Call
        val part = call.part
        // The decision's own card shows what is asked.
        if (call.waiting) return false
        return when (part.tool) {
            "edit", "write", "multiedit", "apply_patch" -> true
            "bash" -> part.state is ToolState.Running || ToolText.outputLines(part) <= SHORT
            "todowrite", "question", "plan_exit" -> true
            else -> part.state is ToolState.Failed
        }
    }

    override fun render() {
        val call = row.body as RowBody.Call
        val part = call.part
        kind.icon = iconOf(part.tool)
        kind.text = ToolText.kind(part)
        title.text = ToolText.title(part)
        title.toolTipText = title.text
        val broke = part.tool == "bash" && (ToolText.exit(part) ?: 0) != 0
        state.icon = if (broke && part.state is ToolState.Completed) Icons.warn else stateIcon(part.state, call.waiting)
        state.toolTipText = stateName(part.state, call.waiting)
        val (added, removed) = ToolText.counts(part) ?: (0 to 0)
        plus.text = if (added > 0) "+$added" else ""
        minus.text = if (removed > 0) "−$removed" else ""
        plus.isVisible = added > 0
        minus.isVisible = removed > 0
        file.isVisible = ToolText.file(part) != null
        child.isVisible = ToolText.child(part) != null
        card.getAccessibleContext().accessibleName =
            "${kind.text} ${title.text}, ${stateName(part.state, call.waiting)}"
        if (runs(part.state) && isDisplayable) ticker.start() else ticker.stop()
        tick()
        val open = host.isOpen(row.key, default())
        arrow.isVisible = ToolText.hasBody(part)
        arrow.icon = if (open) Icons.chevronDown else Icons.chevron
        arrow.getAccessibleContext().accessibleDescription =
            Strings[if (open) "accessible.open" else "accessible.closed"]
        filler.show(if (open) part else null)
        images.show((part.state as? ToolState.Completed)?.attachments.orEmpty())
    }

    /** What changes while it runs: the time, and what a sub-agent is at. */
    private fun tick() {
        val call = row.body as RowBody.Call
        val text = if (call.waiting) Strings["tool.waiting"] else progress(call.part)
        if (text == note.text) return
        note.text = text
        note.isVisible = text.isNotEmpty()
        head.revalidate()
        head.doLayout()
        head.repaint()
    }

    private fun progress(part: Part.Tool): String {
        val state = part.state
        val said = ArrayList<String>()
        if (part.tool == "bash") ToolText.exit(part)?.takeIf { it != 0 }?.let { said += Strings("bash.exit", "$it") }
        if (part.tool == "task") {
            val now = ToolText.child(part)?.let { host.session.activities[it] }
            if (state is ToolState.Running) now?.tool?.let(said::add)
            if (now != null && now.calls > 0) said += Strings("tool.task.calls", now.calls)
            if (now != null && now.tokens > 0) said += Strings("footer.tokens", Format.count(now.tokens))
        }
        if (state is ToolState.Running) ToolText.progress(part)?.let(said::add)
        if (part.tool == "bash" || part.tool == "task" || state is ToolState.Running) elapsed(state)?.let(said::add)
        return said.joinToString("  ·  ")
    }

    private fun elapsed(state: ToolState): String? = when (state) {
        is ToolState.Running -> (System.currentTimeMillis() - state.started).takeIf {
            it > SILENT
        }?.let(Format::duration)

        is ToolState.Completed -> Format.duration(state.ended - state.started)

        is ToolState.Failed -> Format.duration(state.ended - state.started)

        is ToolState.Pending -> null
    }

    private companion object {
        const val SHORT = 12
        const val TICK = 1000
        const val SILENT = 1500L
    }
}
