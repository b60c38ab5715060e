package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.visible
import java.awt.Color
import java.awt.Component
import java.awt.Container
import java.awt.Cursor
import java.awt.Dimension
import java.awt.Font
import java.awt.Graphics
import java.awt.LayoutManager
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import java.awt.geom.RoundRectangle2D
import javax.swing.AbstractButton
import javax.swing.Icon
import javax.swing.JButton
import javax.swing.JComponent
import javax.swing.JLabel

/** A component whose height follows from its width, as text does. */
internal interface Flowing {
    fun heightFor(width: Int): Int
}

internal fun Component.flow(width: Int): Int = if (this is Flowing) heightFor(width) else preferredSize.height

/**
 * The height of a container for a width, measured anew only after something in it has changed. Swing knows that: a
 * container is valid as long as nothing below it was invalidated since its last layout.
 */
internal class KnownHeight {
    private var width = -1
    private var height = 0
    private var theme: Theme? = null

    fun of(container: Container, width: Int, measure: () -> Int): Int {
        val t = Theme.now
        if (container.isValid && width == this.width && t === theme) return height
        height = measure()
        this.width = width
        theme = t
        return height
    }
}

internal data class Insets4(val top: Int, val left: Int, val bottom: Int, val right: Int) {
    constructor(vertical: Int, horizontal: Int) : this(vertical, horizontal, vertical, horizontal)
}

/** A component of our own that assistive technology sees as a group with a name. */
internal abstract class Part : JComponent() {
    init {
        // The menu of a row is that of everything in it.
        inheritsPopupMenu = true
    }

    override fun createToolTip(): javax.swing.JToolTip = plain(super.createToolTip())

    override fun getAccessibleContext(): javax.accessibility.AccessibleContext {
        val known = accessibleContext
        if (known != null) return known
        val made = object : AccessibleJComponent() {
            override fun getAccessibleRole(): javax.accessibility.AccessibleRole =
                javax.accessibility.AccessibleRole.PANEL
        }
        accessibleContext = made
        return made
    }
}

/** Children below each other, as wide as the stack. Invisible ones take no place. */
internal open class Stack(private val gap: Int = 0, private val pad: Insets4 = Insets4(0, 0)) :
    Part(),
    Flowing {
    init {
        layout = object : LayoutManager {
            override fun addLayoutComponent(name: String?, comp: Component?) = Unit

            override fun removeLayoutComponent(comp: Component?) = Unit

            override fun preferredLayoutSize(parent: Container) =
                Dimension(width.coerceAtLeast(1), heightFor(width.coerceAtLeast(1)))

            override fun minimumLayoutSize(parent: Container) = Dimension(0, 0)

            override fun layoutContainer(parent: Container) {
                val t = Theme.now
                val inner = width - t.px(pad.left) - t.px(pad.right)
                var y = t.space(pad.top)
                for (child in components) {
                    if (!child.isVisible) continue
                    val h = child.flow(inner)
                    child.setBounds(t.px(pad.left), y, inner, h)
                    y += h + t.space(gap)
                }
            }
        }
    }

    private val known = KnownHeight()

    override fun heightFor(width: Int): Int = known.of(this, width) {
        val t = Theme.now
        val inner = (width - t.px(pad.left) - t.px(pad.right)).coerceAtLeast(1)
        var sum = t.space(pad.top) + t.space(pad.bottom)
        var shown = 0
        for (i in 0 until componentCount) {
            val child = getComponent(i)
            if (!child.isVisible) continue
            sum += child.flow(inner)
            shown++
        }
        sum + t.space(gap) * (shown - 1).coerceAtLeast(0)
    }
}

/** A rounded surface. Colours are asked for at every painting, so that a change of theme needs no rebuild. */
internal open class Card(
    gap: Int = 0,
    pad: Insets4 = Insets4(0, 0),
    private val fill: (Theme) -> Color? = { it.card },
    private val border: (Theme) -> Color? = { it.line },
    private val radius: Int = 8,
) : Stack(gap, pad) {
    override fun paintComponent(g: Graphics) {
        val g2 = g.smooth()
        val t = Theme.now
        val r = t.px(radius)
        fill(t)?.let {
            g2.color = it
            Round.fill(g2, 0, 0, width, height, r)
        }
        border(t)?.let {
            g2.color = it
            Round.draw(g2, 0, 0, width, height, r)
        }
        g2.dispose()
    }
}

/** One line: children side by side at their preferred width; [stretch] gets what is left and may be cut. */
internal open class Line(private val gap: Int = 6, private val pad: Insets4 = Insets4(0, 0), private val min: Int = 0) :
    Part(),
    Flowing {
    var stretch: Component? = null

    /** What is left out where [stretch] would get too little to say anything. */
    var yielding: Component? = null

    /** What is cut before [stretch] is. */
    var elastic: Component? = null
    private val right = HashSet<Component>()

    init {
        layout = object : LayoutManager {
            override fun addLayoutComponent(name: String?, comp: Component?) = Unit

            override fun removeLayoutComponent(comp: Component?) = Unit

            override fun preferredLayoutSize(parent: Container): Dimension {
                val t = Theme.now
                val shown = components.filter { it.isVisible }
                val w =
                    shown.sumOf { it.preferredSize.width } + t.px(gap) * (shown.size - 1).coerceAtLeast(0) +
                        t.px(pad.left) +
                        t.px(pad.right)
                return Dimension(w, heightFor(0))
            }

            override fun minimumLayoutSize(parent: Container) = Dimension(0, 0)

            override fun layoutContainer(parent: Container) = arrange()
        }
    }

    /** Adds at the right end. */
    fun <T : Component> end(child: T): T {
        right += child
        add(child)
        return child
    }

    fun <T : Component> fill(child: T): T {
        stretch = child
        add(child)
        return child
    }

    private fun arrange() {
        val t = Theme.now
        val g = t.px(gap)
        val shown = fitting(t, g)
        var from = t.px(pad.left)
        var to = width - t.px(pad.right)
        val inner = height - t.space(pad.top) - t.space(pad.bottom)
        fun place(c: Component, x: Int, w: Int) {
            val h = minOf(c.preferredSize.height, inner)
            c.setBounds(x, t.space(pad.top) + (inner - h) / 2, w.coerceAtLeast(0), h)
        }
        for (c in shown.filter { it in right }.reversed()) {
            val w = c.preferredSize.width
            place(c, to - w, w)
            to -= w + g
        }
        val left = shown.filter { it !in right }
        val rigid = left.filter { it !== stretch && it !== elastic }.sumOf { it.preferredSize.width }
        val room = to - from - rigid - g * (left.size - 1).coerceAtLeast(0)
        val bent = elastic?.takeIf { it in left }?.preferredSize?.width?.let { wish ->
            minOf(wish, maxOf(room - (stretch?.preferredSize?.width ?: 0), minOf(t.px(SHORTEST), room / 2)))
        } ?: 0
        val spare = room - bent
        for (c in left) {
            val w = if (c ===
                stretch
            ) {
                minOf(spare.coerceAtLeast(0), c.preferredSize.width.coerceAtLeast(if (c is JLabel) 0 else spare))
            } else if (c === elastic) {
                bent
            } else {
                c.preferredSize.width
            }
            place(c, from, minOf(w, to - from))
            from += w + g
        }
    }

    private fun fitting(t: Theme, gap: Int): List<Component> {
        val shown = components.filter { it.isVisible }
        val out = yielding?.takeIf { it in shown } ?: return shown
        val others = shown.filter { it !== stretch }.sumOf { it.preferredSize.width + gap }
        if (width - t.px(pad.left) - t.px(pad.right) - others >= t.px(LEAST)) return shown
        out.setBounds(0, 0, 0, 0)
        return shown - out
    }

    private val known = KnownHeight()

    override fun heightFor(width: Int): Int = known.of(this, 0) {
        val t = Theme.now
        maxOf(t.space(min), components.filter { it.isVisible }.maxOfOrNull { it.preferredSize.height } ?: 0) +
            t.space(pad.top) +
            t.space(pad.bottom)
    }

    private companion object {
        const val LEAST = 110
        const val SHORTEST = 70
    }
}

/** A label with a role in the theme instead of a fixed colour. */
internal class Caption(
    text: String = "",
    ink: (Theme) -> Color = { it.text },
    face: (Theme) -> Font = { it.font },
    icon: Icon? = null,
) : JLabel() {
    // Null while the constructor of JLabel installs the look and feel.
    private val ink: ((Theme) -> Color)? = ink
    private val face: ((Theme) -> Font)? = face

    init {
        this.icon = icon
        iconTextGap = 6
        inheritsPopupMenu = true
        plain()
        this.text = text
    }

    override fun setText(text: String?) = super.setText(text?.let(::visible))

    override fun getForeground(): Color? = ink?.invoke(Theme.now) ?: super.getForeground()

    override fun getFont(): Font? = face?.invoke(Theme.now) ?: super.getFont()

    override fun createToolTip(): javax.swing.JToolTip = plain(super.createToolTip())

    /** A little more than the text measures: at other scales of the screen glyphs are a bit wider. */
    override fun getPreferredSize(): Dimension {
        val size = super.getPreferredSize()
        return if (text.isNullOrEmpty()) size else Dimension(size.width + 3 + text.length / 5, size.height)
    }
}

/** A flat button that shows itself when the mouse is over it. */
internal open class Quiet(
    text: String? = null,
    icon: Icon? = null,
    name: String,
    private val ink: (Theme) -> Color = { it.muted },
) : JButton(icon) {
    init {
        plain()
        this.text = text
        isOpaque = false
        isContentAreaFilled = false
        isBorderPainted = false
        isFocusPainted = false
        isRolloverEnabled = true
        inheritsPopupMenu = true
        putClientProperty("JButton.buttonType", "borderless")
        iconTextGap = 4
        margin = java.awt.Insets(0, 0, 0, 0)
        border = javax.swing.BorderFactory.createEmptyBorder(3, 5, 3, 5)
        cursor = Cursor.getPredefinedCursor(Cursor.HAND_CURSOR)
        getAccessibleContext().accessibleName = name
        this.name = name
        if (text == null) toolTipText = name
    }

    override fun setText(text: String?) = super.setText(text?.let(::visible))

    override fun createToolTip(): javax.swing.JToolTip = plain(super.createToolTip())

    override fun updateUI() {
        setUI(object : javax.swing.plaf.basic.BasicButtonUI() {
            override fun installDefaults(b: AbstractButton) = Unit
        })
    }

    override fun getForeground(): Color =
        if (isEnabled) (ink as ((Theme) -> Color)?)?.invoke(Theme.now) ?: Color.GRAY else Theme.now.faint

    override fun getFont(): Font = Theme.now.small

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        if (isEnabled && (model.isRollover || model.isPressed || isFocusOwner)) {
            val g2 = g.smooth()
            g2.color = t.hover
            g2.fill(
                RoundRectangle2D.Double(
                    0.0,
                    0.0,
                    width.toDouble(),
                    height.toDouble(),
                    t.px(10).toDouble(),
                    t.px(10).toDouble(),
                ),
            )
            if (isFocusOwner) {
                g2.color = t.accent
                g2.draw(
                    RoundRectangle2D.Double(
                        0.5,
                        0.5,
                        width - 1.0,
                        height - 1.0,
                        t.px(10).toDouble(),
                        t.px(10).toDouble(),
                    ),
                )
            }
            g2.dispose()
        }
        super.paintComponent(g)
    }
}

/** A filled button for the one action that matters, or an outlined one for the others. */
internal class Pill(text: String, name: String, private val primary: Boolean, icon: Icon? = null) : JButton(icon) {
    init {
        plain()
        this.text = text
        isOpaque = false
        isContentAreaFilled = false
        isFocusPainted = false
        isRolloverEnabled = true
        isBorderPainted = false
        border = javax.swing.BorderFactory.createEmptyBorder(5, 12, 5, 12)
        cursor = Cursor.getPredefinedCursor(Cursor.HAND_CURSOR)
        getAccessibleContext().accessibleName = name
        this.name = name
    }

    override fun setText(text: String?) = super.setText(text?.let(::visible))

    override fun createToolTip(): javax.swing.JToolTip = plain(super.createToolTip())

    override fun updateUI() {
        setUI(object : javax.swing.plaf.basic.BasicButtonUI() {
            override fun installDefaults(b: AbstractButton) = Unit

            /** The look and feel's own grey is no grey of a dark theme. */
            override fun paintText(g: Graphics, b: AbstractButton, place: java.awt.Rectangle, text: String) {
                if (b.isEnabled) return super.paintText(g, b, place, text)
                g.color = Theme.now.faint
                g.drawString(text, place.x, place.y + g.getFontMetrics(b.font).ascent)
            }
        })
    }

    override fun getForeground(): Color = when {
        !isEnabled -> Theme.now.faint
        primary -> Theme.now.onAccent
        else -> Theme.now.text
    }

    override fun getFont(): Font = Theme.now.font

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        val g2 = g.smooth()
        val shape = RoundRectangle2D.Double(
            0.5,
            0.5,
            width - 1.0,
            height - 1.0,
            t.px(12).toDouble(),
            t.px(12).toDouble(),
        )
        val base = t.accentFill
        g2.color = when {
            !isEnabled -> t.raised
            primary && model.isPressed -> Theme.mix(base, Color.BLACK, 0.8)
            primary && model.isRollover -> Theme.mix(base, Color.WHITE, 0.9)
            primary -> base
            model.isRollover || model.isPressed -> t.hover
            else -> t.background
        }
        g2.fill(shape)
        if (!primary) {
            g2.color = Theme.mix(t.text, t.background, if (t.contrast) 0.8 else 0.25)
            g2.draw(shape)
        }
        if (isFocusOwner) {
            g2.color = if (primary) Theme.mix(Color.WHITE, base, 0.7) else t.accent
            g2.draw(
                RoundRectangle2D.Double(2.5, 2.5, width - 5.0, height - 5.0, t.px(9).toDouble(), t.px(9).toDouble()),
            )
        }
        g2.dispose()
        super.paintComponent(g)
    }
}

internal fun Component.onClick(action: () -> Unit) {
    cursor = Cursor.getPredefinedCursor(Cursor.HAND_CURSOR)
    addMouseListener(object : MouseAdapter() {
        override fun mouseReleased(e: MouseEvent) {
            if (e.button == MouseEvent.BUTTON1 && contains(e.point)) action()
        }
    })
}
