package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.markdown.Ansi
import dev.kilo.frontend.markdown.LinkTarget
import dev.kilo.frontend.markdown.Links
import dev.kilo.frontend.model.transcript.MarkdownExport
import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.model.transcript.ToolBody
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.TextSurface
import dev.kilo.frontend.ui.Views
import dev.kilo.frontend.ui.item
import javax.swing.JMenuItem
import javax.swing.JPopupMenu
import javax.swing.SwingUtilities

/** What can be done with what stands under the mouse or has the focus: the text, its link, the message, the turn, the session. */
internal object RowMenu {
    /** The menu of [surface], which may stand outside a transcript; [link] is what is under the mouse. */
    fun of(surface: TextSurface, link: String?): JPopupMenu = JPopupMenu().apply {
        item("copy", "menu.copy") { surface.copy() }
        item("select.all", "menu.all") { surface.all() }
        if (link != null) {
            addSeparator()
            if (Links.target(link) !is LinkTarget.Other) {
                item("link.open", "menu.link.open") {
                    Views.open(surface, link)
                }
            }
            item("link.copy", "menu.link.copy") { Views.copy(link) }
        }
        (SwingUtilities.getAncestorOfClass(RowView::class.java, surface) as? RowView)?.let { row ->
            addSeparator()
            rows(this, row)
        }
    }

    /** The menu of a row where no text is under the mouse. */
    fun of(view: RowView): JPopupMenu = JPopupMenu().apply { rows(this, view) }

    private fun rows(menu: JPopupMenu, view: RowView) {
        val row = view.row
        val session = view.host.session
        when (val body = row.body) {
            is RowBody.Call -> call(menu, body)

            is RowBody.Changes, is RowBody.Explore -> menu.item("copy.row", "menu.row") {
                Views.copy(MarkdownExport.rows(listOf(row)))
            }

            is RowBody.Answer, is RowBody.Condensed, is RowBody.Failure, is RowBody.Prompt, is RowBody.Thought ->
                menu.item("copy.message", "menu.message") { Views.copy(textOf(row)) }

            is RowBody.Footer -> Unit
        }
        links(menu, view)
        menu.item("copy.turn", "menu.turn") { Views.copy(MarkdownExport.rows(turnOf(view))) }
        menu.item("copy.session", "menu.session") {
            session.run { session.export.markdown()?.let(Views::copy) }
        }
        menu.addSeparator()
        menu.item("export.markdown", "menu.export.markdown") { SessionFiles.export(view, json = false) }
        menu.item("export.json", "menu.export.json") { SessionFiles.export(view, json = true) }
    }

    /** Addresses in an answer, or in all of a turn: for those who don't use a mouse. */
    private fun links(menu: JPopupMenu, view: RowView) {
        val rows = if (view.row.body is RowBody.Footer) turnOf(view) else listOf(view.row)
        val found = rows.asSequence().mapNotNull { (it.body as? RowBody.Answer)?.buffer?.text?.take(SEARCHED) }
            .flatMap { text -> Links.addresses(text).map { text.substring(it) } }.distinct().take(LINKS).toList()
        if (found.isEmpty()) return
        for (link in found) {
            menu.add(
                item(Strings("link.open.this", link.take(SHOWN))).apply {
                    addActionListener { Views.open(view, link) }
                },
            )
        }
        menu.addSeparator()
    }

    private fun call(menu: JPopupMenu, body: RowBody.Call) {
        val content = ToolBody.of(body.part)
        if (content is ToolBody.Terminal) {
            menu.item("copy.command", "menu.command") { Views.copy(content.command) }
            menu.item("copy.output", "menu.output") { Views.copy(Ansi.plain(content.output)) }
        }
        if (content is ToolBody.Diff) menu.item("copy.patch", "menu.patch") { Views.copy(content.patch) }
        menu.item("copy.row", "menu.row") { Views.copy(MarkdownExport.call(body.part)) }
    }

    /** What was written, without anything around it. */
    private fun textOf(row: Row): String = when (val body = row.body) {
        is RowBody.Prompt -> body.text
        is RowBody.Answer -> body.buffer.text
        is RowBody.Thought -> body.buffer.text
        is RowBody.Failure -> body.error.message
        is RowBody.Condensed -> body.buffer?.text.orEmpty()
        is RowBody.Call, is RowBody.Changes, is RowBody.Explore, is RowBody.Footer -> MarkdownExport.rows(listOf(row))
    }

    private fun turnOf(view: RowView): List<Row> {
        val rows = view.host.session.transcript.rows
        val at = view.row.index.takeIf { it in rows.indices } ?: return emptyList()
        val from = (at downTo 0).firstOrNull { rows[it].body is RowBody.Prompt } ?: 0
        val to = (at + 1 until rows.size).firstOrNull { rows[it].body is RowBody.Prompt } ?: rows.size
        return rows.subList(from, to).toList()
    }

    private const val SEARCHED = 50_000
    private const val LINKS = 8
    private const val SHOWN = 70

    private fun JPopupMenu.item(key: String, name: String, action: () -> Unit) {
        add(
            JMenuItem(Strings[key]).apply {
                this.name = name
                addActionListener { action() }
            },
        )
    }
}
