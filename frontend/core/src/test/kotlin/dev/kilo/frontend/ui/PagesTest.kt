package dev.kilo.frontend.ui

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.awt.event.KeyEvent
import javax.swing.JComponent
import javax.swing.JPanel
import javax.swing.KeyStroke

class PagesTest {
    private val log = ArrayList<String>()

    private inner class Fake(private val name: String, private var steps: Int = 0) : Page {
        override val title get() = name
        override val view: JComponent = JPanel()

        override fun opened(about: String?) {
            log += "$name opened${about?.let { " about $it" }.orEmpty()}"
        }

        override fun left() {
            log += "$name left"
        }

        override fun back(): Boolean = steps-- > 0

        override fun close() {
            log += "$name closed"
        }
    }

    private val pages = Pages(changed = {}, home = { log += "home" })

    @Test
    fun `a page is made when it is first opened, and once`() {
        var made = 0
        pages.register("a") {
            made++
            Fake("a")
        }
        assertEquals(0, made)
        pages.open("a")
        pages.back()
        pages.open("a", "x")
        assertEquals(1, made)
        assertEquals(listOf("a opened", "a left", "home", "a opened about x"), log)
    }

    @Test
    fun `a page that was opened from another one leads back to it, and Esc goes one step`() {
        pages.register("a") { Fake("a") }
        pages.register("b") { Fake("b", steps = 1) }
        pages.open("a")
        pages.open("b")
        assertEquals("b", pages.current)
        val escape = pages.getInputMap(JComponent.WHEN_ANCESTOR_OF_FOCUSED_COMPONENT)
            .get(KeyStroke.getKeyStroke(KeyEvent.VK_ESCAPE, 0))
        fun escape() = pages.actionMap.get(escape).actionPerformed(null)
        escape()
        assertEquals("b", pages.current, "a step back inside the page")
        escape()
        assertEquals("a", pages.current)
        escape()
        assertNull(pages.current)
        assertFalse(pages.isVisible)
    }

    @Test
    fun `a page that is opened twice is on the way once`() {
        for (name in listOf("a", "b")) pages.register(name) { Fake(name) }
        pages.open("a")
        pages.open("b")
        pages.open("a")
        pages.back()
        assertEquals("b", pages.current)
        pages.back()
        assertNull(pages.current)
    }

    @Test
    fun `leaving goes to the conversation at once, and a page nobody registered is not opened`() {
        pages.register("a") { Fake("a") }
        pages.open("nothing")
        assertFalse(pages.isVisible)
        pages.toggle("a")
        assertTrue(pages.isVisible)
        pages.toggle("a")
        assertFalse(pages.isVisible)
        pages.close()
        assertEquals("a closed", log.last())
    }
}
