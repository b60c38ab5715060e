package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.CodeLine
import dev.kilo.frontend.markdown.Ink
import java.awt.Color
import java.awt.Dimension
import java.awt.FontMetrics
import java.awt.Graphics
import java.awt.Point
import java.awt.Rectangle
import java.awt.Shape
import java.awt.geom.Area
import javax.swing.JComponent

/** Lines in a fixed-width font that are never wrapped; only what is in the clip is painted. */
internal class CodeText(lines: List<CodeLine> = emptyList(), private val gutter: Boolean = false) : TextSurface() {
    var lines: List<CodeLine> = seen(lines)
        set(value) {
            val next = seen(value)
            if (field == next) return
            field = next
            starts = null
            joined = null
            widest = -1
            revalidate()
            repaint()
        }
    private var starts: IntArray? = null
    private var widest = -1
    private var widestTheme: Theme? = null

    private var joined: String? = null

    private fun seen(lines: List<CodeLine>) = if (lines.all { it.seen === it }) lines else lines.map { it.seen }

    override val plain: String get() = joined ?: lines.joinToString("\n") { it.text }.also { joined = it }

    override fun getAccessibleContext(): javax.accessibility.AccessibleContext {
        if (accessibleContext == null) {
            accessibleContext = object : AccessibleJComponent() {
                override fun getAccessibleRole() = javax.accessibility.AccessibleRole.TEXT

                override fun getAccessibleName(): String = plain.take(2000)
            }
        }
        return accessibleContext
    }

    private val metrics: FontMetrics get() = getFontMetrics(Theme.now.mono)
    private val lineHeight: Int get() = metrics.height + 1

    private val gutterWidth: Int
        get() = if (!gutter) {
            0
        } else {
            metrics.charWidth('0') *
                (lines.maxOfOrNull { it.number ?: 0 }?.toString()?.length ?: 1).coerceAtLeast(2) +
                Theme.now.px(14)
        }

    override fun heightFor(width: Int): Int = lines.size * lineHeight

    override fun getPreferredSize(): Dimension {
        val t = Theme.now
        if (widest < 0 || t !== widestTheme) {
            val fm = metrics
            val char = fm.charWidth('m')
            val longest = lines.maxByOrNull { it.text.length }
            widest =
                lines.maxOfOrNull { line ->
                    if (longest != null &&
                        line.text.length * 2 < longest.text.length
                    ) {
                        0
                    } else if (line.ascii) {
                        line.text.length * char
                    } else {
                        fm.stringWidth(line.text)
                    }
                }
                    ?: 0
            widestTheme = t
        }
        return Dimension(widest + gutterWidth + t.px(14), heightFor(0))
    }

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        val g2 = g.smooth()
        val fm = metrics
        val h = lineHeight
        val clip = g2.clipBounds ?: Rectangle(0, 0, width, height)
        val from = (clip.y / h).coerceIn(0, lines.size)
        val to = ((clip.y + clip.height) / h + 1).coerceIn(0, lines.size)
        g2.font = t.mono
        val left = gutterWidth
        for (i in from until to) {
            ground(lines[i].kind, t)?.let {
                g2.color = it
                g2.fillRect(0, i * h, width, h)
            }
        }
        paintFound(g2, t)
        selected?.let {
            g2.color = t.selection
            g2.fill(highlight(it))
        }
        val char = fm.charWidth('m')
        for (i in from until to) {
            val line = lines[i]
            val y = i * h + fm.ascent
            if (gutter) {
                g2.color = if (line.spans.any { it.link != null }) t.link else t.faint
                val label = line.number?.toString() ?: ""
                g2.drawString(label, left - t.px(10) - fm.stringWidth(label), y)
            }
            var x = left
            for (span in line.spans) {
                if (x > clip.x + clip.width) break
                val text = if (span.text.length > MAX_SPAN) span.text.substring(0, MAX_SPAN) else span.text
                g2.color = ink(span.ink, t)
                val w = if (line.ascii) span.text.length * char else fm.stringWidth(span.text)
                if (x + w >= clip.x) g2.drawString(text, x, y)
                x += w
            }
        }
        g2.dispose()
    }

    private fun ground(kind: CodeLine.Kind, t: Theme): Color? = when (kind) {
        CodeLine.Kind.PLAIN -> null
        CodeLine.Kind.ADDED -> t.addedLine
        CodeLine.Kind.REMOVED -> t.removedLine
        CodeLine.Kind.GAP, CodeLine.Kind.COMMAND -> t.raised
    }

    override val links: Sequence<LinkPlace>
        get() = sequence {
            var at = 0
            for (line in lines) {
                var from = at
                for (span in line.spans) {
                    val link = span.link
                    if (link != null && span.text.isNotEmpty()) {
                        yield(LinkPlace(from until from + span.text.length, link))
                        break
                    }
                    from += span.text.length
                }
                at += line.text.length + 1
            }
        }

    override fun linkAt(point: Point): String? {
        if (lines.none { line -> line.spans.any { it.link != null } }) return null
        val row = point.y / lineHeight
        val line = lines.getOrNull(row) ?: return null
        if (point.x < gutterWidth) return line.spans.firstNotNullOfOrNull { it.link }
        var x = gutterWidth
        for (span in line.spans) {
            x += if (line.ascii) span.text.length * metrics.charWidth('m') else metrics.stringWidth(span.text)
            if (point.x < x) return span.link
        }
        return null
    }

    private fun starts(): IntArray = starts ?: IntArray(lines.size).also { array ->
        var at = 0
        for (i in lines.indices) {
            array[i] = at
            at += lines[i].text.length + 1
        }
        starts = array
    }

    override fun offsetAt(point: Point): Int {
        if (lines.isEmpty()) return 0
        val i = (point.y / lineHeight).coerceIn(0, lines.size - 1)
        val line = lines[i]
        val fm = metrics
        val x = point.x - gutterWidth
        var best = 0
        if (line.ascii) {
            best = Math.round(x.toFloat() / fm.charWidth('m')).coerceIn(0, line.text.length)
        } else {
            while (best < line.text.length && fm.stringWidth(line.text.substring(0, best + 1)) < x) best++
        }
        return starts()[i] + best
    }

    override fun highlight(range: IntRange): Shape {
        val area = Area()
        val starts = starts()
        val fm = metrics
        val h = lineHeight
        val from = starts.binarySearch(range.first).let { if (it < 0) -it - 2 else it }.coerceAtLeast(0)
        for (i in from until lines.size) {
            if (starts[i] > range.last) break
            val text = lines[i].text
            val a = (range.first - starts[i]).coerceAtLeast(0)
            val b = (range.last + 1 - starts[i]).coerceAtMost(text.length)
            if (a > b || starts[i] > range.last || starts[i] + text.length < range.first) continue
            val x = gutterWidth + fm.stringWidth(text.substring(0, a.coerceAtMost(text.length)))
            val w =
                fm.stringWidth(text.substring(a.coerceAtMost(text.length), b)) +
                    if (range.last + 1 > starts[i] + text.length) 4 else 0
            area.add(Area(Rectangle(x, i * h, w, h)))
        }
        return area
    }

    companion object {
        private const val MAX_SPAN = 4000

        fun ink(ink: Ink, t: Theme): Color = when (ink) {
            Ink.PLAIN -> t.text
            Ink.KEYWORD -> t.keyword
            Ink.STRING -> t.string
            Ink.NUMBER -> t.number
            Ink.COMMENT -> t.comment
            Ink.NAME -> t.name
            Ink.MARKUP -> t.markup
            Ink.MUTED -> t.muted
            Ink.RED -> t.red
            Ink.GREEN -> t.green
            Ink.YELLOW -> t.amber
            Ink.BLUE -> t.link
            Ink.CYAN -> t.number
            Ink.MAGENTA -> t.violet
        }
    }
}
