package dev.kilo.frontend.ui.decision

import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.decision.Saving
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.CodeText
import dev.kilo.frontend.ui.Diffs
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Sideways
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Work
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import javax.swing.JComponent
import javax.swing.JTextField

/**
 * A permission that the agent waits for: what exactly would run or change, and the answers. "Always" first shows the
 * rules that it would save.
 */
internal class PermissionCard(
    private val workspace: WorkspaceModel,
    private val work: Work,
    private val changed: () -> Unit,
    home: () -> Unit,
) : DecisionCard(home) {
    private var request: PermissionRequest? = null
    private val head = DecisionHead(workspace, Icons.shield)
    private val detail = Stack()
    private val hint = FlowText("", { it.muted }, { it.small })
    private val rules = RuleEditor()
    private val once = Pill(Strings["permission.once"], "permission.once", primary = true)
    private val always = Pill(Strings["permission.always"], "permission.always", primary = false)
    private val reject = Pill(Strings["permission.reject"], "permission.reject", primary = false)
    private val feedback = JTextField()

    override val answers: List<JComponent> = listOf(once, always, reject, feedback)

    init {
        name = "permission"
        surface.add(head)
        surface.add(detail)
        surface.add(hint)
        surface.add(rules)
        val actions = Line(gap = 7)
        actions.add(once)
        actions.add(always)
        actions.add(reject)
        actions.fill(feedback)
        surface.add(actions)
        key("alt O", once)
        key("alt W", always)
        key("alt R", reject)
        once.addActionListener { answer(PermissionReply.ONCE) }
        always.addActionListener { if (!guard.closed) edit(!rules.isVisible) }
        reject.addActionListener { answer(PermissionReply.REJECT) }
        feedback.name = "permission.feedback"
        feedback.getAccessibleContext().accessibleName = Strings["permission.feedback"]
        feedback.putClientProperty("JTextField.placeholderText", Strings["permission.feedback"])
        Shortcuts.bindFocused(feedback, "ENTER") { answer(PermissionReply.REJECT) }
        getAccessibleContext().accessibleName = Strings["permission.title"]
        isVisible = false
    }

    /** Shows [decision] beside the session [current]; null hides the card. [others] wait behind it. */
    fun show(decision: Decision.Permission?, current: String?, others: Int) {
        if (decision == null) {
            gone()
            return
        }
        head.show(decision, current, others)
        val next = decision.request
        if (next.id == request?.id) return
        request = next
        feedback.text = ""
        getAccessibleContext().accessibleDescription =
            "${ToolText.question(next)} ${ToolText.describe(next).take(SPOKEN)}"
        always.isVisible = next.always.isNotEmpty()
        hint.set(Strings("permission.always.hint", next.always.joinToString(",  ") { "${next.permission} $it" }))
        rules.show(next)
        edit(false)
        head.counts.text = ""
        detail.removeAll()
        isVisible = true
        guard.restart()
        when (val content = ToolText.content(next)) {
            is ToolText.Content.Diff -> work.run({ Diffs.parse(content.patch, content.file) }) { diff ->
                if (request?.id != next.id) return@run
                head.counts.text = "+${diff.additions}  −${diff.deletions}"
                body(framed(CodeText(diff.lines, gutter = true), 1))
            }

            is ToolText.Content.Terminal -> {
                val parts = if (next.permission == "bash") next.patterns else emptyList()
                body(CommandView(content.command, parts, workspace.directory))
            }

            is ToolText.Content.Plain -> body(framed(CodeText(Diffs.terminal(content.text)), 10))

            null -> Unit
        }
        changed()
    }

    private fun gone() {
        isVisible = false
        request = null
        guard.stop()
    }

    private fun framed(code: CodeText, left: Int) =
        Card(pad = Insets4(6, left, 6, 1), fill = { it.background }, radius = 7).apply { add(Sideways(code, MOST)) }

    private fun body(view: JComponent) {
        detail.removeAll()
        detail.add(view)
        changed()
    }

    /** Opens or closes the rules that "always" would save. With them open, the answers save them too. */
    private fun edit(open: Boolean) {
        rules.isVisible = open
        hint.isVisible = !open && always.isVisible
        once.text = Strings[if (open) "permission.save.allow" else "permission.once"]
        always.text = Strings[if (open) "permission.save.not" else "permission.always"]
        reject.text = Strings[if (open) "permission.save.reject" else "permission.reject"]
        for (button in listOf(once, always, reject)) button.getAccessibleContext().accessibleName = button.text
        if (open) rules.first()?.requestFocusInWindow()
        changed()
    }

    private fun answer(reply: PermissionReply) {
        val now = request ?: return
        if (guard.closed) return
        val message = if (reply == PermissionReply.REJECT) feedback.text else null
        if (!rules.isVisible) {
            workspace.reply(now, reply, message)
            return
        }
        val choice = rules.choice()
        if (choice.unchanged && reply == PermissionReply.ONCE) {
            workspace.reply(now, PermissionReply.ALWAYS)
        } else {
            workspace.reply(now, reply, message, Saving(choice.allow, choice.deny))
        }
    }

    private companion object {
        const val MOST = 200
        const val SPOKEN = 400
    }
}
