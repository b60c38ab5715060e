package dev.kilo.frontend.host

import dev.kilo.frontend.ui.Look
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.awt.Rectangle
import java.nio.file.Files
import java.nio.file.Path

class SettingsTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `bounds, theme and zoom are there at the next start`() {
        val file = folder.resolve("new/window.properties")
        Settings(file).apply {
            bounds = Rectangle(-20, 30, 640, 800)
            look = Look.CONTRAST
            zoom = 3
            save()
        }
        val next = Settings(file)
        assertEquals(Rectangle(-20, 30, 640, 800), next.bounds)
        assertEquals(Look.CONTRAST, next.look)
        assertEquals(3, next.zoom)
    }

    @Test
    fun `a damaged file counts as none`() {
        val file = folder.resolve("window.properties")
        Files.writeString(file, "bounds=1,2,three,4\nzoom=huge\nbroken=\\u12")
        val settings = Settings(file)
        assertNull(settings.bounds)
        assertNull(settings.look)
        assertEquals(0, settings.zoom)
    }
}
