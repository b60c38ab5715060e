package dev.kilo.frontend.ui

import java.awt.BasicStroke
import java.awt.Color
import java.awt.Component
import java.awt.Graphics
import java.awt.geom.Arc2D
import java.awt.geom.Ellipse2D
import java.awt.geom.Path2D
import java.awt.geom.RoundRectangle2D
import javax.swing.Icon

/** Line icons on a 16 by 16 grid, drawn at the size of the font: crisp at any scale and in any theme. */
internal class LineIcon(private val tint: (Theme) -> Color = { it.muted }, private val draw: Pen.() -> Unit) : Icon {
    private var angle = 0.0

    override fun getIconWidth() = Theme.now.px(16)

    override fun getIconHeight() = Theme.now.px(16)

    override fun paintIcon(c: Component?, g: Graphics, x: Int, y: Int) {
        val g2 = g.smooth()
        g2.translate(x, y)
        val scale = iconWidth / 16.0
        g2.scale(scale, scale)
        g2.color = if (c != null && !c.isEnabled) Theme.now.faint else tint(Theme.now)
        g2.stroke = BasicStroke(1.35f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
        if (angle != 0.0) g2.rotate(angle, 8.0, 8.0)
        Pen(g2).draw()
        g2.dispose()
    }

    fun tinted(color: (Theme) -> Color) = LineIcon(color, draw)

    fun turned(radians: Double) = LineIcon(tint, draw).also { it.angle = radians }

    class Pen(val g: java.awt.Graphics2D) {
        fun line(vararg p: Double, close: Boolean = false, fill: Boolean = false) {
            val path = Path2D.Double()
            path.moveTo(p[0], p[1])
            for (i in 2 until p.size step 2) path.lineTo(p[i], p[i + 1])
            if (close) path.closePath()
            if (fill) g.fill(path) else g.draw(path)
        }

        fun circle(x: Double, y: Double, r: Double, fill: Boolean = false) {
            val shape = Ellipse2D.Double(x - r, y - r, 2 * r, 2 * r)
            if (fill) g.fill(shape) else g.draw(shape)
        }

        fun rect(x: Double, y: Double, w: Double, h: Double, r: Double = 2.0, fill: Boolean = false) {
            val shape = RoundRectangle2D.Double(x, y, w, h, r * 2, r * 2)
            if (fill) g.fill(shape) else g.draw(shape)
        }

        fun arc(x: Double, y: Double, r: Double, start: Double, extent: Double) = g.draw(
            Arc2D.Double(
                x - r,
                y - r,
                2 * r,
                2 * r,
                start,
                extent,
                Arc2D.OPEN,
            ),
        )
    }
}

internal object Icons {
    val chevron = LineIcon { line(6.0, 4.0, 10.0, 8.0, 6.0, 12.0) }
    val dot = LineIcon({ it.accent }) { circle(8.0, 8.0, 3.0, fill = true) }
    val back = LineIcon {
        line(7.5, 3.5, 3.0, 8.0, 7.5, 12.5)
        line(3.0, 8.0, 13.0, 8.0)
    }
    val chevronDown = LineIcon { line(4.0, 6.0, 8.0, 10.0, 12.0, 6.0) }
    val plus = LineIcon {
        line(8.0, 3.0, 8.0, 13.0)
        line(3.0, 8.0, 13.0, 8.0)
    }
    val more = LineIcon { for (x in listOf(3.5, 8.0, 12.5)) circle(x, 8.0, 1.1, fill = true) }
    val search = LineIcon {
        circle(7.0, 7.0, 4.0)
        line(10.0, 10.0, 13.5, 13.5)
    }
    val check = LineIcon({ it.green }) { line(3.5, 8.5, 6.5, 11.5, 12.5, 4.5) }
    val cross = LineIcon({ it.red }) {
        line(4.5, 4.5, 11.5, 11.5)
        line(11.5, 4.5, 4.5, 11.5)
    }
    val close = LineIcon {
        line(4.5, 4.5, 11.5, 11.5)
        line(11.5, 4.5, 4.5, 11.5)
    }
    val spin = LineIcon({ it.accent }) { arc(8.0, 8.0, 5.0, 90.0, -270.0) }
    val clock = LineIcon({ it.amber }) {
        circle(8.0, 8.0, 5.5)
        line(8.0, 5.0, 8.0, 8.0, 10.0, 9.5)
    }
    val wait = LineIcon({ it.faint }) { circle(8.0, 8.0, 4.5) }
    val copy = LineIcon {
        rect(5.5, 5.5, 8.0, 8.0, 1.5)
        line(10.5, 3.0, 4.0, 3.0, 3.0, 4.0, 3.0, 10.5)
    }
    val eye = LineIcon {
        circle(7.0, 7.0, 4.0)
        line(10.0, 10.0, 13.5, 13.5)
    }
    val pencil = LineIcon { line(3.0, 13.0, 3.6, 10.2, 10.8, 3.0, 13.0, 5.2, 5.8, 12.4, 3.0, 13.0, close = true) }
    val terminal =
        LineIcon {
            rect(2.0, 3.0, 12.0, 10.0, 1.8)
            line(4.8, 6.0, 7.0, 8.0, 4.8, 10.0)
            line(8.5, 10.2, 11.0, 10.2)
        }
    val list =
        LineIcon {
            for (y in listOf(4.0, 8.0, 12.0)) {
                circle(3.2, y, 0.7, fill = true)
                line(6.0, y, 13.5, y)
            }
        }
    val tool = LineIcon {
        circle(8.0, 8.0, 2.2)
        for (i in 0 until 8) {
            val a =
                i * Math.PI / 4
            line(8 + 3.6 * Math.cos(a), 8 + 3.6 * Math.sin(a), 8 + 5.4 * Math.cos(a), 8 + 5.4 * Math.sin(a))
        }
    }
    val thought = LineIcon {
        circle(8.0, 6.5, 4.0)
        line(6.5, 12.2, 9.5, 12.2)
        line(7.0, 14.2, 9.0, 14.2)
    }
    val alert =
        LineIcon({ it.red }) {
            circle(8.0, 8.0, 5.8)
            line(8.0, 4.9, 8.0, 8.6)
            circle(8.0, 11.0, 0.5, fill = true)
        }
    val warn =
        LineIcon({ it.amber }) {
            line(8.0, 2.5, 14.2, 13.2, 1.8, 13.2, 8.0, 2.5, close = true)
            line(8.0, 6.5, 8.0, 9.5)
            circle(8.0, 11.4, 0.5, fill = true)
        }
    val lower = LineIcon {
        line(8.0, 3.0, 8.0, 12.5)
        line(4.3, 8.9, 8.0, 12.6, 11.7, 8.9)
    }
    val now = LineIcon {
        line(3.0, 4.0, 7.0, 8.0, 3.0, 12.0)
        line(8.5, 4.0, 12.5, 8.0, 8.5, 12.0)
    }
    val symbol = LineIcon {
        line(6.0, 3.0, 4.4, 3.0, 4.4, 7.0, 3.2, 8.0, 4.4, 9.0, 4.4, 13.0, 6.0, 13.0)
        line(10.0, 3.0, 11.6, 3.0, 11.6, 7.0, 12.8, 8.0, 11.6, 9.0, 11.6, 13.0, 10.0, 13.0)
    }
    val improve = LineIcon {
        line(3.0, 13.0, 9.0, 7.0)
        line(11.0, 2.0, 11.0, 5.0)
        line(9.5, 3.5, 12.5, 3.5)
        line(13.0, 7.5, 13.0, 9.5)
        line(12.0, 8.5, 14.0, 8.5)
    }
    private fun LineIcon.Pen.star(fill: Boolean) {
        val points = DoubleArray(20)
        for (i in 0 until 10) {
            val r = if (i % 2 == 0) 5.6 else 2.5
            val a = -Math.PI / 2 + i * Math.PI / 5
            points[2 * i] = 8 + r * Math.cos(a)
            points[2 * i + 1] = 8.4 + r * Math.sin(a)
        }
        line(*points, close = true, fill = fill)
    }
    val star = LineIcon({ it.faint }) { star(false) }
    val starred = LineIcon({ it.amber }) { star(true) }
    val send = LineIcon({ Color.WHITE }) {
        line(8.0, 12.5, 8.0, 4.0)
        line(4.3, 7.4, 8.0, 3.7, 11.7, 7.4)
    }
    val stop = LineIcon({ Color.WHITE }) { rect(4.5, 4.5, 7.0, 7.0, 1.3, fill = true) }
    val down = LineIcon {
        line(8.0, 3.0, 8.0, 12.5)
        line(4.3, 8.9, 8.0, 12.6, 11.7, 8.9)
    }
    val newFile = LineIcon {
        line(12.5, 8.0, 12.5, 5.5, 9.5, 2.5, 4.0, 2.5, 4.0, 13.5, 7.5, 13.5)
        line(9.3, 2.7, 9.3, 5.7, 12.3, 5.7)
        line(12.0, 10.0, 12.0, 14.5)
        line(9.8, 12.2, 14.2, 12.2)
    }
    val file =
        LineIcon {
            line(4.0, 2.5, 9.5, 2.5, 12.5, 5.5, 12.5, 13.5, 4.0, 13.5, 4.0, 2.5, close = true)
            line(9.3, 2.7, 9.3, 5.7, 12.3, 5.7)
        }
    val goto = LineIcon {
        line(6.0, 3.5, 3.0, 3.5, 3.0, 13.0, 12.5, 13.0, 12.5, 10.0)
        line(9.0, 3.0, 13.0, 3.0, 13.0, 7.0)
        line(13.0, 3.0, 7.5, 8.5)
    }
    val globe = LineIcon {
        circle(8.0, 8.0, 5.5)
        line(2.5, 8.0, 13.5, 8.0)
        g.draw(Ellipse2D.Double(5.6, 2.5, 4.8, 11.0))
    }
    val robot = LineIcon {
        rect(3.0, 5.5, 10.0, 7.5, 2.0)
        line(8.0, 5.5, 8.0, 3.0)
        circle(8.0, 2.6, 0.7, fill = true)
        circle(6.0, 9.0, 0.9, fill = true)
        circle(10.0, 9.0, 0.9, fill = true)
    }
    val question = LineIcon {
        circle(8.0, 8.0, 5.8)
        g.draw(Arc2D.Double(6.1, 4.6, 3.8, 3.8, 180.0, -220.0, Arc2D.OPEN))
        line(8.3, 8.2, 8.0, 9.4)
        circle(8.0, 11.3, 0.5, fill = true)
    }
    val book = LineIcon {
        line(8.0, 4.5, 8.0, 13.0)
        line(8.0, 4.5, 6.5, 3.5, 2.5, 3.5, 2.5, 12.0, 6.5, 12.0, 8.0, 13.0)
        line(8.0, 4.5, 9.5, 3.5, 13.5, 3.5, 13.5, 12.0, 9.5, 12.0, 8.0, 13.0)
    }
    val insert = LineIcon {
        line(3.0, 3.0, 13.0, 3.0)
        line(3.0, 13.0, 13.0, 13.0)
        line(8.0, 5.0, 8.0, 11.0)
        line(5.5, 8.6, 8.0, 11.0, 10.5, 8.6)
    }
    val shield =
        LineIcon({ it.amber }) {
            line(8.0, 2.0, 13.0, 4.0, 12.6, 8.6, 8.0, 14.0, 3.4, 8.6, 3.0, 4.0, 8.0, 2.0, close = true)
            line(5.8, 7.8, 7.4, 9.4, 10.3, 6.3)
        }
    val todoOpen = LineIcon { rect(3.0, 3.0, 10.0, 10.0, 2.5) }
    val todoDone = LineIcon({ it.green }) {
        rect(3.0, 3.0, 10.0, 10.0, 2.5)
        line(5.3, 8.2, 7.3, 10.2, 10.8, 6.0)
    }
    val todoNow = LineIcon({ it.accent }) {
        rect(3.0, 3.0, 10.0, 10.0, 2.5)
        circle(8.0, 8.0, 1.8, fill = true)
    }

    val changes = LineIcon {
        line(5.0, 2.5, 5.0, 8.5)
        line(2.0, 5.5, 8.0, 5.5)
        line(8.5, 12.0, 13.5, 12.0)
        line(12.5, 3.0, 4.0, 13.5)
    }
    val undo = LineIcon {
        line(6.2, 3.0, 3.0, 6.2, 6.2, 9.4)
        line(3.2, 6.2, 9.5, 6.2)
        arc(9.5, 9.4, 3.2, 90.0, -180.0)
        line(9.5, 12.6, 6.0, 12.6)
    }
    val redo = LineIcon {
        line(9.8, 3.0, 13.0, 6.2, 9.8, 9.4)
        line(12.8, 6.2, 6.5, 6.2)
        arc(6.5, 9.4, 3.2, 90.0, 180.0)
        line(6.5, 12.6, 10.0, 12.6)
    }
    val up = LineIcon {
        line(8.0, 13.0, 8.0, 3.5)
        line(4.3, 7.1, 8.0, 3.4, 11.7, 7.1)
    }
    val inline = LineIcon {
        rect(2.5, 2.5, 11.0, 11.0, 1.5)
        line(5.0, 6.0, 11.0, 6.0)
        line(5.0, 8.5, 11.0, 8.5)
        line(5.0, 11.0, 9.0, 11.0)
    }
    val sides = LineIcon {
        rect(2.5, 2.5, 11.0, 11.0, 1.5)
        line(8.0, 2.8, 8.0, 13.2)
    }
    val tree = LineIcon {
        line(4.0, 2.5, 4.0, 12.0, 7.0, 12.0)
        line(4.0, 6.5, 7.0, 6.5)
        rect(8.5, 5.0, 5.0, 3.0, 1.0)
        rect(8.5, 10.5, 5.0, 3.0, 1.0)
    }
    val folder = LineIcon {
        line(2.5, 12.5, 2.5, 4.0, 6.5, 4.0, 8.0, 5.5, 13.5, 5.5, 13.5, 12.5, 2.5, 12.5, close = true)
    }
    private val added = LineIcon({ it.green }) {
        rect(3.0, 3.0, 10.0, 10.0, 2.5)
        line(8.0, 5.6, 8.0, 10.4)
        line(5.6, 8.0, 10.4, 8.0)
    }
    private val deleted = LineIcon({ it.red }) {
        rect(3.0, 3.0, 10.0, 10.0, 2.5)
        line(5.6, 8.0, 10.4, 8.0)
    }
    private val modified = LineIcon({ it.accent }) {
        rect(3.0, 3.0, 10.0, 10.0, 2.5)
        circle(8.0, 8.0, 1.6, fill = true)
    }
    private val renamed = LineIcon({ it.amber }) {
        rect(3.0, 3.0, 10.0, 10.0, 2.5)
        line(5.4, 8.0, 10.4, 8.0)
        line(8.4, 6.0, 10.4, 8.0, 8.4, 10.0)
    }

    /** What happened to a file; shapes differ too, not only colours. */
    fun ofChange(kind: dev.kilo.shared.change.ChangeKind): LineIcon = when (kind) {
        dev.kilo.shared.change.ChangeKind.ADDED -> added
        dev.kilo.shared.change.ChangeKind.DELETED -> deleted
        dev.kilo.shared.change.ChangeKind.MODIFIED -> modified
        dev.kilo.shared.change.ChangeKind.RENAMED -> renamed
    }

    /** The product's mark: a folded ribbon that reads as a K. */
    val mark = LineIcon({ it.accent }) {
        g.stroke = BasicStroke(2.1f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
        line(4.5, 2.8, 4.5, 13.2)
        line(12.0, 2.8, 4.9, 8.6)
        line(7.4, 7.0, 12.2, 13.2)
    }
}
