package dev.kilo.frontend.ui

import dev.kilo.frontend.model.FarBackend
import dev.kilo.shared.app.Connection
import dev.kilo.shared.change.FileChange
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.awt.Color
import java.awt.image.BufferedImage

@OptIn(ExperimentalCoroutinesApi::class)
class HeaderTest {
    private object NoHost : ViewHost {
        override val themes = false

        override fun browse(url: String) = Unit

        override fun zoom(step: Int) = Unit

        override fun theme(look: Look) = Unit

        override fun diff(change: FileChange) = Unit
    }

    private fun Header.dotColour(): Color {
        val image = BufferedImage(32, 32, BufferedImage.TYPE_INT_ARGB)
        val g = image.createGraphics()
        dot.icon.paintIcon(dot, g, 0, 0)
        g.dispose()
        return Color(image.getRGB(dot.icon.iconWidth / 2, dot.icon.iconHeight / 2))
    }

    @Test
    fun `the dot is green only while the backend can be reached`() = runTest {
        val (app, workspace) = FarBackend().open(this, emptyList())
        val keys = Shortcuts(javax.swing.JPanel())
        val header = Header(workspace, "far:1", NoHost, Pages({}, {}), keys) {}
        assertEquals(Theme.now.green, header.dotColour())
        header.connection(Connection.Lost("The line is dead."))
        assertEquals(Theme.now.red, header.dotColour())
        assertTrue("lost" in header.dot.toolTipText)
        header.connection(Connection.Connecting(1, null))
        assertEquals(Theme.now.amber, header.dotColour())
        header.connection(Connection.Connected)
        assertEquals(Theme.now.green, header.dotColour())
        app.close()
    }
}
