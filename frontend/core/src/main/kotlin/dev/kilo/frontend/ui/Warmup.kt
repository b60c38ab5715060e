package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Markdown
import java.awt.Font
import java.awt.font.FontRenderContext
import java.awt.font.LineBreakMeasurer
import java.awt.font.TextAttribute
import java.awt.image.BufferedImage
import java.io.IOException
import java.net.URISyntaxException
import java.nio.file.Files
import java.nio.file.Path
import java.text.AttributedString
import java.util.jar.JarFile
import javax.swing.JList
import javax.swing.JScrollPane
import javax.swing.JTextArea
import javax.swing.JTextField
import javax.swing.UIManager
import kotlin.io.path.extension
import kotlin.io.path.isDirectory
import kotlin.io.path.relativeTo

/**
 * Loads what the first chat needs before it is needed on the EDT: fonts, text layout, drawing, the parsers and classes.
 * Makes no component, so any thread may run it, after the look and feel was set.
 */
public object Warmup {
    public fun run() {
        texts()
        for (name in own()) load(name)
        for (id in DELEGATES) UIManager.getString(id)?.let(::load)
        for (name in SWING) load(name)
        Markdown.parse(SAMPLE)
    }

    /**
     * What only the EDT may do: makes one component of each kind, which loads what the look and feel needs for it. To be
     * called one an event before a [ChatView] is made, whose own event is then short.
     */
    public val steps: List<() -> Unit> = listOf(
        { JScrollPane(JTextArea()) },
        { Line().add(Quiet(null, Icons.close, "")) },
        { Stack().add(Caption("", { it.muted }, { it.small })) },
        { Card().add(Pill("", "", primary = true)) },
        { JTextField().preferredSize },
        { JList<String>() },
        { FlowText("") },
    )

    private fun texts() {
        val t = Theme.fresh()
        val image = BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB)
        val g = image.graphics.smooth()
        val frc = FontRenderContext(null, true, true)
        for (font in listOf(t.font, t.small, t.bold, t.font.deriveFont(Font.ITALIC), t.mono)) {
            val text = AttributedString(WORDS)
            text.addAttribute(TextAttribute.FONT, font)
            val measurer = LineBreakMeasurer(text.iterator, frc)
            while (measurer.position < WORDS.length) measurer.nextLayout(120f).draw(g, 2f, 20f)
            g.font = font
            g.drawString(WORDS, 2, g.fontMetrics.ascent)
        }
        g.fillRoundRect(3, 3, 40, 30, 8, 8)
        g.drawRoundRect(3, 3, 40, 30, 8, 8)
        for (icon in listOf(Icons.mark, Icons.send, Icons.chevronDown)) icon.paintIcon(null, g, 4, 4)
        g.dispose()
    }

    /** The classes of this package and of the models, wherever they were packed. */
    private fun own(): List<String> {
        val place = Warmup::class.java.protectionDomain.codeSource?.location ?: return emptyList()
        return try {
            val path = Path.of(place.toURI())
            val entries = if (path.isDirectory()) {
                Files.walk(path).use { all ->
                    all.filter { it.extension == "class" }.map { it.relativeTo(path).joinToString("/") }.toList()
                }
            } else {
                JarFile(path.toFile()).use { jar -> jar.entries().asSequence().map { it.name }.toList() }
            }
            entries.filter { it.startsWith(ROOT) && it.endsWith(".class") }
                .map { it.removeSuffix(".class").replace('/', '.') }
        } catch (_: IOException) {
            emptyList()
        } catch (_: URISyntaxException) {
            emptyList()
        }
    }

    /** What cannot be loaded here says so where it is used. */
    private fun load(name: String) {
        try {
            Class.forName(name, true, Warmup::class.java.classLoader)
        } catch (_: ClassNotFoundException) {
            return
        } catch (_: LinkageError) {
            return
        }
    }

    private const val ROOT = "dev/kilo/frontend/"
    private const val WORDS = "The quick brown fox 0123456789 – …"
    private const val SAMPLE =
        "# A\n\nText *a* **b** `c` [d](e)\n\n- f\n\n1. g\n\n> h\n\n| i | j |\n|---|---|\n| k | l |\n\n```ts\nconst m = \"n\" // o\n```\n"
    private val DELEGATES = listOf(
        "ButtonUI",
        "LabelUI",
        "PanelUI",
        "PopupMenuUI",
        "ScrollBarUI",
        "ScrollPaneUI",
        "TextAreaUI",
        "TextFieldUI",
        "ToolTipUI",
        "ViewportUI",
        "ListUI",
    )
    private val SWING = listOf(
        "javax.swing.JButton",
        "javax.swing.JPopupMenu",
        "javax.swing.JScrollBar",
        "javax.swing.JScrollPane",
        "javax.swing.JTextArea",
        "javax.swing.JTextField",
        "javax.swing.text.DefaultCaret",
        "javax.swing.text.GapContent",
        "javax.swing.text.PlainDocument",
        "javax.swing.text.StyleContext",
        "javax.swing.text.WrappedPlainView",
        "javax.swing.undo.UndoManager",
        "javax.swing.LayoutFocusTraversalPolicy",
    )
}
