package dev.kilo.frontend.ui

import dev.kilo.frontend.model.settings.Density
import java.awt.Color
import java.awt.Font
import java.awt.Graphics
import java.awt.Graphics2D
import java.awt.RenderingHints
import java.awt.Toolkit
import java.awt.font.FontRenderContext
import javax.swing.UIManager
import kotlin.math.ceil
import kotlin.math.pow
import kotlin.math.roundToInt

/** The one place for colours, fonts and distances. Everything is derived from the look and feel, so that any theme of an IDE works. */
internal class Theme private constructor() {
    val background: Color = color("EditorPane.background") ?: color("Panel.background") ?: Color.WHITE
    val text: Color = color("Label.foreground") ?: color("Panel.foreground") ?: Color.BLACK
    val dark: Boolean = luminance(background) < 0.5

    /** For people who need strong contrast: asked for by our own look, or seen in a theme of white on black. */
    val contrast: Boolean =
        UIManager.getBoolean(CONTRAST) || (luminance(background) < 0.01 && luminance(text) > 0.98)

    /** Which of our own looks this is most like. */
    val look: Look get() = if (contrast) {
        Look.CONTRAST
    } else if (dark) {
        Look.DARK
    } else {
        Look.LIGHT
    }
    val panel: Color = color("Panel.background") ?: background
    val accent: Color =
        color("Component.accentColor") ?: color("Component.focusColor") ?: color("TextField.selectionBackground")
            ?: Color(0x3B7DDD)
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
    val selection: Color = mark(accent, if (dark) 0.45 else 0.28)

    /** What text may stand on. */
    private val surfaces = listOf(background, panel, card, raised, hover, bubble)

    /** Explanations, and what belongs to something more important. */
    val muted: Color = quiet(if (contrast) 0.88 else 0.62, if (contrast) STRONG else READABLE)

    /** The quietest text that can still be read. */
    val faint: Color = quiet(if (contrast) 0.75 else 0.45, if (contrast) STRONG else READABLE)

    /** The accent as a surface. */
    val accentFill: Color = if (ratio(Color.BLACK, accent) > PALE) accent else darkened(accent)

    /** The text on a button of the accent colour. */
    val onAccent: Color = if (ratio(Color.WHITE, accentFill) >= READABLE) Color.WHITE else Color.BLACK
    val link: Color = legible(color("Component.linkColor") ?: accent)
    val green: Color = legible(if (dark) Color(0x6CC08B) else Color(0x1F8A4C))
    val red: Color = legible(if (dark) Color(0xF07F7F) else Color(0xC93B3B))
    val amber: Color = legible(if (dark) Color(0xE3B55B) else Color(0xA96E00))

    /** Beside the others where things are told apart by colour. */
    val violet: Color = legible(mix(red, link, 0.55))
    val addedLine: Color = mix(green, background, if (dark) 0.17 else 0.12)
    val removedLine: Color = mix(red, background, if (dark) 0.17 else 0.10)
    val addedWord: Color = mark(green, if (dark) 0.42 else 0.30)
    val removedWord: Color = mark(red, if (dark) 0.42 else 0.26)

    /** Words that were found, and the place that is looked at. */
    val found: Color = mark(amber, if (dark) 0.28 else 0.35)
    val foundNow: Color = mark(amber, if (dark) 0.75 else 0.8)

    val keyword: Color = inCode(if (dark) Color(0xCF8E6D) else Color(0x0033B3))
    val string: Color = inCode(if (dark) Color(0x7FB87A) else Color(0x067D17))
    val number: Color = inCode(if (dark) Color(0x4FB3C4) else Color(0x1750EB))
    val comment: Color = inCode(if (dark) Color(0x7F848E) else Color(0x7A7E85))
    val name: Color = inCode(if (dark) Color(0x7AA8F0) else Color(0x00627A))
    val markup: Color = inCode(if (dark) Color(0xD5B778) else Color(0x7A5A00))

    val font: Font = (UIManager.getFont("Label.font") ?: Font(Font.SANS_SERIF, Font.PLAIN, 13)).let {
        if (Appearance.zoom == 0) it else it.deriveFont(it.size2D * Appearance.factor)
    }
    val small: Font = font.deriveFont(font.size2D * 0.92f)
    val bold: Font = font.deriveFont(Font.BOLD)
    val mono: Font = monospaced(font.size2D)

    /** Distances grow with the font, and so with zoom. */
    private val scale = font.size2D / 13f
    private val room = if (Appearance.density == Density.COMPACT) COMPACT else 1f

    fun px(value: Int): Int = (value * scale).roundToInt()

    /** A distance between parts that are above each other, which follows the density. */
    fun space(value: Int): Int = (value * scale * room).roundToInt()

    /** A border in [color] as quiet as [part], which everybody must see where strong contrast is wanted. */
    fun edge(color: Color, part: Double): Color = mix(color, background, if (contrast) EDGE else part)

    /** Between text and background, as quiet as can be with [ratio] on every surface. */
    private fun quiet(part: Double, ratio: Double): Color =
        first(part, 0.01, { mix(text, background, it) }) { ink -> surfaces.all { ratio(ink, it) >= ratio } }

    /** [color], as much of the text's colour mixed in as it needs to be read on each of [on]. */
    private fun legible(color: Color, on: List<Color> = surfaces): Color =
        first(0.0, 0.02, { mix(text, color, it) }) { ink -> on.all { ratio(ink, it) >= READABLE } }

    /** As far towards black as white text on it needs. */
    private fun darkened(color: Color): Color =
        first(1.0, -0.02, { mix(color, Color.BLACK, it) }) { ratio(Color.WHITE, it) >= READABLE }

    /** A surface for text: [color] over the background, as strong as [part] and the text on it allow. */
    private fun mark(color: Color, part: Double): Color =
        first(part, -0.02, { mix(color, background, it) }) { ratio(text, it) >= READABLE }

    /** The first colour that is [good] on the way from [part] to one end in steps of [step]; that end where none is. */
    private fun first(part: Double, step: Double, mixed: (Double) -> Color, good: (Color) -> Boolean): Color {
        var p = part
        while (p in 0.0..1.0 && !good(mixed(p))) p += step
        return mixed(p.coerceIn(0.0, 1.0))
    }

    private fun inCode(color: Color) = legible(color, listOf(background, card, raised, addedLine, removedLine))

    companion object {
        /** The least contrast of text, by the rules for accessible content (WCAG 2, 1.4.3). */
        const val READABLE: Double = 4.5

        /** As much as those rules ask for at most (1.4.6). */
        const val STRONG: Double = 7.0
        private const val COMPACT = 0.6f
        private const val EDGE = 0.85

        /** From this contrast with black on, a colour carries black text. */
        private const val PALE = 10.0

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

        /** Contrast of two colours, 1 to 21, as WCAG 2 counts it. */
        fun ratio(a: Color, b: Color): Double {
            fun light(c: Color): Double {
                fun part(value: Int): Double {
                    val v = value / 255.0
                    return if (v <= 0.04045) v / 12.92 else ((v + 0.055) / 1.055).pow(2.4)
                }
                return 0.2126 * part(c.red) + 0.7152 * part(c.green) + 0.0722 * part(c.blue) + 0.05
            }
            return maxOf(light(a), light(b)) / minOf(light(a), light(b))
        }

        private fun color(key: String): Color? = UIManager.getColor(key)?.let { Color(it.rgb) }

        private fun luminance(c: Color) = (0.299 * c.red + 0.587 * c.green + 0.114 * c.blue) / 255

        private fun monospaced(size: Float): Font {
            val base =
                Appearance.codeFont ?: UIManager.getFont("monospaced.font") ?: Font(Font.MONOSPACED, Font.PLAIN, 13)
            return whole(base.deriveFont(Font.PLAIN, size * 0.96f))
        }

        /**
         * [font] in the nearest size at which its letters are a whole number of pixels wide. Columns are counted in whole
         * pixels; on a sharper display letters keep their true width, and what follows them would stand apart.
         */
        private fun whole(font: Font): Font {
            val frc = FontRenderContext(null, true, true)
            val width = font.getStringBounds(LETTERS, frc).width / LETTERS.length
            if (width <= 0 || font.getStringBounds("i", frc).width < width * 0.98) return font
            return font.deriveFont((font.size2D * ceil(width - ROUND_DOWN) / width).toFloat())
        }

        private const val LETTERS = "mmmmmmmmmm"
        private const val ROUND_DOWN = 0.25
    }
}

/** The looks that a program of ours offers; an IDE has its own. */
public enum class Look { LIGHT, DARK, CONTRAST }

/** What the program around the chat decides about its looks. EDT only; call [ChatView.restyle] after a change. */
public object Appearance {
    /** The family for code; its size follows the window's font. Null leaves it to the look and feel. */
    public var codeFont: Font? = null

    /** Steps by which the chat's text is larger than that of the program around it. */
    internal var zoom: Int = 0
    internal var density: Density = Density.COMFORTABLE
    internal val factor: Float get() = 1 + zoom * 0.1f
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
