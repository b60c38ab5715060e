package dev.kilo.frontend.ui

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.awt.Dimension
import javax.swing.JLabel

class LineTest {
    private fun label(width: Int) = JLabel("x").apply { preferredSize = Dimension(width, 16) }

    private fun Line.at(width: Int) {
        setSize(width, 20)
        doLayout()
    }

    @Test
    fun `a remark goes before the title has too little room to say anything`() {
        val title = label(300)
        val remark = label(120)
        val line = Line(gap = 6).apply {
            fill(title)
            end(remark)
            yielding = remark
        }

        line.at(500)

        assertEquals(300 to 120, title.width to remark.width)

        line.at(200)

        assertEquals(0, remark.width)
        assertEquals(200, title.width)
    }

    @Test
    fun `the name of another session is cut before the question is, and never to nothing`() {
        val question = label(150)
        val session = label(300)
        val line = Line(gap = 6).apply {
            fill(question)
            elastic = session
            add(session)
        }

        line.at(600)

        assertEquals(150 to 300, question.width to session.width)

        line.at(300)

        assertEquals(150 to 144, question.width to session.width)

        line.at(160)

        assertTrue(session.width > 50 && question.width > 50) { "${question.width} and ${session.width}" }
    }
}
