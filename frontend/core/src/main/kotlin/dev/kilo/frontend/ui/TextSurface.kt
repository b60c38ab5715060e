package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.visible
import dev.kilo.frontend.ui.transcript.RowMenu
import java.awt.Cursor
import java.awt.Graphics
import java.awt.Graphics2D
import java.awt.Point
import java.awt.Rectangle
import java.awt.Shape
import java.awt.event.FocusAdapter
import java.awt.event.FocusEvent
import java.awt.event.InputEvent
import java.awt.event.KeyEvent
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import javax.swing.AbstractAction
import javax.swing.JComponent
import javax.swing.JPopupMenu
import javax.swing.KeyStroke
import javax.swing.SwingUtilities

/** Painted text that can be selected and copied. It takes the focus when it is clicked, never by itself or by Tab. */
internal abstract class TextSurface :
    JComponent(),
    Flowing {
    abstract val plain: String
    private var anchor = 0
    private var caret = 0
    protected val selected: IntRange? get() = if (anchor ==
        caret
    ) {
        null
    } else {
        minOf(anchor, caret) until maxOf(anchor, caret)
    }

    protected abstract fun offsetAt(point: Point): Int

    protected abstract fun highlight(range: IntRange): Shape?

    private var foundWords = ""
    private var foundIn = ""
    private var found: List<IntRange> = emptyList()

    /** Where [words] stand, upper and lower case alike. */
    fun places(words: String): List<IntRange> {
        if (words.isEmpty()) return emptyList()
        val text = plain
        if (words == foundWords && text === foundIn) return found
        foundWords = words
        foundIn = text
        val out = ArrayList<IntRange>()
        var at = text.indexOf(words, ignoreCase = true)
        while (at >= 0 && out.size < MOST_FOUND) {
            out += at until at + words.length
            at = text.indexOf(words, at + words.length, ignoreCase = true)
        }
        found = out
        return out
    }

    /** The place of number [index] of [places]. */
    fun boxOf(index: Int, words: String): Rectangle? = places(words).getOrNull(index)?.let { highlight(it)?.bounds }

    /** Grounds of the words that are looked for. */
    protected fun paintFound(g: Graphics2D, t: Theme) {
        val finding = SwingUtilities.getAncestorOfClass(FindingView::class.java, this) as? FindingView ?: return
        val words = finding.finding.words
        if (words.isEmpty()) return
        val clip = g.clipBounds
        places(words).forEachIndexed { i, range ->
            val shape = highlight(range) ?: return@forEachIndexed
            if (clip != null && !shape.intersects(clip)) return@forEachIndexed
            val now = finding.finding.isCurrent(this, i)
            g.color = if (now) t.foundNow else t.found
            g.fill(shape)
            if (!now) return@forEachIndexed
            // A ground on which text can still be read is not enough to find it at a glance.
            g.color = t.amber
            g.draw(shape)
        }
    }

    /** Its links in the order of the text. */
    open val links: Sequence<LinkPlace> get() = emptySequence()

    /** Shows the keyboard's place: a link, or the whole text when [range] is null. [about] is told by screen readers. */
    fun mark(range: IntRange?, about: String) {
        anchor = range?.first ?: 0
        caret = range?.let { it.last + 1 } ?: 0
        walked = true
        getAccessibleContext().accessibleDescription = about
        repaint()
    }

    /** Whether the keyboard's place is [range]. */
    fun marks(range: IntRange): Boolean = selected == range

    /** Where [range] stands. */
    fun placeOf(range: IntRange): Rectangle? = highlight(range)?.bounds

    /** The focus came by keyboard, so that its place has to be seen. */
    private var walked = false

    override fun paint(g: Graphics) {
        super.paint(g)
        if (!walked || !isFocusOwner) return
        val g2 = g.smooth()
        g2.color = Theme.now.accent
        val place = selected?.let { highlight(it)?.bounds } ?: Rectangle(0, 0, width, height)
        Round.draw(g2, place.x, place.y, place.width, place.height, Theme.now.px(6))
        g2.dispose()
    }

    override fun createToolTip(): javax.swing.JToolTip = plain(super.createToolTip())

    /** Target of a link under [point]. */
    protected open fun linkAt(point: Point): String? = null

    init {
        isFocusable = true
        val mouse = object : MouseAdapter() {
            override fun mousePressed(e: MouseEvent) {
                if (e.isPopupTrigger) return menu(e)
                if (!SwingUtilities.isLeftMouseButton(e)) return
                requestFocusInWindow()
                walked = false
                caret = offsetAt(e.point)
                if (e.clickCount ==
                    2
                ) {
                    word(caret)
                } else if (e.clickCount >= 3) {
                    line(caret)
                } else if (!e.isShiftDown) {
                    anchor = caret
                }
                repaint()
            }

            override fun mouseDragged(e: MouseEvent) {
                if (!SwingUtilities.isLeftMouseButton(e)) return
                caret = offsetAt(e.point)
                repaint()
            }

            override fun mouseReleased(e: MouseEvent) {
                if (e.isPopupTrigger) return menu(e)
                if (SwingUtilities.isLeftMouseButton(e) &&
                    selected == null
                ) {
                    linkAt(e.point)?.let { Views.open(this@TextSurface, it) }
                }
            }

            override fun mouseMoved(e: MouseEvent) {
                val link = linkAt(e.point)
                cursor = Cursor.getPredefinedCursor(if (link == null) Cursor.TEXT_CURSOR else Cursor.HAND_CURSOR)
                toolTipText = link?.let(::visible)?.take(LONGEST_TIP)
            }
        }
        addMouseListener(mouse)
        addMouseMotionListener(mouse)
        addFocusListener(object : FocusAdapter() {
            override fun focusLost(e: FocusEvent) {
                if (e.isTemporary) return
                anchor = caret
                walked = false
                repaint()
            }
        })
        val menuMask = InputEvent.CTRL_DOWN_MASK
        bind(KeyStroke.getKeyStroke(KeyEvent.VK_C, menuMask)) { copy() }
        bind(KeyStroke.getKeyStroke(KeyEvent.VK_C, InputEvent.META_DOWN_MASK)) { copy() }
        bind(KeyStroke.getKeyStroke(KeyEvent.VK_A, menuMask)) { all() }
    }

    private fun bind(key: KeyStroke, action: () -> Unit) {
        inputMap.put(key, key.toString())
        actionMap.put(
            key.toString(),
            object : AbstractAction() {
                override fun actionPerformed(e: java.awt.event.ActionEvent?) = action()
            },
        )
    }

    fun all() {
        anchor = 0
        caret = plain.length
        repaint()
    }

    fun copy() {
        val text = plain
        val range = selected ?: text.indices
        if (range.isEmpty()) return
        Views.copy(text.substring(range.first.coerceIn(0, text.length), (range.last + 1).coerceIn(0, text.length)))
    }

    private fun word(at: Int) {
        val text = plain
        var a = at.coerceIn(0, text.length)
        var b = a
        while (a > 0 && text[a - 1].isLetterOrDigit()) a--
        while (b < text.length && text[b].isLetterOrDigit()) b++
        anchor = a
        caret = b
    }

    private fun line(at: Int) {
        val text = plain
        anchor = text.lastIndexOf('\n', (at - 1).coerceAtLeast(0)).let { if (at == 0) 0 else it + 1 }
        caret = text.indexOf('\n', at).let { if (it < 0) text.length else it }
    }

    private fun menu(e: MouseEvent) = RowMenu.of(this, linkAt(e.point)).show(this, e.x, e.y)

    /** For the keyboard; the mouse has [menu], which knows the link under it. */
    override fun getComponentPopupMenu(): JPopupMenu? = if (isFocusOwner) RowMenu.of(this, null) else null

    private companion object {
        const val MOST_FOUND = 2000
        const val LONGEST_TIP = 300
    }
}

/** A link of a text: where it stands and where it leads. */
internal data class LinkPlace(val range: IntRange, val target: String)

/** What is looked for in a transcript. */
internal interface Finding {
    /** Empty when nothing is. */
    val words: String

    fun isCurrent(surface: TextSurface, index: Int): Boolean
}

/** A view whose texts mark what [finding] looks for. */
internal interface FindingView {
    val finding: Finding
}
