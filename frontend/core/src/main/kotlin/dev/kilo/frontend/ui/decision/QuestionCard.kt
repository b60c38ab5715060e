package dev.kilo.frontend.ui.decision

import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Flowing
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.shared.question.Question
import dev.kilo.shared.question.QuestionOption
import dev.kilo.shared.question.QuestionRequest
import java.awt.Dimension
import java.awt.Rectangle
import java.awt.event.KeyEvent
import javax.swing.ButtonGroup
import javax.swing.JCheckBox
import javax.swing.JComponent
import javax.swing.JRadioButton
import javax.swing.JScrollPane
import javax.swing.JTextField
import javax.swing.JToggleButton
import javax.swing.Scrollable

/**
 * Questions of the agent, in the place of the permission card and with its rules: it never takes the focus, nothing of
 * it works in its first moments, and that it goes away is never an answer. A lone question with a single choice is
 * answered by one click; everything else with "Answer".
 */
internal class QuestionCard(private val workspace: WorkspaceModel, private val changed: () -> Unit) :
    Stack(pad = Insets4(4, 14, 4, 14)) {
    private var request: QuestionRequest? = null
    private val guard = Guard()
    private val head = DecisionHead(workspace, Icons.list)
    private val body = Stack(gap = 12)
    private val hint = FlowText(Strings["question.empty"], { it.red }, { it.small })
    private val answer = Pill(Strings["question.answer"], "question.answer", primary = true)
    private val dismiss = Pill(Strings["question.dismiss"], "question.dismiss", primary = false)
    private var forms: List<QuestionForm> = emptyList()

    init {
        name = "question"
        val card = DecisionSurface()
        card.add(head)
        card.add(Upright(body, MOST))
        card.add(hint)
        val actions = Line(gap = 7)
        actions.add(answer)
        actions.add(dismiss)
        card.add(actions)
        add(card)
        answer.mnemonic = KeyEvent.VK_A
        dismiss.mnemonic = KeyEvent.VK_D
        dismiss.toolTipText = Strings["question.dismiss.hint"]
        for (button in listOf(answer, dismiss)) button.getAccessibleContext().accessibleName = button.text
        answer.addActionListener { submit() }
        dismiss.addActionListener { request?.let { if (!guard.closed) workspace.reject(it) } }
        getAccessibleContext().accessibleName = Strings["question.title"]
        isVisible = false
    }

    /** Shows [decision] beside the session [current]; null hides the card. [others] wait behind it. */
    fun show(decision: Decision.Question?, current: String?, others: Int) {
        if (decision == null) {
            isVisible = false
            request = null
            return
        }
        val next = decision.request
        val lone = next.questions.singleOrNull()
        head.show(decision, current, others, lone?.header?.ifBlank { null } ?: Strings["question.title"])
        if (next.id == request?.id) return
        request = next
        guard.restart()
        getAccessibleContext().accessibleDescription = ToolText.question(decision)
        forms = next.questions.mapIndexed { i, question ->
            QuestionForm(i, question, lone != null, choose = { send(listOf(listOf(it))) }, enter = ::submit)
        }
        body.removeAll()
        forms.forEach(body::add)
        hint.isVisible = false
        answer.isVisible = forms.any { it.needsSubmit }
        isVisible = true
        changed()
    }

    private fun submit() {
        val answers = forms.map { it.answers() }
        if (answers.all { it.isEmpty() }) {
            hint.isVisible = true
            changed()
            return
        }
        send(answers)
    }

    private fun send(answers: List<List<String>>) {
        val now = request ?: return
        if (!guard.closed) workspace.reply(now, answers)
    }

    private companion object {
        const val MOST = 320
    }
}

/** One question: its text, its options, and a field for other words. */
private class QuestionForm(
    private val index: Int,
    private val question: Question,
    private val lone: Boolean,
    private val choose: (String) -> Unit,
    private val enter: () -> Unit,
) : Stack(gap = 5) {
    private val toggles = ArrayList<Pair<JToggleButton, QuestionOption>>()
    private val own = JTextField()

    /** Whether it has anything that one click on an option does not settle. */
    val needsSubmit: Boolean get() = toggles.isNotEmpty() || question.custom

    init {
        if (!lone && question.header.isNotBlank()) add(Caption(question.header, { it.muted }, { it.small }))
        add(FlowText(question.text, { it.text }, { it.font }))
        val group = if (lone || question.multiple) null else ButtonGroup()
        question.options.forEachIndexed { i, option ->
            val control = if (lone && !question.multiple) pill(option, i) else toggle(option, i, group)
            add(Line().apply { add(control) })
            if (option.description.isNotBlank()) {
                add(
                    Stack(pad = Insets4(0, 6, 3, 0)).apply {
                        add(FlowText(option.description, { it.muted }, { it.small }))
                    },
                )
            }
        }
        if (question.custom) add(field())
    }

    fun answers(): List<String> {
        val words = own.text.trim().takeIf { question.custom && it.isNotEmpty() }
        val chosen = toggles.filter { it.first.isSelected }.map { it.second.label }
        return if (question.multiple) chosen + listOfNotNull(words) else listOfNotNull(words ?: chosen.firstOrNull())
    }

    private fun pill(option: QuestionOption, i: Int): JComponent =
        Pill(option.label, "question.option.$index.$i", primary = false).apply {
            getAccessibleContext().accessibleName = option.label
            getAccessibleContext().accessibleDescription = option.description
            addActionListener { choose(option.label) }
        }

    private fun toggle(option: QuestionOption, i: Int, group: ButtonGroup?): JComponent {
        val box = if (group == null) JCheckBox() else JRadioButton()
        // The model's words are never markup.
        box.putClientProperty("html.disable", true)
        box.text = option.label
        box.name = "question.option.$index.$i"
        box.isOpaque = false
        box.getAccessibleContext().accessibleDescription = option.description
        group?.add(box)
        toggles += box to option
        return box
    }

    private fun field(): JComponent = own.apply {
        val label = Strings[if (question.options.isEmpty()) "question.free" else "question.custom"]
        name = "question.custom.$index"
        getAccessibleContext().accessibleName = "$label: ${question.text}"
        putClientProperty("JTextField.placeholderText", label)
        putClientProperty("JComponent.roundRect", true)
        addActionListener { enter() }
    }
}

/** As wide as its place and at most [most] high; what is higher scrolls. */
private class Upright(content: Stack, private val most: Int) :
    JScrollPane(Inside(content)),
    Flowing {
    private val inside = viewport.view as Inside

    init {
        border = javax.swing.BorderFactory.createEmptyBorder()
        isOpaque = false
        viewport.isOpaque = false
        horizontalScrollBarPolicy = HORIZONTAL_SCROLLBAR_NEVER
        verticalScrollBar.unitIncrement = 18
        isFocusable = false
    }

    override fun heightFor(width: Int): Int {
        val limit = Theme.now.px(most)
        val whole = inside.heightFor(width)
        return if (whole <= limit) whole else limit
    }

    private class Inside(private val content: Stack) :
        Stack(),
        Scrollable {
        init {
            add(content)
        }

        override fun getPreferredScrollableViewportSize(): Dimension = preferredSize

        override fun getScrollableUnitIncrement(visible: Rectangle, orientation: Int, direction: Int): Int = 18

        override fun getScrollableBlockIncrement(visible: Rectangle, orientation: Int, direction: Int): Int =
            visible.height

        override fun getScrollableTracksViewportWidth(): Boolean = true

        override fun getScrollableTracksViewportHeight(): Boolean = false
    }
}
