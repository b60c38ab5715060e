package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Ink
import dev.kilo.frontend.markdown.Span
import dev.kilo.frontend.markdown.visible
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.awt.Container
import java.io.File
import javax.swing.JComponent
import javax.swing.JOptionPane
import javax.swing.plaf.basic.BasicHTML

class PlainTest {
    private val hostile = "<html><img src='file:///nowhere.png'><b>bold</b>"

    private fun JComponent.markup() = getClientProperty(BasicHTML.propertyKey)

    private fun all(at: Container): List<JComponent> =
        at.components.flatMap { listOfNotNull(it as? JComponent) + if (it is Container) all(it) else emptyList() }

    @Test
    fun `no label, button or item takes a text for markup, neither its first nor a later one`() {
        val makers = listOf<Pair<String, JComponent>>(
            "caption" to Caption(hostile),
            "later caption" to Caption().apply { text = hostile },
            "quiet" to Quiet(hostile, null, "q"),
            "later quiet" to Quiet(null, null, "q").apply { text = hostile },
            "pill" to Pill(hostile, "p", primary = false),
            "item" to item(hostile),
        )
        for ((name, made) in makers) {
            assertNull(made.markup(), name)
            made.updateUI()
            assertNull(made.markup(), "$name after a change of the look")
        }
    }

    @Test
    fun `no tooltip is markup`() {
        for (made in listOf(
            Caption("a"),
            Quiet("a", null, "q"),
            Pill("a", "p", true),
            FlowText("a"),
            CodeText(),
            Stack(),
            Line(),
        )) {
            val tip = made.createToolTip().apply { tipText = hostile }
            assertNull(tip.markup(), made.javaClass.simpleName)
        }
    }

    @Test
    fun `no question in a dialog is markup`() {
        val pane = JOptionPane(said("$hostile\n$hostile"))
        assertEquals(emptyList<Any>(), all(pane).mapNotNull { it.markup() })
    }

    @Test
    fun `nothing is made in another way than those`() {
        val names = Regex("""\b(?:JLabel|JButton|JMenuItem|JCheckBox|JRadioButton|JToggleButton|JMenu)\(([^)])""")
        val offenders = File("src/main/kotlin").walk().filter { it.extension == "kt" }.flatMap { file ->
            file.readLines().mapIndexedNotNull { i, line ->
                val text = names.find(line)
                val fixed = listOf("(Strings[", "(Pictures.", "(\" \")", "(text, icon)", "(icon")
                if (text == null || line.trim().startsWith("*") ||
                    fixed.any { it in line }
                ) {
                    null
                } else {
                    "${file.name}:${i + 1} $line"
                }
            }
        }.toList()
        assertEquals(emptyList<String>(), offenders)
    }

    @Test
    fun `what turns the direction or can't be seen is seen, and heaps of marks become few`() {
        assertEquals("rm \ufffdtxt.exe", visible("rm \u202etxt.exe"))
        assertEquals("a\ufffdb\ufffdc", visible("a\u200bb\u2066c"))
        assertEquals("a\ufffdb", visible("a\udb40\udc41b"))
        assertEquals("a\ufffdb\nc\td", visible("a\u0007b\nc\td"))
        assertTrue(visible("e" + "\u0301".repeat(5000) + "f").length < 12)
        val fine = "שלום e\u0301 👩\u200d💻 می\u200cخواهم"
        assertEquals(fine, visible(fine))
    }

    @Test
    fun `labels, buttons and texts show what is hidden`() {
        val turned = "a\u202eb"
        assertEquals("a\ufffdb", Caption(turned).text)
        assertEquals("a\ufffdb", Quiet(turned, null, "q").text)
        assertEquals("a\ufffdb", Pill(turned, "p", true).text)
        assertEquals("a\ufffdb", FlowText(turned).plain)
        assertEquals("a\ufffdb", CodeText(listOf(CodeLine(listOf(Span(turned, Ink.PLAIN))))).plain)
    }
}
