package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Line

internal class TodoLine(todo: ToolText.TodoItem) : Line(gap = 7) {
    init {
        add(
            Caption(
                icon = when (todo.status) {
                    "completed" -> Icons.todoDone
                    "in_progress" -> Icons.todoNow
                    "cancelled" -> Icons.close
                    else -> Icons.todoOpen
                },
            ),
        )
        val done = todo.status == "completed" || todo.status == "cancelled"
        fill(
            Caption(todo.content, { if (done) it.muted else it.text }, {
                if (todo.status ==
                    "in_progress"
                ) {
                    it.bold
                } else {
                    it.font
                }
            }),
        )
    }
}
