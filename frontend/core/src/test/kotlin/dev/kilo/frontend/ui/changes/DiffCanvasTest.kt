package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.model.changes.DiffDocument
import dev.kilo.frontend.model.changes.DiffHunk
import dev.kilo.frontend.model.changes.DiffRows
import dev.kilo.frontend.ui.Theme
import dev.kilo.shared.change.ChangedFile
import dev.kilo.shared.change.FileChange
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.awt.event.ActionEvent
import java.awt.image.BufferedImage
import javax.swing.JComponent
import javax.swing.JScrollPane
import javax.swing.KeyStroke
import javax.swing.SwingUtilities

class DiffCanvasTest {
    private fun <T> edt(action: () -> T): T {
        var result: Result<T>? = null
        SwingUtilities.invokeAndWait { result = runCatching(action) }
        return checkNotNull(result).getOrThrow()
    }

    private fun document(before: String, after: String, patch: String? = null) =
        checkNotNull(DiffDocument.of(FileChange(ChangedFile("a.kt"), patch, before, after)))

    private fun shown(canvas: DiffCanvas, rows: DiffRows): JScrollPane {
        val pane = JScrollPane(canvas)
        pane.setSize(600, 400)
        canvas.show(rows, keep = false)
        pane.doLayout()
        pane.viewport.doLayout()
        canvas.doLayout()
        return pane
    }

    private fun paint(canvas: JComponent, pane: JScrollPane): BufferedImage {
        val image = BufferedImage(pane.width, pane.height, BufferedImage.TYPE_INT_RGB)
        val g = image.createGraphics()
        g.clipRect(0, 0, pane.width, pane.height)
        g.translate(0, -pane.viewport.viewPosition.y)
        canvas.paint(g)
        g.dispose()
        return image
    }

    private fun press(canvas: JComponent, key: String) {
        val name = canvas.getInputMap(JComponent.WHEN_ANCESTOR_OF_FOCUSED_COMPONENT).get(KeyStroke.getKeyStroke(key))
        canvas.actionMap.get(name).actionPerformed(ActionEvent(canvas, 0, ""))
    }

    @Test
    fun `a change of 100,000 lines is shown, walked through and painted within a frame or two`() {
        val before = (1..100_000).joinToString("\n") { "val value$it = $it" }
        val after = (1..100_000).joinToString("\n") {
            if (it % 100 ==
                0
            ) {
                "val value$it = -$it"
            } else {
                "val value$it = $it"
            }
        }
        val rows = DiffRows(document(before, after), sideBySide = true)
        edt {
            val canvas = DiffCanvas { _, _ -> }
            val pane = shown(canvas, rows)
            paint(canvas, pane)
            val start = System.nanoTime()
            repeat(20) {
                assertTrue(canvas.change(1))
                paint(canvas, pane)
            }
            val millis = (System.nanoTime() - start) / 20 / 1_000_000
            assertTrue(millis < 50, "a step took $millis ms")
        }
    }

    @Test
    fun `the next and the former change, and the end of the file`() {
        val before = (1..100).joinToString("\n") { "line $it" }
        val after = before.replace("line 20\n", "line twenty\n").replace("line 80\n", "line eighty\n")
        edt {
            val canvas = DiffCanvas { _, _ -> }
            shown(canvas, DiffRows(document(before, after), sideBySide = false))
            assertTrue(canvas.change(1))
            assertTrue("line 20" in canvas.spoken(), canvas.spoken())
            assertTrue(canvas.change(1))
            assertTrue("line 80" in canvas.spoken(), canvas.spoken())
            assertFalse(canvas.change(1))
            assertTrue(canvas.change(-1))
            press(canvas, "DOWN")
            assertTrue("line twenty" in canvas.spoken(), canvas.spoken())
        }
    }

    @Test
    fun `a fold opens with Enter, and hunks in sight have buttons that name them`() {
        val before = (1..60).joinToString("\n", postfix = "\n") { "line $it" }
        val after = before.replace("line 50\n", "line fifty\n")
        val head = "@@ -47,7 +47,7 @@"
        val body = (47..53).joinToString("") { if (it == 50) "-line 50\n+line fifty\n" else " line $it\n" }
        val chosen = ArrayList<Pair<DiffHunk, Boolean>>()
        edt {
            val canvas = DiffCanvas { hunk, undo -> chosen += hunk to undo }
            shown(canvas, DiffRows(document(before, after, "$head\n$body"), sideBySide = false))
            val buttons = canvas.components.filter { it.isVisible }.flatMap { (it as JComponent).components.toList() }
            val undo = buttons.single { it.name == "hunk.undo.0" } as javax.swing.AbstractButton
            assertEquals("Undo change 1", undo.accessibleContext.accessibleName)
            undo.doClick(0)
            val height = canvas.preferredSize.height
            press(canvas, "HOME")
            press(canvas, "ENTER")
            assertTrue(canvas.preferredSize.height > height + 30 * Theme.now.font.size)
        }
        assertEquals(listOf(head to true), chosen.map { (hunk, undo) -> hunk.head to undo })
    }
}
