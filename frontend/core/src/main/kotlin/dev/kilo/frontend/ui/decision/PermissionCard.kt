package dev.kilo.frontend.ui.decision

import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.ToolText
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.CodeText
import dev.kilo.frontend.ui.Diffs
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Sideways
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Work
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.permission.PermissionRequest
import java.awt.event.KeyEvent
import javax.swing.JTextField

/**
 * A decision that the agent waits for. It takes the place above the composer, never the focus: a key that was meant for
 * the composer cannot answer it. Only a click, or its mnemonics with Alt, do, and not in its first moments.
 */
internal class PermissionCard(
    private val workspace: WorkspaceModel,
    private val work: Work,
    private val changed: () -> Unit,
) : Stack(pad = Insets4(4, 14, 4, 14)) {
    private var request: PermissionRequest? = null
    private val guard = Guard()
    private val card = DecisionSurface()
    private val head = DecisionHead(workspace, Icons.shield)
    private val detail = Stack()
    private val hint = FlowText("", { it.muted }, { it.small })
    private val once = Pill(Strings["permission.once"], "permission.once", primary = true)
    private val always = Pill(Strings["permission.always"], "permission.always", primary = false)
    private val reject = Pill(Strings["permission.reject"], "permission.reject", primary = false)
    private val feedback = JTextField()

    init {
        name = "permission"
        card.add(head)
        card.add(detail)
        card.add(hint)
        val actions = Line(gap = 7)
        actions.add(once)
        actions.add(always)
        actions.add(reject)
        actions.fill(feedback)
        card.add(actions)
        add(card)
        once.mnemonic = KeyEvent.VK_O
        always.mnemonic = KeyEvent.VK_W
        reject.mnemonic = KeyEvent.VK_R
        for (button in listOf(once, always, reject)) button.getAccessibleContext().accessibleName = button.text
        once.addActionListener { answer(PermissionReply.ONCE) }
        always.addActionListener { answer(PermissionReply.ALWAYS) }
        reject.addActionListener { answer(PermissionReply.REJECT) }
        feedback.name = "permission.feedback"
        feedback.getAccessibleContext().accessibleName = Strings["permission.feedback"]
        feedback.putClientProperty("JTextField.placeholderText", Strings["permission.feedback"])
        feedback.putClientProperty("JComponent.roundRect", true)
        feedback.addActionListener { answer(PermissionReply.REJECT) }
        getAccessibleContext().accessibleName = Strings["permission.title"]
        isVisible = false
    }

    /** Shows [decision] beside the session [current]; null hides the card. [others] wait behind it. */
    fun show(decision: Decision.Permission?, current: String?, others: Int) {
        if (decision == null) {
            isVisible = false
            request = null
            return
        }
        head.show(decision, current, others)
        val next = decision.request
        if (next.id == request?.id) return
        request = next
        guard.restart()
        feedback.text = ""
        getAccessibleContext().accessibleDescription = ToolText.question(next)
        always.isVisible = next.always.isNotEmpty()
        always.toolTipText = Strings("permission.always.hint", next.always.joinToString(", "))
        hint.isVisible = next.always.isNotEmpty()
        hint.set(Strings("permission.always.hint", next.always.joinToString(",  ") { "${next.permission} $it" }))
        head.counts.text = ""
        detail.removeAll()
        isVisible = true
        when (val content = ToolText.content(next)) {
            is ToolText.Content.Diff -> work.run({ Diffs.parse(content.patch, content.file) }) { diff ->
                if (request?.id != next.id) return@run
                head.counts.text = "+${diff.additions}  −${diff.deletions}"
                body(CodeText(diff.lines, gutter = true))
            }

            is ToolText.Content.Terminal -> body(CodeText(Diffs.terminal(content.command)))

            is ToolText.Content.Plain -> body(CodeText(Diffs.terminal(content.text)))

            null -> Unit
        }
        changed()
    }

    private fun body(code: CodeText) {
        detail.removeAll()
        detail.add(
            Card(
                pad = Insets4(
                    6,
                    if (code.lines.size ==
                        1
                    ) {
                        10
                    } else {
                        1
                    },
                    6,
                    1,
                ),
                fill = { it.background },
                radius = 7,
            ).apply { add(Sideways(code, 200)) },
        )
        changed()
    }

    private fun answer(reply: PermissionReply) {
        val now = request ?: return
        if (guard.closed) return
        workspace.reply(now, reply, if (reply == PermissionReply.REJECT) feedback.text else null)
    }
}
