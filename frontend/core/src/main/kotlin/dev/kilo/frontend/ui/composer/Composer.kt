package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.ChatView
import dev.kilo.frontend.ui.Choosable
import dev.kilo.frontend.ui.Flowing
import dev.kilo.frontend.ui.Format
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Part
import dev.kilo.frontend.ui.Picker
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.smooth
import dev.kilo.shared.session.SessionStatus
import java.awt.Color
import java.awt.Dimension
import java.awt.Graphics
import java.awt.event.ActionEvent
import java.awt.event.KeyEvent
import java.awt.geom.Arc2D
import java.awt.geom.Ellipse2D
import javax.swing.AbstractAction
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JScrollPane
import javax.swing.JTextArea
import javax.swing.KeyStroke
import javax.swing.event.DocumentEvent
import javax.swing.event.DocumentListener
import javax.swing.undo.UndoManager

/** Where prompts are written. Grows with the text up to a third of the window. */
internal class Composer(private val workspace: WorkspaceModel) : Stack(pad = Insets4(4, 14, 12, 14)) {
    private var session: SessionModel = workspace.current.value
    private var recalled = -1
    private var loading = false
    val input = Input()
    private val scroll = JScrollPane(input)
    private val mode = Quiet("", Icons.chevronDown, Strings["composer.mode"])
    private val model = Quiet("", Icons.chevronDown, Strings["composer.model"])
    private val gauge = Gauge()
    private val button = Round()
    private val frame = object : Card(pad = Insets4(9, 12, 7, 8), fill = {
        it.background
    }, border = { if (input.isFocusOwner) it.accent else Theme.mix(it.text, it.background, 0.22) }, radius = 11) {}

    init {
        scroll.border = BorderFactory.createEmptyBorder()
        scroll.isOpaque = false
        scroll.viewport.isOpaque = false
        scroll.horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
        for (picker in listOf(mode, model)) picker.horizontalTextPosition = javax.swing.SwingConstants.LEADING
        frame.add(Growing())
        val bar = Line(gap = 2, pad = Insets4(5, 0, 0, 0), min = 30)
        bar.add(mode)
        bar.add(model)
        bar.end(gauge)
        bar.end(button)
        frame.add(bar)
        add(frame)
        mode.addActionListener { pickMode() }
        model.addActionListener { pickModel() }
        button.addActionListener { if (button.stopping) session.stop() else send() }
        input.document.addDocumentListener(object : DocumentListener {
            override fun insertUpdate(e: DocumentEvent?) = typed()

            override fun removeUpdate(e: DocumentEvent?) = typed()

            override fun changedUpdate(e: DocumentEvent?) = Unit
        })
        input.addFocusListener(object : java.awt.event.FocusListener {
            override fun focusGained(e: java.awt.event.FocusEvent?) = frame.repaint()

            override fun focusLost(e: java.awt.event.FocusEvent?) = frame.repaint()
        })
        key("ENTER") { send() }
        key("shift ENTER") { input.replaceSelection("\n") }
        key("ctrl ENTER") { send() }
        key("ESCAPE") { if (button.stopping) session.stop() }
        key("UP") { e -> if (input.text.isEmpty() || recalled >= 0) recall(1) else pass("caret-up", e) }
        key("DOWN") { e -> if (recalled >= 0) recall(-1) else pass("caret-down", e) }
    }

    private fun key(stroke: String, action: (ActionEvent) -> Unit) {
        input.getInputMap(WHEN_FOCUSED).put(KeyStroke.getKeyStroke(stroke), "kilo $stroke")
        input.actionMap.put(
            "kilo $stroke",
            object : AbstractAction() {
                override fun actionPerformed(e: ActionEvent) = action(e)
            },
        )
    }

    private fun pass(name: String, e: ActionEvent) {
        input.actionMap.get(name)?.actionPerformed(ActionEvent(input, e.id, e.actionCommand))
    }

    /** Shows another session: its draft, its choices. */
    fun show(next: SessionModel) {
        session = next
        recalled = -1
        loading = true
        input.text = next.draft
        input.undo.discardAllEdits()
        loading = false
        refresh()
        revalidate()
    }

    fun write(text: String) {
        input.text = text
        input.caretPosition = text.length
        input.requestFocusInWindow()
    }

    fun refresh() {
        val choice = session.choice.value
        val agent = workspace.agents.value.firstOrNull { it.name == choice.agent }
        mode.text = agent?.displayName?.ifBlank { null } ?: choice.agent.orEmpty()
        mode.isVisible = mode.text.isNotEmpty()
        mode.getAccessibleContext().accessibleName = "${Strings["composer.mode"]}: ${mode.text}"
        val ref = choice.model
        val known = workspace.models.value.models.firstOrNull { it.ref == ref }
        model.text = when {
            ref == null -> Strings["composer.nomodel"]
            ref.providerId == "offline" -> Strings["picker.offline"]
            else -> known?.name ?: ref.modelId
        }
        model.toolTipText = if (ref?.providerId == "offline") Strings["picker.offline.tip"] else ref?.toString()
        model.getAccessibleContext().accessibleName = "${Strings["composer.model"]}: ${model.text}"
        gauge.show(session.context.value)
        val busy = session.status.value != SessionStatus.Idle
        button.state(stopping = busy && input.text.isBlank(), enabled = busy || input.text.isNotBlank())
        input.placeholder = if (busy) Strings["composer.busy"] else Strings["composer.placeholder"]
        revalidate()
        repaint()
    }

    private fun typed() {
        if (!loading) session.draft = input.text
        val busy = session.status.value != SessionStatus.Idle
        button.state(stopping = busy && input.text.isBlank(), enabled = busy || input.text.isNotBlank())
        revalidate()
        parent?.revalidate()
    }

    private fun send() {
        val text = input.text
        if (text.isBlank()) return
        input.text = ""
        recalled = -1
        session.send(text)
        (parent as? ChatView)?.sent()
    }

    private fun recall(by: Int) {
        val prompts = session.transcript.prompts().distinct().take(100).toList()
        val next = recalled + by
        if (next >= prompts.size) return
        recalled = next.coerceAtLeast(-1)
        input.text = prompts.getOrNull(recalled).orEmpty()
        input.caretPosition = 0
    }

    private fun pickMode() {
        val items = workspace.agents.value.map {
            Choosable(it.name, it.displayName.ifBlank { it.name }, it.description.orEmpty())
        }
        Picker.show(mode, Strings["composer.mode"], items, session.choice.value.agent, above = true) {
            session.pick(agent = it)
        }
    }

    private fun pickModel() {
        val items = workspace.models.value.models.sortedBy {
            it.ref.providerId == "offline"
        }.groupBy { it.providerName }.values.flatten().map { m ->
            val cost = if (m.inputCost > 0 ||
                m.outputCost > 0
            ) {
                Strings("picker.cost", Format.money(m.inputCost), Format.money(m.outputCost))
            } else {
                ""
            }
            val limit = if (m.contextLimit > 0) Format.count(m.contextLimit) else ""
            if (m.ref.providerId ==
                "offline"
            ) {
                Choosable(m.ref, Strings["picker.offline"], m.ref.toString(), m.providerName)
            } else {
                Choosable(m.ref, m.name, cost, m.providerName, limit)
            }
        }
        Picker.show(model, Strings["composer.model"], items, session.choice.value.model, above = true) {
            session.pick(model = it)
        }
    }

    /** The text area at the height of its text. */
    private inner class Growing :
        JComponent(),
        Flowing {
        init {
            add(scroll)
        }

        override fun heightFor(width: Int): Int {
            if (input.width != width) input.setSize(width, Short.MAX_VALUE.toInt())
            val line = input.getFontMetrics(input.font).height
            val most = maxOf(line * 4, (javax.swing.SwingUtilities.getRoot(this)?.height ?: 600) / 3)
            return input.preferredSize.height.coerceIn(line * 2 + 2, most)
        }

        override fun getPreferredSize() = Dimension(width, heightFor(width.coerceAtLeast(50)))

        override fun doLayout() = scroll.setBounds(0, 0, width, height)
    }

    internal class Input : JTextArea() {
        val undo: UndoManager = UndoManager()
        var placeholder: String = ""

        init {
            name = "composer"
            lineWrap = true
            wrapStyleWord = true
            isOpaque = false
            border = BorderFactory.createEmptyBorder()
            document.addUndoableEditListener(undo)
            getAccessibleContext().accessibleName = Strings["composer.name"]
            getAccessibleContext().accessibleDescription = Strings["composer.hint"]
            setFocusTraversalKeys(
                java.awt.KeyboardFocusManager.FORWARD_TRAVERSAL_KEYS,
                setOf(java.awt.AWTKeyStroke.getAWTKeyStroke(KeyEvent.VK_TAB, 0)),
            )
            setFocusTraversalKeys(
                java.awt.KeyboardFocusManager.BACKWARD_TRAVERSAL_KEYS,
                setOf(
                    java.awt.AWTKeyStroke.getAWTKeyStroke(KeyEvent.VK_TAB, java.awt.event.InputEvent.SHIFT_DOWN_MASK),
                ),
            )
            inputMap.put(KeyStroke.getKeyStroke("ctrl Z"), "undo")
            actionMap.put(
                "undo",
                object : AbstractAction() {
                    override fun actionPerformed(e: ActionEvent?) {
                        if (undo.canUndo()) undo.undo()
                    }
                },
            )
        }

        override fun updateUI() {
            super.updateUI()
            isOpaque = false
            border = BorderFactory.createEmptyBorder()
        }

        override fun getFont(): java.awt.Font = Theme.now.font

        override fun paintComponent(g: Graphics) {
            super.paintComponent(g)
            if (document.length > 0) return
            val g2 = g.smooth()
            g2.font = font
            g2.color = Theme.now.faint
            g2.drawString(placeholder, 0, g2.fontMetrics.ascent)
            g2.dispose()
        }
    }
}

/** Send, or Stop while the agent works and nothing is typed. */
private class Round : Quiet(null, Icons.send, Strings["composer.send"]) {
    var stopping = false
        private set

    fun state(stopping: Boolean, enabled: Boolean) {
        this.stopping = stopping
        isEnabled = enabled
        val label = Strings[if (stopping) "composer.stop" else "composer.send"]
        name = if (stopping) "stop" else "send"
        toolTipText = label
        getAccessibleContext().accessibleName = label
        repaint()
    }

    override fun getPreferredSize() = Dimension(Theme.now.px(30), Theme.now.px(28))

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        val g2 = g.smooth()
        val base = if (stopping) Theme.mix(t.text, t.background, 0.75) else t.accent
        g2.color = when {
            !isEnabled -> t.raised
            model.isRollover -> Theme.mix(base, Color.WHITE, 0.88)
            else -> base
        }
        g2.fillRoundRect(0, 0, width, height, t.px(14), t.px(14))
        if (isFocusOwner) {
            g2.color = Theme.mix(Color.WHITE, base, 0.7)
            g2.drawRoundRect(2, 2, width - 5, height - 5, t.px(11), t.px(11))
        }
        val ink = if (!isEnabled) {
            t.faint
        } else if (stopping) {
            t.background
        } else {
            Color.WHITE
        }
        val icon = (if (stopping) Icons.stop else Icons.send).tinted { ink }
        icon.paintIcon(null, g2, (width - icon.iconWidth) / 2, (height - icon.iconHeight) / 2)
        g2.dispose()
    }
}

/** How full the model's context is, as a ring and in words. */
private class Gauge : Part() {
    private var use: dev.kilo.frontend.model.ContextUse? = null
    private var label = ""

    fun show(use: dev.kilo.frontend.model.ContextUse?) {
        this.use = use
        isVisible = use != null
        if (use == null) return
        val percent = use.percent
        label =
            if (percent ==
                null
            ) {
                Strings("composer.context.tokens", Format.count(use.tokens))
            } else {
                Strings("composer.context", percent.toString())
            }
        toolTipText =
            if (percent ==
                null
            ) {
                null
            } else {
                Strings("composer.context.tip", Format.count(use.tokens), Format.count(use.limit))
            }
        getAccessibleContext().accessibleName = label
    }

    override fun getPreferredSize() =
        Dimension(getFontMetrics(Theme.now.small).stringWidth(label) + Theme.now.px(34), Theme.now.px(22))

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        val g2 = g.smooth()
        val percent = use?.percent
        val d = t.px(12)
        val y = (height - d) / 2
        if (percent != null) {
            g2.stroke = java.awt.BasicStroke(t.px(2).toFloat())
            g2.color = t.line
            g2.draw(Ellipse2D.Double(2.0, y.toDouble(), d.toDouble(), d.toDouble()))
            g2.color = if (percent > 85) t.amber else t.accent
            g2.draw(Arc2D.Double(2.0, y.toDouble(), d.toDouble(), d.toDouble(), 90.0, -3.6 * percent, Arc2D.OPEN))
        }
        g2.font = t.small
        g2.color = t.muted
        g2.drawString(label, t.px(20), (height + g2.fontMetrics.ascent - g2.fontMetrics.descent) / 2)
        g2.dispose()
    }
}
