package dev.kilo.frontend.ui.decision

import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import java.awt.KeyboardFocusManager
import java.awt.event.FocusEvent
import java.awt.event.FocusListener
import javax.swing.AbstractButton
import javax.swing.Icon
import javax.swing.JComponent
import javax.swing.Timer

/** The surface of everything that waits for the user. Its edge tells whether its keys work. */
internal class DecisionSurface(awake: () -> Boolean) :
    Card(
        gap = 7,
        pad = Insets4(10, 13, 11, 13),
        fill = { Theme.mix(it.amber, it.background, if (it.dark) 0.10 else 0.06) },
        border = { if (awake()) it.accent else it.edge(it.amber, 0.5) },
        radius = 11,
    )

/**
 * A card above the composer that waits for an answer. It never takes the focus by itself; when the user gives it the
 * focus on purpose, its keys work. Esc gives the focus back and is no answer.
 */
internal abstract class DecisionCard(private val home: () -> Unit) : Stack(pad = Insets4(4, 14, 4, 14)) {
    protected val guard: Guard = Guard(::guarded)
    protected val surface: DecisionSurface = DecisionSurface { isFocusOwner }

    init {
        isFocusable = true
        addFocusListener(object : FocusListener {
            override fun focusGained(e: FocusEvent?) = repaint()

            override fun focusLost(e: FocusEvent?) = repaint()
        })
        Shortcuts.bind(this, "ESCAPE") { home() }
        add(surface)
    }

    /** What must not work in the first moments. */
    protected abstract val answers: List<JComponent>

    /** It is shown, for the first time or again after something else was in its place. */
    fun appeared() {
        if (isVisible) guard.restart()
    }

    fun close() = guard.stop()

    override fun setVisible(shown: Boolean) {
        val owner = KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner
        val focused = !shown && isVisible && owner != null && (owner === this || isAncestorOf(owner))
        super.setVisible(shown)
        // Swing gives the focus of what goes to whatever comes next, which would be the head of the window.
        if (focused) home()
    }

    private fun guarded(closed: Boolean) {
        for (part in answers) part.isEnabled = !closed
        surface.toolTipText = if (closed) Strings["decision.guard"] else null
        repaint()
    }

    /** Binds [key] while the focus is in the card. In a field for text it needs Alt, so no letter is lost. */
    protected fun key(key: String, button: AbstractButton) {
        Shortcuts.bind(this, key) { if (button.isShowing && button.isEnabled && !guard.closed) button.doClick(0) }
        button.toolTipText = listOfNotNull(
            button.toolTipText,
            Shortcuts.show(Shortcuts.stroke(key)),
        ).joinToString(" · ")
    }
}

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
        elastic = where
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
        sub.isVisible = decision.sessionId != decision.shownIn && decision.sessionId != current
        where.isVisible = decision.shownIn != current && decision.sessionId != current
        where.text = Strings(
            "permission.from",
            workspace.sessions.value.firstOrNull { it.id == decision.shownIn }?.title ?: decision.shownIn,
        )
        more.text = if (others > 0) Strings("permission.more", others.toString()) else ""
    }
}

/**
 * A click or a key that was on its way to something else must not hit what has just appeared: for [MILLIS] nothing
 * works, and [changed] shows that.
 */
internal class Guard(private val changed: (closed: Boolean) -> Unit) {
    private val timer = Timer(MILLIS) { open() }.apply { isRepeats = false }
    private var since = 0L

    val closed: Boolean get() = timer.isRunning || System.nanoTime() - since < MILLIS * 1_000_000L

    fun restart() {
        since = System.nanoTime()
        changed(true)
        timer.restart()
    }

    fun stop() = timer.stop()

    private fun open() {
        timer.stop()
        since = 0
        changed(false)
    }

    internal companion object {
        const val MILLIS = 500
    }
}
