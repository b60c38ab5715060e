package dev.kilo.frontend.ui

import java.awt.Color
import java.awt.Font
import java.awt.Graphics
import java.awt.Graphics2D
import java.awt.RenderingHints
import java.awt.Toolkit
import javax.swing.UIManager
import kotlin.math.roundToInt

/** The one place for colours, fonts and distances. Everything is derived from the look and feel, so that any theme of an IDE works. */
internal class Theme private constructor() {
    val background: Color = color("EditorPane.background") ?: color("Panel.background") ?: Color.WHITE
    val text: Color = color("Label.foreground") ?: color("Panel.foreground") ?: Color.BLACK
    val dark: Boolean = luminance(background) < 0.5

    /** For people who need strong contrast: asked for by our own look, or seen in a theme of white on black. */
    val contrast: Boolean =
        UIManager.getBoolean(CONTRAST) || (luminance(background) < 0.01 && luminance(text) > 0.98)
    val panel: Color = color("Panel.background") ?: background
    val accent: Color =
        color("Component.accentColor") ?: color("Component.focusColor") ?: color("TextField.selectionBackground")
            ?: Color(0x3B7DDD)
    val muted: Color = mix(text, background, if (contrast) 0.88 else 0.58)
    val faint: Color = mix(text, background, if (contrast) 0.75 else 0.36)
    val line: Color = mix(
        text,
        background,
        if (contrast) {
            0.6
        } else if (dark) {
            0.16
        } else {
            0.13
        },
    )
    val card: Color = mix(text, background, if (dark) 0.045 else 0.03)
    val raised: Color = mix(text, background, if (dark) 0.09 else 0.065)
    val hover: Color = mix(
        text,
        background,
        if (contrast) {
            0.3
        } else if (dark) {
            0.12
        } else {
            0.08
        },
    )
    val bubble: Color = mix(accent, background, if (dark) 0.20 else 0.09)
    val selection: Color = mix(accent, background, if (dark) 0.45 else 0.28)

    /** The text on a button of the accent colour. */
    val onAccent: Color = if (luminance(accent) > 0.6) Color.BLACK else Color.WHITE
    val link: Color = color("Component.linkColor") ?: accent
    val green: Color = if (dark) Color(0x6CC08B) else Color(0x1F8A4C)
    val red: Color = if (dark) Color(0xF07F7F) else Color(0xC93B3B)
    val amber: Color = if (dark) Color(0xE3B55B) else Color(0xA96E00)
    val addedLine: Color = mix(green, background, if (dark) 0.17 else 0.12)
    val removedLine: Color = mix(red, background, if (dark) 0.17 else 0.10)
    val addedWord: Color = mix(green, background, if (dark) 0.42 else 0.30)
    val removedWord: Color = mix(red, background, if (dark) 0.42 else 0.26)

    /** Words that were found, and the place that is looked at. */
    val found: Color = mix(amber, background, if (dark) 0.38 else 0.35)
    val foundNow: Color = mix(amber, background, if (dark) 0.75 else 0.8)

    val keyword: Color = if (dark) Color(0xCF8E6D) else Color(0x0033B3)
    val string: Color = if (dark) Color(0x7FB87A) else Color(0x067D17)
    val number: Color = if (dark) Color(0x4FB3C4) else Color(0x1750EB)
    val comment: Color = if (contrast) {
        Color(0xB8BDC6)
    } else if (dark) {
        Color(0x7F848E)
    } else {
        Color(0x7A7E85)
    }
    val name: Color = if (dark) Color(0x7AA8F0) else Color(0x00627A)
    val markup: Color = if (dark) Color(0xD5B778) else Color(0x7A5A00)

    val font: Font = UIManager.getFont("Label.font") ?: Font(Font.SANS_SERIF, Font.PLAIN, 13)
    val small: Font = font.deriveFont(font.size2D * 0.92f)
    val bold: Font = font.deriveFont(Font.BOLD)
    val mono: Font = monospaced(font.size2D)

    /** Distances grow with the font, and so with zoom. */
    private val scale = font.size2D / 13f

    fun px(value: Int): Int = (value * scale).roundToInt()

    companion object {
        /** True in the defaults of a look that wants strong contrast. */
        const val CONTRAST: String = "Kilo.contrast"

        private var cached: Theme? = null

        val now: Theme get() = cached ?: Theme().also { cached = it }

        private val listener = java.beans.PropertyChangeListener { cached = null }
        private var views = 0

        /** While there is a view the defaults of Swing are listened to; a listener without one would keep these classes loaded. */
        fun hold() {
            if (views++ > 0) return
            cached = null
            UIManager.addPropertyChangeListener(listener)
        }

        /** A view of [hold] is gone. */
        fun release() {
            if (--views == 0) UIManager.removePropertyChangeListener(listener)
        }

        /** One that is not kept, for threads other than the EDT. */
        fun fresh(): Theme = Theme()

        /** After the look and feel's defaults changed. */
        fun refresh() {
            cached = null
        }

        fun mix(a: Color, b: Color, part: Double): Color {
            fun one(x: Int, y: Int) = (x * part + y * (1 - part)).roundToInt().coerceIn(0, 255)
            return Color(one(a.red, b.red), one(a.green, b.green), one(a.blue, b.blue))
        }

        private fun color(key: String): Color? = UIManager.getColor(key)?.let { Color(it.rgb) }

        private fun luminance(c: Color) = (0.299 * c.red + 0.587 * c.green + 0.114 * c.blue) / 255

        private fun monospaced(size: Float): Font {
            val base =
                Appearance.codeFont ?: UIManager.getFont("monospaced.font") ?: Font(Font.MONOSPACED, Font.PLAIN, 13)
            return base.deriveFont(Font.PLAIN, size * 0.96f)
        }
    }
}

/** The looks that a program of ours offers; an IDE has its own. */
public enum class Look { LIGHT, DARK, CONTRAST }

/** What the program around the chat decides about its looks. EDT only; call [ChatView.restyle] after a change. */
public object Appearance {
    /** The family for code; its size follows the window's font. Null leaves it to the look and feel. */
    public var codeFont: Font? = null
}

/** Crisp shapes and the desktop's text smoothing. */
internal fun Graphics.smooth(): Graphics2D = (create() as Graphics2D).apply {
    setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON)
    setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE)
    val hints = desktopHints
    if (hints.isEmpty()) {
        setRenderingHint(
            RenderingHints.KEY_TEXT_ANTIALIASING,
            RenderingHints.VALUE_TEXT_ANTIALIAS_ON,
        )
    } else {
        addRenderingHints(hints)
    }
}

internal val desktopHints: Map<Any?, Any?> by lazy {
    (Toolkit.getDefaultToolkit().getDesktopProperty("awt.font.desktophints") as? Map<*, *>)
        ?.filterValues {
            it != null && it != RenderingHints.VALUE_TEXT_ANTIALIAS_OFF &&
                it != RenderingHints.VALUE_TEXT_ANTIALIAS_DEFAULT
        }
        ?.filterKeys { it == RenderingHints.KEY_TEXT_ANTIALIASING || it == RenderingHints.KEY_TEXT_LCD_CONTRAST }
        .orEmpty()
}
