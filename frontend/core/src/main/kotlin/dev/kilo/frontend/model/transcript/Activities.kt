package dev.kilo.frontend.model.transcript

import dev.kilo.frontend.model.ToolText
import dev.kilo.shared.message.Message
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.workspace.WorkspaceEvent

/**
 * What every session of the directory has done since the window looks on: for the rows that stand for sub-agents. Known
 * from the events alone, so it costs no question, and begins with the first event. Lives on the UI dispatcher.
 */
public class Activities {
    /** [tool] runs now, in words; [calls] tools were called, and [tokens] counted. */
    public data class Activity(val tool: String? = null, val calls: Int = 0, val tokens: Long = 0)

    private class State {
        var activity = Activity()
        val calls = HashSet<String>()
        val tokens = HashMap<String, Long>()
        var running: String? = null
    }

    private val states = object : LinkedHashMap<String, State>(16, 0.75f, true) {
        override fun removeEldestEntry(eldest: MutableMap.MutableEntry<String, State>) = size > KEPT
    }
    private val listeners = LinkedHashSet<() -> Unit>()

    public operator fun get(sessionId: String): Activity? = states[sessionId]?.activity

    /** Calls [listener] after each change. */
    public fun listen(listener: () -> Unit) {
        listeners += listener
    }

    public fun forget(listener: () -> Unit) {
        listeners -= listener
    }

    internal fun apply(event: WorkspaceEvent) {
        val changed = when (event) {
            is WorkspaceEvent.PartUpdated -> (event.part as? Part.Tool)?.let(::tool) == true

            is WorkspaceEvent.MessageUpdated -> (event.message as? Message.Assistant)?.let(::message) == true

            is WorkspaceEvent.SessionDeleted -> states.remove(event.sessionId) != null

            WorkspaceEvent.Reset -> {
                states.clear()
                true
            }

            is WorkspaceEvent.DiffChanged, is WorkspaceEvent.MessageRemoved, is WorkspaceEvent.OutboxChanged,
            is WorkspaceEvent.PartDelta,
            is WorkspaceEvent.PartRemoved, is WorkspaceEvent.PermissionAsked, is WorkspaceEvent.PermissionReplied,
            is WorkspaceEvent.QuestionAsked, is WorkspaceEvent.QuestionClosed, is WorkspaceEvent.SessionFailed,
            is WorkspaceEvent.SessionUpdated, is WorkspaceEvent.StatusChanged, is WorkspaceEvent.TodosChanged,
            is WorkspaceEvent.TurnClosed,
            -> false
        }
        if (changed) listeners.toList().forEach { it() }
    }

    private fun tool(part: Part.Tool): Boolean {
        val state = states.getOrPut(part.sessionId, ::State)
        state.calls += part.id
        val runs = part.state is ToolState.Running
        if (runs) state.running = part.id
        val now = when {
            runs -> "${ToolText.kind(part)} ${ToolText.title(part)}".take(MAX)
            part.id == state.running -> null
            else -> state.activity.tool
        }
        return change(state, state.activity.copy(tool = now, calls = state.calls.size))
    }

    private fun message(message: Message.Assistant): Boolean {
        val counted = message.tokens.run { input + output + reasoning + cacheRead + cacheWrite }
        if (counted == 0L) return false
        val state = states.getOrPut(message.sessionId, ::State)
        state.tokens[message.id] = counted
        return change(state, state.activity.copy(tokens = state.tokens.values.sum()))
    }

    private fun change(state: State, activity: Activity): Boolean {
        if (activity == state.activity) return false
        state.activity = activity
        return true
    }

    private companion object {
        const val KEPT = 60
        const val MAX = 80
    }
}
