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
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.UprightContent
import dev.kilo.frontend.ui.plain
import dev.kilo.shared.question.Question
import dev.kilo.shared.question.QuestionOption
import dev.kilo.shared.question.QuestionRequest
import javax.swing.ButtonGroup
import javax.swing.JCheckBox
import javax.swing.JComponent
import javax.swing.JRadioButton
import javax.swing.JScrollPane
import javax.swing.JTextField
import javax.swing.JToggleButton

/**
 * Questions of the agent, in the place of the permission card and with its rules. A lone question with a single choice
 * is answered by one click; several are shown once more before they are sent.
 */
internal class QuestionCard(private val workspace: WorkspaceModel, private val changed: () -> Unit, home: () -> Unit) :
    DecisionCard(home) {
    private var request: QuestionRequest? = null
    private val head = DecisionHead(workspace, Icons.list)
    private val body = Stack(gap = 12)
    private val review = Stack(gap = 8)
    private val asked = Upright(body, MOST)
    private val checked = Upright(review, MOST)
    private val hint = FlowText(Strings["question.empty"], { it.red }, { it.small })
    private val answer = Pill(Strings["question.answer"], "question.answer", primary = true)
    private val send = Pill(Strings["question.send"], "question.send", primary = true)
    private val change = Pill(Strings["question.change"], "question.change", primary = false)
    private val dismiss = Pill(Strings["question.dismiss"], "question.dismiss", primary = false)
    private var forms: List<QuestionForm> = emptyList()

    override val answers: List<JComponent>
        get() = listOf(answer, send, change, dismiss) + forms.flatMap { it.controls }

    init {
        name = "question"
        hint.name = "question.hint"
        surface.add(head)
        surface.add(asked)
        surface.add(checked)
        surface.add(hint)
        val actions = Line(gap = 7)
        for (button in listOf(answer, send, change, dismiss)) {
            button.getAccessibleContext().accessibleName = button.text
            actions.add(button)
        }
        surface.add(actions)
        dismiss.toolTipText = Strings["question.dismiss.hint"]
        key("alt R", dismiss)
        Shortcuts.bind(this, "alt O") { listOf(answer, send).firstOrNull { it.isVisible }?.let(::press) }
        answer.addActionListener { submit() }
        send.addActionListener { send(forms.map { it.answers() }) }
        change.addActionListener { review(false) }
        dismiss.addActionListener { request?.let { if (!guard.closed) workspace.reject(it) } }
        for (digit in 1..9) Shortcuts.bindFocused(this, "$digit") { forms.singleOrNull()?.pick(digit - 1) }
        getAccessibleContext().accessibleName = Strings["question.title"]
        isVisible = false
    }

    /** Shows [decision] beside the session [current]; null hides the card. [others] wait behind it. */
    fun show(decision: Decision.Question?, current: String?, others: Int) {
        if (decision == null) {
            isVisible = false
            request = null
            guard.stop()
            return
        }
        val next = decision.request
        val lone = next.questions.singleOrNull()
        head.show(decision, current, others, lone?.header?.ifBlank { null } ?: Strings["question.title"])
        if (next.id == request?.id) return
        request = next
        getAccessibleContext().accessibleDescription = ToolText.question(decision)
        forms = next.questions.mapIndexed { i, question ->
            QuestionForm(i, question, lone != null, choose = { send(listOf(listOf(it))) }, enter = ::submit)
        }
        body.removeAll()
        forms.forEach(body::add)
        hint.isVisible = false
        review(false)
        isVisible = true
        guard.restart()
        changed()
    }

    private fun press(button: Pill) {
        if (button.isEnabled && !guard.closed) button.doClick(0)
    }

    private fun submit() {
        if (guard.closed) return
        val answers = forms.map { it.answers() }
        if (answers.all { it.isEmpty() }) {
            hint.isVisible = true
            changed()
            return
        }
        if (forms.size > 1) review(true) else send(answers)
    }

    /** What would be sent, question by question, instead of the forms; or the forms again. */
    private fun review(shown: Boolean) {
        review.removeAll()
        if (shown) {
            for (form in forms) {
                review.add(FlowText(form.text, { it.muted }, { it.small }))
                val words = form.answers()
                val none = words.isEmpty()
                val text = if (none) Strings["question.none"] else words.joinToString(", ")
                review.add(FlowText(text, { if (none) it.amber else it.text }, { if (none) it.font else it.bold }))
            }
        }
        asked.isVisible = !shown
        checked.isVisible = shown
        answer.isVisible = !shown && forms.any { it.needsSubmit }
        send.isVisible = shown
        change.isVisible = shown
        if (shown) hint.isVisible = false
        changed()
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
    private val pills = ArrayList<Pill>()
    val text: String get() = question.text

    /** Everything that can be answered with. */
    val controls: List<JComponent> get() = pills + toggles.map { it.first } + own

    /** Chooses the option at [index], as a click on it does. */
    fun pick(index: Int) {
        val control = pills.getOrNull(index) ?: toggles.getOrNull(index)?.first ?: return
        if (control.isEnabled) control.doClick(0)
    }

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
                    Stack(pad = Insets4(0, if (control is Pill) 9 else 24, 3, 0)).apply {
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
            pills += this
        }

    private fun toggle(option: QuestionOption, i: Int, group: ButtonGroup?): JComponent {
        val box = if (group == null) JCheckBox() else JRadioButton()
        // The model's words are never markup.
        box.plain()
        box.text = option.label
        box.name = "question.option.$index.$i"
        box.isOpaque = false
        box.iconTextGap = Theme.now.px(7)
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
        Shortcuts.bindFocused(this, "ENTER") { enter() }
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
        UprightContent {
        init {
            add(content)
        }
    }
}
