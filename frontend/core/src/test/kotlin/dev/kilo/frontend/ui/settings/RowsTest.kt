package dev.kilo.frontend.ui.settings

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Test
import javax.swing.JLabel

class RowsTest {
    private val rows = Rows<Pair<String, String>, JLabel>(
        key = { it.first },
        make = { JLabel() },
        update = { row, (_, text) -> row.text = text },
    )

    private fun texts() = rows.components.map { (it as JLabel).text }

    @Test
    fun `two items of one name are two rows`() {
        rows.show(listOf("review" to "built in", "tidy" to "project", "review" to "project"))

        assertEquals(listOf("built in", "project", "project"), texts())

        rows.show(listOf("review" to "project"))

        assertEquals(listOf("project"), texts())
    }

    @Test
    fun `rows keep their component when the order changes`() {
        rows.show(listOf("a" to "1", "b" to "2", "c" to "3"))
        val last = rows.row("c")

        rows.show(listOf("c" to "3", "d" to "4", "a" to "1"))

        assertEquals(listOf("3", "4", "1"), texts())
        assertSame(last, rows.getComponent(0))
    }
}
