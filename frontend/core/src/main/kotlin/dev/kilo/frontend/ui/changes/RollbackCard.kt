package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.changes.RollbackPlan
import dev.kilo.frontend.model.changes.RolledBack
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.shared.change.Restore
import dev.kilo.shared.change.RollbackPreview
import dev.kilo.shared.session.SessionStatus

/** Above the composer: what rolling back would do, before it happens; afterwards that it did, with the way forth. */
internal class RollbackCard(private val changed: () -> Unit) : Stack(gap = 6, pad = Insets4(2, 14, 4, 14)) {
    private var session: SessionModel? = null
    private val ask = Ask()
    private val done = Done()

    init {
        name = "rollback"
        add(done)
        add(ask)
        isVisible = false
    }

    fun show(next: SessionModel) {
        session = next
        refresh()
    }

    fun refresh() {
        val now = session ?: return
        val plan = now.rollback.plan.value
        val back = now.rollback.rolledBack.value
        ask.isVisible = plan != null
        done.isVisible = back != null && plan == null
        if (plan != null) ask.show(plan, busy = now.status.value != SessionStatus.Idle)
        if (back != null) done.show(back)
        isVisible = plan != null || back != null
        changed()
    }

    private inner class Ask :
        Card(gap = 6, pad = Insets4(11, 14), fill = { Theme.mix(it.accent, it.background, 0.06) }, border = {
            it.edge(it.accent, 0.4)
        }) {
        private val title = Caption(Strings["rollback.title"], { it.text }, { it.bold }, Icons.undo)
        private val text = FlowText("", { it.muted }, { it.small })
        private val what = FlowText()
        private val files = Stack(gap = 1)
        private val warning = FlowText("", { it.amber }, { it.font })
        private val problem = FlowText("", { it.red }, { it.font })
        private val yes = Pill(Strings["rollback.yes"], Strings["rollback.yes"], primary = true)
        private val no = Pill(Strings["rollback.no"], Strings["rollback.no"], primary = false)

        init {
            name = "rollback.ask"
            yes.name = "rollback.yes"
            no.name = "rollback.no"
            add(title)
            add(text)
            add(what)
            add(files)
            add(warning)
            add(problem)
            add(
                Line(gap = 8, pad = Insets4(4, 0, 0, 0)).apply {
                    add(yes)
                    add(no)
                },
            )
            yes.addActionListener { session?.rollback?.confirm() }
            no.addActionListener { session?.rollback?.cancel() }
            no.toolTipText = Shortcuts.show(Shortcuts.stroke("ESCAPE"))
            Shortcuts.bind(this, "ESCAPE") { session?.rollback?.cancel() }
        }

        fun show(plan: RollbackPlan, busy: Boolean) {
            val preview = plan.preview
            text.set(Strings("rollback.prompt", plan.text.lineSequence().first().take(MAX_TEXT)))
            what.set(
                when {
                    plan.working -> Strings["rollback.working"]
                    preview == null && plan.problem == null -> Strings["rollback.looking"]
                    preview == null -> ""
                    else -> sentence(preview, busy)
                },
            )
            what.isVisible = what.plain.isNotEmpty()
            val changed = preview?.files.orEmpty()
            val shown = changed.take(if (changed.size > MAX_FILES) MAX_FILES - 1 else MAX_FILES)
            while (files.componentCount > shown.size) files.remove(files.componentCount - 1)
            while (files.componentCount < shown.size) files.add(FileLine())
            shown.forEachIndexed { i, file ->
                (files.getComponent(i) as FileLine).show(file, file.file in preview?.edited.orEmpty())
            }
            files.isVisible = shown.isNotEmpty()
            val edited = preview?.edited.orEmpty()
            val more = changed.size - shown.size
            warning.set(
                listOfNotNull(
                    Strings("rollback.more", more).takeIf { more > 0 },
                    Strings("rollback.edited", edited.joinToString()).takeIf { edited.isNotEmpty() },
                ).joinToString("\n"),
            )
            warning.isVisible = warning.plain.isNotEmpty()
            problem.set(plan.problem.orEmpty())
            problem.isVisible = plan.problem != null
            yes.isEnabled = preview != null && !plan.working
            no.isEnabled = !plan.working
            getAccessibleContext().accessibleName = "${Strings["rollback.title"]} ${what.plain}"
        }

        private fun sentence(preview: RollbackPreview, busy: Boolean): String {
            val messages = when (preview.prompts) {
                1 -> Strings["rollback.messages.one"]
                else -> Strings("rollback.messages", preview.prompts)
            }
            val files = when (preview.restore) {
                Restore.RESTORED -> when (preview.files.size) {
                    0 -> Strings["rollback.files.none"]
                    1 -> Strings["rollback.files.one"]
                    else -> Strings("rollback.files", preview.files.size)
                }

                Restore.SWITCHED_OFF -> Strings["rollback.off"]

                Restore.NO_REPOSITORY -> Strings["rollback.outside"]

                Restore.UNAVAILABLE -> Strings["rollback.gone"]
            }
            return listOfNotNull(messages, files, Strings["rollback.busy"].takeIf { busy }).joinToString(" ")
        }
    }

    private class FileLine : Line(gap = 8, min = 20) {
        private val name = Caption("", { it.text }, { it.small })
        private val counts = Counts()
        private val mark = Caption("", { it.amber }, { it.small })

        init {
            fill(name)
            end(counts)
            end(mark)
        }

        fun show(file: dev.kilo.shared.change.ChangedFile, edited: Boolean) {
            name.icon = Icons.ofChange(file.kind)
            name.text = file.file
            counts.show(file)
            mark.text = if (edited) Strings["rollback.edited.mark"] else ""
            mark.isVisible = edited
            getAccessibleContext().accessibleName = ChangeTexts.spoken(file)
        }
    }

    private inner class Done :
        Card(gap = 3, pad = Insets4(8, 12, 8, 8), fill = { Theme.mix(it.amber, it.background, 0.1) }, border = {
            it.edge(it.amber, 0.4)
        }) {
        private val line = Line(gap = 6)
        private val title = Caption("", { it.text }, { it.bold }, Icons.undo)
        private val redo = Quiet(Strings["rollback.redo"], Icons.redo, Strings["rollback.redo.tip"], { it.text })
        private val all = Quiet(Strings["rollback.all"], Icons.redo, Strings["rollback.all.tip"], { it.text })
        private val text = FlowText("", { it.muted }, { it.small })

        init {
            name = "rollback.done"
            redo.name = "rollback.redo"
            all.name = "rollback.all"
            redo.toolTipText = Strings["rollback.redo.tip"]
            all.toolTipText = Strings["rollback.all.tip"]
            line.fill(title)
            line.end(redo)
            line.end(all)
            add(line)
            add(text)
            redo.addActionListener { session?.rollback?.redo() }
            all.addActionListener { session?.rollback?.redoAll() }
        }

        fun show(back: RolledBack) {
            title.text = when (back.prompts) {
                -1 -> Strings["rollback.done"]
                1 -> Strings["rollback.done.one"]
                else -> Strings("rollback.done.many", back.prompts)
            }
            redo.isVisible = back.step
            redo.isEnabled = !back.working
            all.isEnabled = !back.working
            all.text = Strings[if (back.step) "rollback.all" else "rollback.redo"]
            val files = when (back.restore) {
                Restore.SWITCHED_OFF -> Strings["rollback.off.done"]
                Restore.NO_REPOSITORY -> Strings["rollback.outside.done"]
                Restore.UNAVAILABLE -> Strings["rollback.gone.done"]
                Restore.RESTORED, null -> null
            }
            val left = back.left.entries.joinToString("\n") { (file, reason) -> Strings("rollback.left", file, reason) }
            text.set(
                listOfNotNull(
                    back.problem,
                    files,
                    left.ifEmpty { null },
                    Strings["rollback.permanent"],
                ).joinToString("\n"),
            )
            getAccessibleContext().accessibleName = "${title.text}. ${text.plain}"
        }
    }

    private companion object {
        const val MAX_TEXT = 160
        const val MAX_FILES = 8
    }
}
