package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Strings
import javax.accessibility.AccessibleContext
import javax.accessibility.AccessibleRole
import javax.swing.JComponent

/**
 * Tells screen readers what is new without taking the focus: a component without a picture whose name changes to what
 * has arrived. Answers are told when they are complete, not word by word.
 */
internal class Announcer : JComponent() {
    private val running = HashSet<String>()

    /** What was told last. */
    var said: String = ""
        private set

    init {
        isFocusable = false
    }

    fun follow(rows: Collection<Row>) {
        for (row in rows) {
            when (val body = row.body) {
                is RowBody.Answer -> if (!body.ended) {
                    running += row.key
                } else if (running.remove(row.key)) {
                    say(Strings("accessible.said", body.buffer.text.take(MOST)))
                }

                is RowBody.Call -> if (body.waiting && running.add(row.key)) say(Strings["accessible.waiting"])

                is RowBody.Failure -> if (running.add(row.key)) say(body.error.message.take(MOST))

                is RowBody.Changes,
                is RowBody.Condensed,
                is RowBody.Explore,
                is RowBody.Footer,
                is RowBody.Prompt,
                is RowBody.Thought,
                -> Unit
            }
        }
    }

    private fun say(text: String) {
        val before = said
        said = text
        getAccessibleContext().firePropertyChange(AccessibleContext.ACCESSIBLE_NAME_PROPERTY, before, text)
    }

    override fun getAccessibleContext(): AccessibleContext {
        if (accessibleContext == null) {
            accessibleContext = object : AccessibleJComponent() {
                override fun getAccessibleRole(): AccessibleRole = AccessibleRole.STATUS_BAR

                override fun getAccessibleName(): String = said
            }
        }
        return accessibleContext
    }

    private companion object {
        const val MOST = 1000
    }
}
