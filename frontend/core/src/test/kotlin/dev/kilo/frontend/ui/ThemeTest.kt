package dev.kilo.frontend.ui

import dev.kilo.frontend.model.settings.Density
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.awt.Color
import java.awt.Font
import java.awt.font.FontRenderContext
import javax.swing.JTextField
import javax.swing.UIManager
import javax.swing.plaf.ColorUIResource
import javax.swing.plaf.FontUIResource

/** Each look is background, panel, text, accent: ours first, then some of an IDE's. */
class ThemeTest {
    @AfterEach
    fun forget() {
        for (key in KEYS) UIManager.put(key, null)
        UIManager.put(Theme.CONTRAST, null)
        Appearance.zoom = 0
        Appearance.density = Density.COMFORTABLE
    }

    private fun theme(look: String): Theme {
        val colours = look.substringBefore(" ").split(',').map { ColorUIResource(Color.decode("#$it")) }
        KEYS.zip(colours).forEach { (key, colour) -> UIManager.put(key, colour) }
        UIManager.put(Theme.CONTRAST, look.endsWith(" contrast"))
        return Theme.fresh()
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "ffffff,f4f5f7,1d2026,4263eb",
            "1e1f22,26282b,d6d9de,6b8afd",
            "000000,000000,ffffff,ffd60a contrast",
            "ffffff,f7f8fa,000000,3574f0",
            "2b2b2b,3c3f41,bbbbbb,4b6eaf",
            "000000,000000,ffffff,1aebff",
            "fdf6e3,eee8d5,3b4a50,268bd2",
        ],
    )
    fun `text can be read on everything that it may stand on`(look: String) {
        val t = theme(look)
        val surfaces = listOf(t.background, t.panel, t.card, t.raised, t.hover, t.bubble)
        val least = if (t.contrast) mapOf(t.text to 7.0, t.muted to 7.0, t.faint to 7.0) else emptyMap()
        for (ink in listOf(t.text, t.muted, t.faint, t.link, t.green, t.red, t.amber)) {
            for (surface in surfaces) readable(ink, surface, if (surface == t.hover) 4.5 else least[ink] ?: 4.5)
        }
        for (ink in listOf(t.keyword, t.string, t.number, t.comment, t.name, t.markup)) {
            for (surface in listOf(t.background, t.card, t.addedLine, t.removedLine)) readable(ink, surface)
        }
        for (surface in listOf(
            t.selection,
            t.found,
            t.foundNow,
            t.addedLine,
            t.removedLine,
            t.addedWord,
            t.removedWord,
        )) {
            readable(t.text, surface)
        }
        readable(t.onAccent, t.accentFill)
    }

    private fun readable(ink: Color, surface: Color, least: Double = 4.5) {
        val ratio = Theme.ratio(ink, surface)
        assertTrue(ratio >= least) { "$ink on $surface has a contrast of $ratio" }
    }

    @Test
    fun `contrast is counted as the rules for accessible content count it`() {
        assertEquals(21.0, Theme.ratio(Color.BLACK, Color.WHITE), 0.01)
        assertEquals(4.54, Theme.ratio(Color(0x767676), Color.WHITE), 0.01)
    }

    @Test
    fun `a size of the chat's own comes on top of the program's font, for Swing's own parts too`() {
        UIManager.put("Label.font", FontUIResource(Font.SANS_SERIF, Font.PLAIN, 20))
        try {
            val usual = Theme.fresh()
            Appearance.zoom = 5
            val large = Theme.fresh()
            assertEquals(usual.font.size2D * 1.5f, large.font.size2D)
            val field = JTextField().apply { font = FontUIResource(Font.SANS_SERIF, Font.PLAIN, 20) }
            dress(field)
            assertEquals(30, field.font.size)
            dress(field)
            assertEquals(30, field.font.size)
            Appearance.zoom = 0
            dress(field)
            assertEquals(20, field.font.size)
        } finally {
            UIManager.put("Label.font", null)
        }
    }

    @ParameterizedTest
    @ValueSource(ints = [11, 12, 13, 14, 15, 18, 24])
    fun `letters of code are whole pixels wide, so that columns meet on sharper displays too`(size: Int) {
        UIManager.put("Label.font", FontUIResource(Font.SANS_SERIF, Font.PLAIN, size))
        try {
            val mono = Theme.fresh().mono
            val width = mono.getStringBounds("expect(x)", FontRenderContext(null, true, true)).width / 9
            assertEquals(Math.round(width).toDouble(), width, 0.01)
            assertTrue(mono.size2D in size * 0.88f..size * 1.1f) { "${mono.size2D} beside $size" }
        } finally {
            UIManager.put("Label.font", null)
        }
    }

    @Test
    fun `the compact density takes room between parts, not from them`() {
        val usual = Theme.fresh()
        Appearance.density = Density.COMPACT
        val compact = Theme.fresh()
        assertTrue(compact.space(20) < usual.space(20))
        assertEquals(usual.px(20), compact.px(20))
    }

    private companion object {
        val KEYS = listOf("EditorPane.background", "Panel.background", "Label.foreground", "Component.accentColor")
    }
}
