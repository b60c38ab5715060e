package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Strings
import dev.kilo.shared.message.ToolState
import javax.swing.Icon

internal fun stateIcon(state: ToolState, waiting: Boolean = false): Icon = when (state) {
    is ToolState.Pending -> Icons.wait
    is ToolState.Running -> if (waiting) Icons.clock else Icons.spin
    is ToolState.Completed -> Icons.check
    is ToolState.Failed -> Icons.cross
}

internal fun stateName(state: ToolState, waiting: Boolean): String = when (state) {
    is ToolState.Pending -> Strings["tool.pending"]
    is ToolState.Running -> if (waiting) Strings["tool.waiting"] else Strings["tool.running"]
    is ToolState.Completed -> Strings["tool.done"]
    is ToolState.Failed -> Strings["tool.failed"]
}

internal fun iconOf(tool: String): Icon = when (tool) {
    "edit", "write", "multiedit", "apply_patch" -> Icons.pencil
    "bash" -> Icons.terminal
    "todowrite", "todoread" -> Icons.list
    "read" -> Icons.file
    "glob", "grep", "list", "lsp" -> Icons.search
    "webfetch", "websearch" -> Icons.globe
    "task" -> Icons.robot
    "question" -> Icons.question
    "skill" -> Icons.book
    "plan_exit" -> Icons.list
    else -> Icons.tool
}
