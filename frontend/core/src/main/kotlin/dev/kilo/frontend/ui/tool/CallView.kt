package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Highlighter
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.CodeText
import dev.kilo.frontend.ui.Diffs
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Separator
import dev.kilo.frontend.ui.Sideways
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.onClick
import dev.kilo.frontend.ui.tool.CallView
import dev.kilo.frontend.ui.transcript.RowHost
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState

/** A card for a call that changes or runs something. Heavy bodies are made only when the card is open. */
internal class CallView(host: RowHost, row: Row) : RowView(host, row, Insets4(5, 0, 5, 0)) {
    private val card =
        Card(border = { if ((row.body as RowBody.Call).waiting) Theme.mix(it.amber, it.background, 0.55) else it.line })
    private val head = Line(gap = 7, pad = Insets4(6, 11, 6, 8))
    private val kind = Caption("", { it.muted }, { it.small })
    private val title = Caption("", { it.text }, { it.font })
    private val plus = Caption("", { it.green }, { it.small })
    private val minus = Caption("", { it.red }, { it.small })
    private val note = Caption("", { it.muted }, { it.small })
    private val state = Caption()
    private val arrow = Quiet(null, Icons.chevron, Strings["tool.open"])
    private val body = Stack()
    private var bodyOf: Any? = null
    private var loading: Any? = null

    init {
        head.add(kind)
        head.fill(title)
        head.end(plus)
        head.end(minus)
        head.end(note)
        head.end(state)
        head.end(arrow)
        card.add(head)
        card.add(body)
        add(card)
        arrow.addActionListener { toggle() }
        head.onClick(::toggle)
    }

    private fun toggle() {
        if (!arrow.isVisible) return
        host.setOpen(row.key, !host.isOpen(row.key, default()))
        render()
        host.resized(this)
    }

    private fun default(): Boolean {
        val call = row.body as RowBody.Call
        val part = call.part
        // The decision's own card shows what is asked.
        if (call.waiting) return false
        return when (part.tool) {
            "edit", "write", "multiedit", "apply_patch" -> true
            "bash" -> part.state is ToolState.Running || ToolText.outputLines(part) <= SHORT
            "todowrite" -> true
            else -> part.state is ToolState.Failed
        }
    }

    override fun render() {
        val call = row.body as RowBody.Call
        val part = call.part
        kind.icon = when (part.tool) {
            "edit", "write", "multiedit", "apply_patch" -> Icons.pencil
            "bash" -> Icons.terminal
            "todowrite", "todoread" -> Icons.list
            "read" -> Icons.file
            "glob", "grep", "list", "websearch", "lsp" -> Icons.search
            else -> Icons.tool
        }
        kind.text = ToolText.kind(part)
        title.text = ToolText.title(part)
        title.toolTipText = title.text
        state.icon = stateIcon(part.state, call.waiting)
        state.toolTipText = stateName(part.state, call.waiting)
        val (added, removed) = ToolText.counts(part) ?: (0 to 0)
        plus.text = if (added > 0) "+$added" else ""
        minus.text = if (removed > 0) "−$removed" else ""
        plus.isVisible = added > 0
        minus.isVisible = removed > 0
        note.text = when {
            call.waiting -> Strings["tool.waiting"]

            part.tool == "bash" -> ToolText.exit(part)?.takeIf { it != 0 }?.let { Strings("bash.exit", it.toString()) }
                ?: time(part.state)

            else -> ""
        }
        note.isVisible = note.text.isNotEmpty()
        card.getAccessibleContext().accessibleName =
            "${kind.text} ${title.text}, ${stateName(part.state, call.waiting)}"
        fill(part)
    }

    private fun time(state: ToolState): String = (state as? ToolState.Completed)?.let {
        Format.duration(it.ended - it.started)
    }.orEmpty()

    private fun fill(part: Part.Tool) {
        val open = host.isOpen(row.key, default())
        val content = if (open) ToolText.content(part) else null
        arrow.isVisible = ToolText.hasContent(part)
        arrow.icon = if (open) Icons.chevronDown else Icons.chevron
        if (content == bodyOf) return
        bodyOf = content
        if (content == null) {
            body.removeAll()
            body.revalidate()
            return
        }
        when (content) {
            is ToolText.Content.Diff -> lines(content, true) { Diffs.parse(content.patch, content.file).lines }

            is ToolText.Content.NewFile -> lines(content, true) {
                Highlighter.lines(content.text, Highlighter.languageOf(content.file)).mapIndexed { i, l ->
                    CodeLine(
                        l.spans,
                        CodeLine.Kind.ADDED,
                        i + 1,
                    )
                }
            }

            is ToolText.Content.Terminal -> lines(content, false) {
                Diffs.terminal("$ ${content.command}").map { CodeLine(it.spans) } +
                    if (content.output.isEmpty()) emptyList() else Diffs.terminal(content.output, MOST_LINES)
            }

            is ToolText.Content.Plain -> lines(content, false) { Diffs.terminal(content.text, MOST_LINES) }

            is ToolText.Content.Problem -> replace(
                Stack(pad = Insets4(0, 34, 9, 12)).apply {
                    add(FlowText(content.text, { it.red }, { it.small }))
                },
            )

            is ToolText.Content.Todos -> replace(
                Stack(gap = 3, pad = Insets4(0, 12, 9, 12)).apply {
                    content.todos.forEach { add(TodoLine(it)) }
                },
            )
        }
    }

    private fun lines(content: Any, gutter: Boolean, make: () -> List<CodeLine>) {
        loading = content
        host.work.run(make) { lines ->
            if (loading != content) return@run
            val old = (body.components.firstOrNull() as? CodeBox)?.takeIf { it.gutter == gutter }
            if (old != null) old.code.lines = lines else replace(CodeBox(lines, gutter))
            host.resized(this)
        }
    }

    private fun replace(view: javax.swing.JComponent) {
        body.removeAll()
        body.add(view)
        body.revalidate()
        body.repaint()
    }

    /** Long output gets its own scroll bar. */
    private class CodeBox(lines: List<CodeLine>, val gutter: Boolean) : Stack(pad = Insets4(0, 1, 6, 1)) {
        val code = CodeText(lines, gutter)

        init {
            add(Separator())
            add(Stack(pad = if (gutter) Insets4(0, 0) else Insets4(0, 12, 0, 4)).apply { add(Tall(code)) })
        }
    }

    private companion object {
        const val SHORT = 12
        const val MOST_LINES = 2000
    }
}

/** At most [MOST] lines high; longer content scrolls inside. */
private class Tall(private val code: CodeText) : Stack() {
    private val free = Sideways(code)
    private var bounded: Sideways? = null

    init {
        add(free)
        addPropertyChangeListener("ancestor") { settle() }
    }

    private fun settle() {
        val long = code.lines.size > MOST
        if (long == (bounded != null)) return
        removeAll()
        if (long) {
            add(Sideways(code, 330).also { bounded = it })
        } else {
            bounded = null
            add(Sideways(code))
        }
    }

    override fun heightFor(width: Int): Int {
        settle()
        return super.heightFor(width)
    }

    private companion object {
        const val MOST = 24
    }
}
