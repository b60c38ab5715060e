package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.markdown.Block
import dev.kilo.frontend.markdown.Markdown
import dev.kilo.frontend.markdown.Run
import dev.kilo.frontend.markdown.Style
import dev.kilo.frontend.model.transcript.ToolBody
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.CodeText
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.MarkdownView
import dev.kilo.frontend.ui.Separator
import dev.kilo.frontend.ui.Sideways
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Views
import javax.swing.JComponent
import javax.swing.SwingUtilities

/** What a card shows when it is open, made ready off the EDT. */
internal class Ready(val body: ToolBody, val painted: Painted?, val blocks: List<Block>) {
    companion object {
        fun of(body: ToolBody): Ready = Ready(body, ToolLines.of(body), blocks(body))

        private fun blocks(body: ToolBody): List<Block> = when (body) {
            is ToolBody.Plan -> Markdown.parse(body.text)

            is ToolBody.Task -> Markdown.parse(body.report.orEmpty())

            is ToolBody.Page -> Markdown.parse(body.text.take(PAGE))

            is ToolBody.Skill -> Markdown.parse(body.text)

            is ToolBody.Answers, is ToolBody.Call, is ToolBody.Diff, is ToolBody.Files, is ToolBody.Hits,
            is ToolBody.Lines, is ToolBody.Matches, is ToolBody.NewFile, is ToolBody.Problem, is ToolBody.Terminal,
            is ToolBody.Todos,
            -> emptyList()
        }

        private const val PAGE = 60_000
    }
}

/** The inside of an open card; takes a newer body of the same kind in place, so that streaming output doesn't flicker. */
internal class BodyView : Stack() {
    private var code: CodeBox? = null

    fun show(ready: Ready) {
        val painted = ready.painted
        if (painted != null) {
            val old = code
            if (old != null && old.gutter == painted.gutter) {
                old.show(painted)
                return
            }
            code = CodeBox(painted).also(::replace)
            return
        }
        code = null
        replace(view(ready.body, ready.blocks))
    }

    fun clear() {
        code = null
        if (componentCount == 0) return
        removeAll()
        revalidate()
    }

    private fun replace(view: JComponent) {
        removeAll()
        add(view)
        revalidate()
        repaint()
    }

    private fun view(body: ToolBody, blocks: List<Block>): JComponent = when (body) {
        is ToolBody.Todos -> padded(gap = 3) { body.todos.forEach { add(TodoLine(it)) } }

        is ToolBody.Problem -> padded { add(FlowText(body.text.take(PROBLEM), { it.red }, { it.small })) }

        is ToolBody.Page -> padded(gap = 6) {
            add(link(body.url, body.url))
            val facts = listOfNotNull(body.status?.toString(), body.type).joinToString("  ·  ")
            if (facts.isNotEmpty()) add(Line().apply { add(Caption(facts, { it.muted }, { it.small })) })
            add(Separator())
            add(tall(blocks))
        }

        is ToolBody.Hits -> padded(gap = 8) {
            for (hit in body.hits) {
                add(
                    Stack(gap = 1).apply {
                        add(link(hit.title, hit.url))
                        add(FlowText(hit.url, { it.green }, { it.small }))
                        if (hit.text.isNotEmpty()) add(FlowText(hit.text, { it.muted }, { it.small }))
                    },
                )
            }
        }

        is ToolBody.Answers -> padded(gap = 7) {
            for (answer in body.answers) {
                add(
                    Stack(gap = 2).apply {
                        add(FlowText(answer.question, { it.muted }))
                        if (answer.answers.isEmpty()) {
                            val key = if (body.dismissed) "tool.answer.dismissed" else "tool.answer.none"
                            add(FlowText(Strings[key], { it.faint }))
                        } else {
                            answer.answers.forEach { add(Answered(it)) }
                        }
                    },
                )
            }
        }

        is ToolBody.Plan -> padded { add(MarkdownView().also { it.show(blocks) }) }

        is ToolBody.Skill -> padded(gap = 5) {
            body.folder?.let { add(Line().apply { fill(Caption(it, { t -> t.muted }, { t -> t.small }, Icons.file)) }) }
            add(tall(blocks))
        }

        is ToolBody.Task -> padded(gap = 6) {
            if (body.prompt.isNotBlank()) add(FlowText(body.prompt.take(PROMPT), { it.muted }, { it.small }))
            if (blocks.isNotEmpty()) {
                add(Separator())
                add(MarkdownView().also { it.show(blocks) })
            }
            body.failure?.let { add(FlowText(it.take(PROBLEM), { t -> t.red }, { t -> t.small })) }
        }

        is ToolBody.Call, is ToolBody.Diff, is ToolBody.Files, is ToolBody.Lines, is ToolBody.Matches,
        is ToolBody.NewFile, is ToolBody.Terminal,
        -> Stack()
    }

    private fun padded(gap: Int = 0, fill: Stack.() -> Unit) = Stack().apply {
        add(Separator())
        add(Stack(gap = gap, pad = Insets4(3, 14, 11, 14)).apply(fill))
    }

    private fun tall(blocks: List<Block>) = Sideways(MarkdownView().also { it.show(blocks) }, TALL)

    private fun link(text: String, url: String) = FlowText(listOf(Run(text, Style(link = url))))

    private class Answered(text: String) : Stack(pad = Insets4(0, 0)) {
        init {
            add(
                Line(gap = 6).apply {
                    add(Caption(icon = Icons.check))
                    fill(Caption(text.lineSequence().first(), { it.text }, { it.bold }))
                },
            )
            val rest = text.substringAfter('\n', "")
            if (rest.isNotBlank()) add(Stack(pad = Insets4(0, 22, 0, 0)).apply { add(FlowText(rest)) })
        }
    }

    private class CodeBox(painted: Painted) : Stack(pad = Insets4(0, 1, 6, 1)) {
        val gutter = painted.gutter
        private val code = CodeText(painted.lines, painted.gutter)
        private val pane = Sideways(code, TALL)

        init {
            add(Separator())
            add(Stack(pad = if (gutter) Insets4(0, 0) else Insets4(0, 12, 0, 4)).apply { add(pane) })
        }

        /** Follows output that grows, unless one has scrolled up in it. */
        fun show(painted: Painted) {
            val follow = painted.follow && pane.atEnd
            code.lines = painted.lines
            if (follow) SwingUtilities.invokeLater(pane::toEnd)
        }
    }

    private companion object {
        const val PROBLEM = 4000
        const val PROMPT = 2000

        /** What is higher scrolls inside. */
        const val TALL = 340
    }
}
