package dev.kilo.frontend.ui.decision

import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import javax.swing.Icon

/** The surface of everything that waits for the user. */
internal class DecisionSurface :
    Card(gap = 7, pad = Insets4(10, 13, 11, 13), fill = {
        Theme.mix(it.amber, it.background, if (it.dark) 0.10 else 0.06)
    }, border = { Theme.mix(it.amber, it.background, 0.5) }, radius = 11)

/** First line of a decision: what it is, which session asks, how many others wait. */
internal class DecisionHead(private val workspace: WorkspaceModel, icon: Icon) : Line(gap = 8) {
    private val title = Caption("", { it.text }, { it.bold }, icon)
    private val sub = Caption(Strings["permission.sub"], { it.muted }, { it.small })
    private val where = Quiet("", null, Strings["permission.open"])
    private val more = Caption("", { it.muted }, { it.small })
    private var decision: Decision? = null

    /** Size of a change, when there is one. */
    val counts = Caption("", { it.muted }, { it.small })

    init {
        fill(title)
        add(sub)
        add(where)
        end(counts)
        end(more)
        sub.name = "decision.sub"
        where.addActionListener { decision?.let { workspace.select(it.shownIn) } }
    }

    fun show(decision: Decision, current: String?, others: Int, text: String = ToolText.question(decision)) {
        this.decision = decision
        title.text = text
        title.toolTipText = text
        sub.isVisible = decision.sessionId != decision.shownIn
        where.isVisible = decision.shownIn != current
        where.text = Strings(
            "permission.from",
            workspace.sessions.value.firstOrNull { it.id == decision.shownIn }?.title ?: decision.shownIn,
        )
        more.text = if (others > 0) Strings("permission.more", others.toString()) else ""
    }
}

/** A click that was on its way to something else must not hit what has just appeared. */
internal class Guard {
    private var since = 0L

    val closed: Boolean get() = System.nanoTime() - since < NANOS

    fun restart() {
        since = System.nanoTime()
    }

    private companion object {
        const val NANOS = 250_000_000L
    }
}
