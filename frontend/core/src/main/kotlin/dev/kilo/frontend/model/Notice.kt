package dev.kilo.frontend.model

import dev.kilo.shared.app.BackendException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import java.util.concurrent.atomic.AtomicLong

/** Something that the user has to know and may dismiss. */
public data class Notice(
    val id: Long,
    val text: String,
    val severity: Severity = Severity.ERROR,
    val action: Action? = null,
) {
    /** What the user may do about it; done or not, the notice is dismissed with it. */
    public class Action(public val label: String, public val run: () -> Unit)

    public enum class Severity { INFO, WARNING, ERROR }
}

/** Notices in the order of their arrival. None goes away by itself; the same text is not shown twice at a time. */
public class Notices {
    private val ids = AtomicLong()
    private val state = MutableStateFlow<List<Notice>>(emptyList())

    @Volatile
    private var covered: String? = null
    public val list: StateFlow<List<Notice>> = state.asStateFlow()

    /** The id of the notice, to [dismiss] it. One with an [action] is shown even if its text is there already. */
    public fun post(
        text: String,
        severity: Notice.Severity = Notice.Severity.ERROR,
        action: Notice.Action? = null,
    ): Long {
        val id = ids.incrementAndGet()
        if (covered?.let(text::endsWith) == true) return id
        state.update { old ->
            if (action == null && old.any { it.text == text }) old else old + Notice(id, text, severity, action)
        }
        return id
    }

    /** What fails because of [reason] is no news any more: it is shown as the state of the connection. */
    internal fun cover(reason: String?) {
        covered = reason
        if (reason != null) state.update { old -> old.filterNot { it.text.endsWith(reason) } }
    }

    public fun dismiss(id: Long) {
        state.update { old -> old.filter { it.id != id } }
    }
}

/** What to tell a person about [error]. Never call it with a cancellation. */
public fun readable(error: Throwable): String = when (error) {
    is BackendException -> error.message ?: error.code.name
    else -> error.message ?: error.javaClass.simpleName
}

/** Runs [block]; a failure becomes a notice that begins with [what]. Cancellation passes through. */
internal suspend fun <T> Notices.guard(what: String, block: suspend () -> T): T? = try {
    block()
} catch (cancelled: CancellationException) {
    throw cancelled
} catch (error: Exception) {
    post("$what: ${readable(error)}")
    null
}
