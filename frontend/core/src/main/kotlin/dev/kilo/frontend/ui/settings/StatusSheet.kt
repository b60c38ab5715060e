package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import kotlinx.coroutines.flow.merge
import java.awt.Component
import java.awt.Toolkit
import java.awt.datatransfer.StringSelection

/** How the agent's server is, its log, and what helps when something is wrong. */
internal class StatusSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val model = settings.status
    private val rows =
        Rows<Pair<String, String>, FactRow>(gap = 2, key = {
            it.first
        }, make = { FactRow(it.first) }, update = { row, it -> row.show(it.second) })
    private val trouble = FlowText("", { it.red }, { it.font })
    private val restart = button("settings.status.restart", "settings.status.restart") { model.restart() }
    private val copy = button("settings.status.copy", "settings.status.copy", primary = true) { copy() }
    private val filter = textField("settings.status.filter")
    private val log = Lines("settings.status.lines", 14, mono = true)
    private val none = note()

    override val first: Component get() = copy

    init {
        name = "settings.status"
        add(trouble)
        add(Card(pad = Insets4(10, 14, 10, 14)).apply { add(rows) })
        add(Buttons(copy, restart))
        add(note(Strings["settings.status.copy.hint"]))
        add(heading("settings.status.log.title"))
        add(Field("settings.status.filter", filter))
        add(log)
        add(none)
        log.area.isEditable = false
        log.area.lineWrap = false
        log.area.getAccessibleContext().accessibleName = Strings["settings.status.log.title"]
        trouble.isVisible = false
        filter.typed(model::filter)
        on(merge(model.look, model.cli, model.connection)) {
            trouble.say(model.look.value.message)
            rows.show(model.facts())
            settle()
        }
        on(merge(model.log, model.filter)) { showLog() }
    }

    override fun opened() = model.watch()

    override fun left() = model.unwatch()

    private fun showLog() {
        val lines = model.shown().takeLast(SHOWN)
        val text = lines.joinToString("\n") {
            listOf(it.time.substringAfter('T').take(8), it.level, it.text).filter(String::isNotEmpty).joinToString("  ")
        }
        val bar = log.verticalScrollBar
        val atEnd = bar.value + bar.visibleAmount >= bar.maximum - 4
        if (log.area.text != text) {
            log.area.text = text
            if (atEnd) log.area.caretPosition = log.area.document.length
        }
        val why = if (model.log.value.isEmpty()) "settings.status.log.empty" else "settings.status.log.none"
        none.say(Strings[why].takeIf { lines.isEmpty() })
        settle()
    }

    private fun copy() {
        Toolkit.getDefaultToolkit().systemClipboard.setContents(StringSelection(model.report()), null)
        settings.tell(Strings["settings.status.copied"])
    }

    /** A name and a value that can be selected and wraps. */
    private class FactRow(title: String) : Stack() {
        private val label = Caption(title, { it.muted }, { it.small })
        private val value = FlowText("", { it.text }, { it.small })

        init {
            add(label)
            add(value)
            layout = object : java.awt.LayoutManager {
                override fun addLayoutComponent(name: String?, comp: Component?) = Unit

                override fun removeLayoutComponent(comp: Component?) = Unit

                override fun preferredLayoutSize(parent: java.awt.Container) =
                    java.awt.Dimension(width, heightFor(width))

                override fun minimumLayoutSize(parent: java.awt.Container) = java.awt.Dimension(0, 0)

                override fun layoutContainer(parent: java.awt.Container) {
                    val at = Theme.now.px(COLUMN)
                    label.setBounds(0, 0, at, label.preferredSize.height)
                    value.setBounds(at, 0, width - at, value.heightFor(width - at))
                }
            }
        }

        fun show(text: String) {
            value.set(text)
            getAccessibleContext().accessibleName = "${label.text}: $text"
        }

        override fun heightFor(width: Int): Int =
            maxOf(label.preferredSize.height, value.heightFor((width - Theme.now.px(COLUMN)).coerceAtLeast(20)))
    }

    private companion object {
        const val SHOWN = 400
        const val COLUMN = 120
    }
}
