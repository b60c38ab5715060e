package dev.kilo.frontend.host

import com.formdev.flatlaf.FlatDarkLaf
import com.formdev.flatlaf.FlatLaf
import com.formdev.flatlaf.FlatLightLaf
import dev.kilo.frontend.ui.Look
import java.awt.BasicStroke
import java.awt.Color
import java.awt.Image
import java.awt.RenderingHints
import java.awt.image.BufferedImage
import javax.swing.UIManager

/** How the window looks: the look and feel and the mark. */
internal object Looks {
    /** The window's icon in the usual sizes. */
    val marks: List<Image> by lazy { listOf(16, 32, 64).map(::mark) }

    /** What takes long before the first window, done before it and outside the EDT. */
    fun prepare(options: Options, settings: Settings) {
        apply(options.look ?: settings.look ?: Look.LIGHT)
        marks
        UIManager.getFont("defaultFont")
        for (name in FRAME) Class.forName(name)
        for (id in listOf("RootPaneUI", "PanelUI", "LabelUI")) UIManager.getString(id)?.let { Class.forName(it) }
    }

    /** Sets the look and feel. Before the first window any thread may do that, later only the EDT. */
    fun apply(look: Look) {
        val own = when (look) {
            Look.DARK -> mapOf(
                "@background" to "#26282b",
                "@componentBackground" to "#1e1f22",
                "@foreground" to "#d6d9de",
                "@accentColor" to "#6b8afd",
            )

            Look.LIGHT -> mapOf(
                "@background" to "#f4f5f7",
                "@foreground" to "#1d2026",
                "@accentColor" to "#4263eb",
            )

            Look.CONTRAST -> mapOf(
                "@background" to "#000000",
                "@componentBackground" to "#000000",
                "@foreground" to "#ffffff",
                "@disabledForeground" to "#b0b0b0",
                "@accentColor" to "#ffd60a",
                "Component.borderColor" to "#ffffff",
                "Component.focusWidth" to "2",
                "Separator.foreground" to "#ffffff",
                "Component.linkColor" to "#6cb6ff",
                "TextField.selectionBackground" to "#ffd60a",
                "TextField.selectionForeground" to "#000000",
            )
        }
        FlatLaf.setGlobalExtraDefaults(SHAPES + own)
        UIManager.put("Kilo.contrast", look == Look.CONTRAST)
        if (look == Look.LIGHT) FlatLightLaf.setup() else FlatDarkLaf.setup()
    }

    private fun mark(size: Int): Image {
        val image = BufferedImage(size, size, BufferedImage.TYPE_INT_ARGB)
        val g = image.createGraphics()
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON)
        g.scale(size / 16.0, size / 16.0)
        g.color = Color(0x4C6EF5)
        g.fillRoundRect(0, 0, 16, 16, 6, 6)
        g.color = Color.WHITE
        g.stroke = BasicStroke(1.9f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
        g.draw(java.awt.geom.Line2D.Double(5.0, 3.6, 5.0, 12.4))
        g.draw(java.awt.geom.Line2D.Double(11.3, 3.6, 5.4, 8.6))
        g.draw(java.awt.geom.Line2D.Double(7.5, 7.2, 11.5, 12.4))
        g.dispose()
        return image
    }

    /** Swing's own parts as round and as high as ours. */
    private val SHAPES = mapOf(
        "Component.arc" to "10",
        "TextComponent.arc" to "10",
        "CheckBox.arc" to "5",
        "Component.focusWidth" to "0",
        "Component.innerFocusWidth" to "1",
        "TextField.margin" to "4,8,4,8",
        "PasswordField.margin" to "4,8,4,8",
        "ComboBox.padding" to "4,8,4,8",
        "ScrollPane.arc" to "10",
        "ScrollBar.width" to "9",
        "ScrollBar.thumbArc" to "999",
        "ScrollBar.thumbInsets" to "2,2,2,2",
        "PopupMenu.borderCornerRadius" to "8",
        "MenuItem.margin" to "4,10,4,10",
    )

    private val FRAME =
        listOf("javax.swing.JFrame", "javax.swing.JRootPane", "javax.swing.JLayeredPane", "javax.swing.RepaintManager")
}
