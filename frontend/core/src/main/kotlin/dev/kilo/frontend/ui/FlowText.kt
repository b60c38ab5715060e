package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Run
import dev.kilo.frontend.markdown.Style
import dev.kilo.frontend.markdown.visible
import java.awt.Color
import java.awt.Dimension
import java.awt.Font
import java.awt.Graphics
import java.awt.Point
import java.awt.Shape
import java.awt.font.FontRenderContext
import java.awt.font.LineBreakMeasurer
import java.awt.font.TextAttribute
import java.awt.font.TextHitInfo
import java.awt.font.TextLayout
import java.awt.geom.Path2D
import java.awt.geom.RoundRectangle2D
import java.text.AttributedString
import kotlin.math.ceil

/** Wrapped, styled text. Layouts are kept for the width they were made for. */
internal class FlowText(
    runs: List<Run> = emptyList(),
    private val ink: (Theme) -> Color = { it.text },
    private val face: (Theme) -> Font = { it.font },
) : TextSurface() {
    private class Row(val layout: TextLayout, val start: Int, val x: Float, val y: Float, val height: Float)

    override var plain: String = ""
        private set
    private var asked: List<Run> = emptyList()
    private var runs: List<Run> = emptyList()
    private var rows: List<Row> = emptyList()
    private var rowsWidth = -1
    private var rowsTheme: Theme? = null
    private var rowsHeight = 0

    init {
        set(runs)
    }

    constructor(
        text: String,
        ink: (Theme) -> Color = {
            it.text
        },
        face: (Theme) -> Font = { it.font },
    ) : this(listOf(Run(text, Style())), ink, face)

    fun set(runs: List<Run>) {
        if (runs == asked) return
        asked = runs
        this.runs =
            if (runs.all { visible(it.text) === it.text }) runs else runs.map { it.copy(text = visible(it.text)) }
        plain = this.runs.joinToString("") { it.text }
        rowsWidth = -1
        getAccessibleContext().accessibleName = plain
        revalidate()
        repaint()
    }

    fun set(text: String) = set(listOf(Run(text, Style())))

    override fun getAccessibleContext(): javax.accessibility.AccessibleContext {
        if (accessibleContext == null) {
            accessibleContext = object : AccessibleJComponent() {
                override fun getAccessibleRole() = javax.accessibility.AccessibleRole.LABEL
            }
        }
        return accessibleContext
    }

    override fun heightFor(width: Int): Int {
        lay(width)
        return rowsHeight
    }

    /** Width of the longest line when there are [width] pixels. */
    fun usedWidth(width: Int): Int {
        lay(width)
        return ceil(rows.maxOfOrNull { it.layout.advance } ?: 0f).toInt().coerceAtMost(width) + 1
    }

    override fun getPreferredSize(): Dimension {
        val w = if (width > 0) width else Theme.now.px(400)
        return Dimension(w, heightFor(w))
    }

    private fun lay(width: Int) {
        val t = Theme.now
        if (width == rowsWidth && t === rowsTheme) return
        rowsWidth = width
        rowsTheme = t
        val font = face(t)
        val out = ArrayList<Row>()
        val extra = font.size2D * 0.22f
        var y = 0f
        var start = 0
        val wrap = (width - 1).coerceAtLeast(20).toFloat()
        val ascent = font.size2D * 1.18f
        while (start <= plain.length) {
            val end = plain.indexOf('\n', start).let { if (it < 0) plain.length else it }
            if (end == start) {
                y += ascent + extra
            } else {
                val text = attributed(start, end, font, t)
                val measurer = LineBreakMeasurer(text.iterator, FRC)
                while (measurer.position < end - start) {
                    val from = measurer.position
                    val layout = measurer.nextLayout(wrap)
                    val height = maxOf(layout.ascent + layout.descent + layout.leading, ascent) + extra
                    val x = if (layout.isLeftToRight) 0f else wrap - layout.advance
                    out += Row(layout, start + from, x, y, height)
                    y += height
                }
            }
            start = end + 1
        }
        rows = out
        rowsHeight = ceil(y).toInt()
    }

    private fun attributed(start: Int, end: Int, font: Font, t: Theme): AttributedString {
        val text = AttributedString(plain.substring(start, end))
        text.addAttribute(TextAttribute.FONT, font)
        text.addAttribute(TextAttribute.FOREGROUND, ink(t))
        var at = 0
        for (run in runs) {
            val a = maxOf(at, start) - start
            val b = minOf(at + run.text.length, end) - start
            at += run.text.length
            if (a >= b) continue
            val style = run.style
            if (style.code) {
                text.addAttribute(TextAttribute.FONT, t.mono.deriveFont(font.size2D * 0.94f), a, b)
            } else if (style.bold || style.italic) {
                text.addAttribute(
                    TextAttribute.FONT,
                    font.deriveFont(
                        (if (style.bold) Font.BOLD else 0) or (if (style.italic) Font.ITALIC else 0) or font.style,
                    ),
                    a,
                    b,
                )
            }
            if (style.aside) text.addAttribute(TextAttribute.FOREGROUND, t.muted, a, b)
            if (style.strike) text.addAttribute(TextAttribute.STRIKETHROUGH, TextAttribute.STRIKETHROUGH_ON, a, b)
            if (style.link != null) {
                text.addAttribute(TextAttribute.FOREGROUND, t.link, a, b)
                text.addAttribute(TextAttribute.UNDERLINE, TextAttribute.UNDERLINE_ON, a, b)
            }
        }
        return text
    }

    override fun paintComponent(g: Graphics) {
        lay(width)
        val t = Theme.now
        val g2 = g.smooth()
        val clip = g2.clipBounds
        chips(g2, t)
        paintFound(g2, t)
        selected?.let { range ->
            g2.color = t.selection
            highlight(range)?.let(g2::fill)
        }
        g2.color = ink(t)
        for (row in rows) {
            if (clip != null && (row.y > clip.y + clip.height || row.y + row.height < clip.y)) continue
            row.layout.draw(g2, row.x, row.y + row.layout.ascent)
        }
        g2.dispose()
    }

    /** Rounded grounds of inline code. */
    private fun chips(g: java.awt.Graphics2D, t: Theme) {
        var at = 0
        g.color = t.raised
        for (run in runs) {
            val from = at
            at += run.text.length
            if (!run.style.code) continue
            for (row in rows) {
                val end = row.start + row.layout.characterCount
                val a = maxOf(from, row.start)
                val b = minOf(at, end)
                if (a >= b) continue
                val box = row.layout.getLogicalHighlightShape(a - row.start, b - row.start).bounds2D
                g.fill(
                    RoundRectangle2D.Double(
                        row.x + box.x - 2,
                        row.y + 0.0,
                        box.width + 4,
                        (
                            row.layout.ascent +
                                row.layout.descent +
                                1
                            ).toDouble(),
                        7.0,
                        7.0,
                    ),
                )
            }
        }
    }

    override fun offsetAt(point: Point): Int {
        lay(width)
        val row = rows.firstOrNull { point.y < it.y + it.height } ?: return if (rows.isEmpty()) 0 else plain.length
        val hit: TextHitInfo = row.layout.hitTestChar(point.x - row.x, (point.y - row.y - row.layout.ascent))
        return (row.start + hit.insertionIndex).coerceIn(0, plain.length)
    }

    override fun highlight(range: IntRange): Shape {
        val path = Path2D.Double()
        for (row in rows) {
            val a = maxOf(range.first, row.start)
            val b = minOf(range.last + 1, row.start + row.layout.characterCount)
            if (a >= b) continue
            val shape = row.layout.getLogicalHighlightShape(a - row.start, b - row.start)
            path.append(
                java.awt.geom.AffineTransform.getTranslateInstance(
                    row.x.toDouble(),
                    (row.y + row.layout.ascent).toDouble(),
                ).createTransformedShape(shape),
                false,
            )
        }
        return path
    }

    override val links: Sequence<LinkPlace>
        get() = sequence {
            var from = 0
            var i = 0
            while (i < runs.size) {
                val start = from
                val link = runs[i].style.link
                // A link may be of several styles.
                do from += runs[i++].text.length while (link != null && i < runs.size && runs[i].style.link == link)
                if (link != null && from > start) yield(LinkPlace(start until from, link))
            }
        }

    override fun linkAt(point: Point): String? {
        if (runs.none { it.style.link != null }) return null
        lay(width)
        val row = rows.firstOrNull { point.y >= it.y && point.y < it.y + it.height } ?: return null
        if (point.x > row.x + row.layout.advance) return null
        val at = row.start + row.layout.hitTestChar(point.x - row.x, 0f).charIndex
        var from = 0
        for (run in runs) {
            if (at < from + run.text.length) return run.style.link
            from += run.text.length
        }
        return null
    }

    private companion object {
        val FRC = FontRenderContext(null, true, true)
    }
}
