package dev.kilo.frontend.ui.decision

import dev.kilo.frontend.model.decision.Risks
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.shared.permission.PermissionRequest
import javax.swing.JComboBox
import javax.swing.JTextField

/** The rules that "always" would save, each of which can be changed, forbidden instead, or left out. */
internal class RuleEditor : Stack(gap = 5) {
    private val rules = ArrayList<Rule>()

    /** Patterns and what becomes of them; [unchanged] when it is just what the request offers. */
    data class Choice(val allow: List<String>, val deny: List<String>, val unchanged: Boolean)

    private class Rule(val offered: String, index: Int, permission: String) : Line(gap = 7) {
        /** What can't be seen can't be judged either: such a rule is left out unless the user writes it anew. */
        private val deceives = Risks.visible(offered) != offered
        val pattern = JTextField(Risks.visible(offered))
        val action = JComboBox(arrayOf(Strings["rule.allow"], Strings["rule.deny"], Strings["rule.skip"]))

        init {
            pattern.name = "rule.pattern.$index"
            pattern.getAccessibleContext().accessibleName = Strings["rule.pattern"]
            action.name = "rule.action.$index"
            action.getAccessibleContext().accessibleName = Strings["rule.action"]
            if (deceives) action.selectedIndex = SKIP
            add(action)
            add(Caption(permission, { it.muted }, { it.small }))
            fill(pattern)
        }

        override fun setEnabled(enabled: Boolean) {
            super.setEnabled(enabled)
            pattern.isEnabled = enabled
            action.isEnabled = enabled
        }
    }

    init {
        name = "rules"
        isVisible = false
        getAccessibleContext().accessibleName = Strings["rule.title"]
    }

    fun show(request: PermissionRequest) {
        removeAll()
        rules.clear()
        add(FlowText(Strings["rule.title"], { it.muted }, { it.small }))
        request.always.forEachIndexed { i, pattern ->
            val rule = Rule(pattern, i, request.permission)
            rules += rule
            add(rule)
        }
    }

    fun first() = rules.firstOrNull()?.pattern

    fun choice(): Choice {
        fun of(action: Int) = rules.filter { it.action.selectedIndex == action }
            .map { it.pattern.text.trim() }.filter { it.isNotEmpty() }
        val same = rules.all { it.action.selectedIndex == ALLOW && it.pattern.text.trim() == it.offered }
        return Choice(of(ALLOW), of(DENY), same)
    }

    private companion object {
        const val ALLOW = 0
        const val DENY = 1
        const val SKIP = 2
    }
}
