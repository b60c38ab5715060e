package dev.kilo.frontend.ui

import java.awt.Graphics2D
import java.awt.geom.Arc2D
import kotlin.math.min

/**
 * Rounded rectangles of any size at the cost of their corners: straight edges need no smoothing, and smoothing a card of
 * some thousand pixels for every picture of a moving transcript takes longer than its text.
 */
internal object Round {
    fun fill(g: Graphics2D, x: Int, y: Int, w: Int, h: Int, radius: Int) {
        val r = min(radius, min(w, h) / 2)
        if (w <= 0 || h <= 0) return
        g.fillRect(x, y + r, w, h - 2 * r)
        g.fillRect(x + r, y, w - 2 * r, r)
        g.fillRect(x + r, y + h - r, w - 2 * r, r)
        corners(g, x, y, w, h, r) { cx, cy, start ->
            g.fill(Arc2D.Double(cx - r.toDouble(), cy - r.toDouble(), 2.0 * r, 2.0 * r, start, QUARTER, Arc2D.PIE))
        }
    }

    fun draw(g: Graphics2D, x: Int, y: Int, w: Int, h: Int, radius: Int) {
        val r = min(radius, min(w, h) / 2)
        if (w <= 0 || h <= 0) return
        g.fillRect(x + r, y, w - 2 * r, 1)
        g.fillRect(x + r, y + h - 1, w - 2 * r, 1)
        g.fillRect(x, y + r, 1, h - 2 * r)
        g.fillRect(x + w - 1, y + r, 1, h - 2 * r)
        val s = r - HALF
        corners(g, x, y, w, h, r) { cx, cy, start ->
            g.draw(Arc2D.Double(cx - s, cy - s, 2 * s, 2 * s, start, QUARTER, Arc2D.OPEN))
        }
    }

    private fun corners(g: Graphics2D, x: Int, y: Int, w: Int, h: Int, r: Int, corner: (Int, Int, Double) -> Unit) {
        if (r <= 0) return
        val clip = g.clipBounds
        val upper = clip == null || clip.y <= y + r
        val lower = clip == null || clip.y + clip.height >= y + h - r
        if (upper) {
            corner(x + r, y + r, QUARTER)
            corner(x + w - r, y + r, 0.0)
        }
        if (lower) {
            corner(x + r, y + h - r, 2 * QUARTER)
            corner(x + w - r, y + h - r, 3 * QUARTER)
        }
    }

    private const val QUARTER = 90.0
    private const val HALF = 0.5
}
