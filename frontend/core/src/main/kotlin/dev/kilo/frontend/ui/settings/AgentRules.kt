package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.PermissionsModel
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.shared.settings.Rule
import dev.kilo.shared.settings.Rule.Action
import javax.swing.JComboBox
import javax.swing.JComponent

/** What an agent may do, beside what is allowed to all: rules in their order, each in a line that can be changed. */
internal class AgentRules(private val resized: () -> Unit) : Stack(gap = 4) {
    private val lines = Stack(gap = 4)
    private val add = button("settings.agent.rule.add", "settings.agent.rule.add") {
        val line = RuleLine(Rule("bash", "*", Action.ASK))
        lines.add(line)
        resized()
        line.first.requestFocusInWindow()
    }

    init {
        name = "settings.agent.rules"
        add(lines)
        add(Buttons(add))
    }

    var rules: List<Rule>
        get() = lines.components.filterIsInstance<RuleLine>().mapNotNull { it.rule }
        set(value) {
            lines.removeAll()
            for (rule in value) lines.add(RuleLine(rule))
        }

    private inner class RuleLine(rule: Rule) : Line(gap = 6, min = 30) {
        private val what = JComboBox(PermissionsModel.KNOWN.toTypedArray()).apply {
            name = "settings.agent.rule.what"
            isEditable = true
            selectedItem = rule.permission
            getAccessibleContext().accessibleName = Strings["settings.permission.what"].replace("&", "")
        }
        private val pattern = textField("settings.agent.rule.pattern", "*").apply {
            text = rule.pattern.takeIf { it != "*" }.orEmpty()
            getAccessibleContext().accessibleName = Strings["settings.permission.pattern"].replace("&", "")
        }
        private val action = choices(
            "settings.agent.rule.action",
            Action.entries.map { Choice(it, Strings["settings.permission.action.${it.name.lowercase()}"]) },
        ) {}.apply {
            take(rule.action)
            getAccessibleContext().accessibleName = Strings["settings.permission.action"].replace("&", "")
        }
        private val gone = Quiet(null, Icons.close, Strings["settings.agent.rule.remove"])

        val first: JComponent get() = what

        val rule: Rule?
            get() {
                val permission = (what.editor.item as? String ?: what.selectedItem as? String).orEmpty().trim()
                if (permission.isEmpty()) return null
                val done = (action.selectedItem as? Choice<*>)?.value as? Action ?: Action.ASK
                return Rule(permission, pattern.text.trim().ifEmpty { "*" }, done)
            }

        init {
            add(what)
            fill(pattern)
            end(action)
            end(gone)
            gone.addActionListener {
                lines.remove(this)
                resized()
                add.requestFocusInWindow()
            }
        }
    }
}
