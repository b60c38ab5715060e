package dev.kilo.frontend.ui

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.ui.tool.TodoLine
import dev.kilo.shared.session.SessionStatus
import javax.swing.Timer

/** Above the composer: what the agent does, its todos, the files it changed. */
internal class Strip(private val review: () -> Unit, private val changed: () -> Unit) :
    Stack(pad = Insets4(2, 18, 2, 18)) {
    private var session: SessionModel? = null
    private var todosOpen = false
    private var angle = 0.0
    private val line = Line(gap = 12, min = 24)
    private val work = Caption("", { it.muted }, { it.small })
    private val todos = Quiet("", Icons.list, Strings("strip.todos", "", ""))
    private val files = Quiet("", Icons.changes, Strings["strip.review"])
    private val todoBox = Stack(gap = 3, pad = Insets4(3, 4, 5, 0))

    /** Runs only while the agent works. */
    private val timer = Timer(80) { tick() }

    init {
        line.fill(work)
        line.end(todos)
        line.end(files)
        add(todoBox)
        add(line)
        todos.addActionListener {
            todosOpen = !todosOpen
            refresh()
        }
        files.name = "strip.files"
        files.addActionListener { review() }
    }

    fun show(next: SessionModel) {
        session = next
        refresh()
    }

    fun refresh() {
        val now = session ?: return
        val status = now.status.value
        val list = now.todos.value
        todos.isVisible = list.isNotEmpty()
        todos.text =
            Strings(
                "strip.todos",
                list.count {
                    it.status == "completed" || it.status == "cancelled"
                }.toString(),
                list.size.toString(),
            )
        todos.getAccessibleContext().accessibleName = todos.text
        todoBox.isVisible = todosOpen && list.isNotEmpty()
        todoBox.removeAll()
        if (todoBox.isVisible) list.forEach { todoBox.add(TodoLine(ToolText.TodoItem(it.content, it.status))) }
        // While the session is rolled back the list tells what was undone.
        val diff = if (now.rollback.rolledBack.value == null) now.diff.value else emptyList()
        files.isVisible = diff.isNotEmpty()
        files.text =
            (if (diff.size == 1) Strings["strip.file"] else Strings("strip.files", diff.size.toString())) +
            "  +${diff.sumOf { it.additions }} −${diff.sumOf { it.deletions }}"
        files.getAccessibleContext().accessibleName = files.text
        val busy = status != SessionStatus.Idle
        work.isVisible = busy
        if (busy && isShowing) timer.start() else timer.stop()
        label()
        isVisible = busy || list.isNotEmpty() || diff.isNotEmpty()
        changed()
    }

    override fun removeNotify() {
        timer.stop()
        super.removeNotify()
    }

    private fun tick() {
        angle += 0.45
        label()
    }

    private fun label() {
        when (val status = session?.status?.value) {
            is SessionStatus.Retry -> {
                val left = ((status.next - System.currentTimeMillis() + 999) / 1000).coerceAtLeast(0)
                work.icon = Icons.clock
                work.text = Strings("strip.retry", status.attempt.toString(), left.toString(), status.message)
                work.toolTipText = status.message
            }

            SessionStatus.Busy -> {
                work.icon = Icons.spin.turned(angle)
                work.text = Strings["strip.working"]
            }

            SessionStatus.Idle, null -> Unit
        }
    }
}
