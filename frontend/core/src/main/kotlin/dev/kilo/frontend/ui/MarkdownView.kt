package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Block
import java.awt.Color
import java.awt.Component
import java.awt.Dimension
import java.awt.Font
import java.awt.Graphics
import java.awt.geom.RoundRectangle2D
import javax.swing.JComponent

/** Shows blocks of Markdown. Updating keeps the views of all blocks that did not change. */
internal class MarkdownView(
    private val ink: (Theme) -> Color = { it.text },
    private val face: (Theme) -> Font = { it.font },
    gap: Int = 8,
) : Stack(gap) {
    private var blocks: List<Block> = emptyList()

    fun show(new: List<Block>) {
        var same = 0
        while (same < new.size && same < blocks.size && new[same] == blocks[same]) same++
        if (same == new.size && same == blocks.size) return
        // The last block of a stream grows: its view takes the new text in place.
        if (same < new.size && same < blocks.size && grow(getComponent(same), new[same])) same++
        while (componentCount > same) remove(componentCount - 1)
        for (i in same until new.size) add(view(new[i]))
        blocks = new
        revalidate()
        repaint()
    }

    private fun grow(view: Component, block: Block): Boolean = when {
        block is Block.Paragraph && view is FlowText -> {
            view.set(block.runs)
            true
        }

        block is Block.Code && view is CodeBlock && view.language == block.language -> {
            view.show(block)
            true
        }

        block is Block.Items && view is ItemsView -> view.grow(block)

        block is Block.Quote && view is Quote -> {
            view.content.show(block.blocks)
            true
        }

        else -> false
    }

    private fun view(block: Block): JComponent = when (block) {
        is Block.Paragraph -> FlowText(block.runs, ink, face)

        is Block.Heading -> Stack(pad = Insets4(if (block.level <= 2) 6 else 3, 0, 0, 0)).apply {
            add(
                FlowText(block.runs, ink) { t ->
                    val grow = when (block.level) {
                        1 -> 1.45f
                        2 -> 1.25f
                        3 -> 1.1f
                        else -> 1f
                    }
                    t.font.deriveFont(Font.BOLD, t.font.size2D * grow)
                },
            )
        }

        is Block.Code -> CodeBlock(block.language).also { it.show(block) }

        is Block.Quote -> Quote(MarkdownView({ it.muted }, face)).also { it.content.show(block.blocks) }

        is Block.Items -> ItemsView(block, ink, face)

        is Block.Table -> TableView(block)

        Block.Rule -> Separator()
    }
}

/** A list; one that streams gets new items and keeps the views of those before. */
private class ItemsView(private var list: Block.Items, ink: (Theme) -> Color, face: (Theme) -> Font) : Stack(gap = 4) {
    private val make = { i: Int ->
        val content = MarkdownView(ink, face, gap = 4).also { it.show(list.items[i].blocks) }
        Bullet(if (list.ordered) "${list.start + i}." else "•", list.items[i].done, list.ordered, content)
    }

    init {
        for (i in list.items.indices) add(make(i))
    }

    fun grow(new: Block.Items): Boolean {
        val known = list.items
        val same = new.ordered == list.ordered && new.start == list.start && new.items.size >= known.size
        if (!same || known.isEmpty()) return false
        val last = known.size - 1
        if (known.subList(0, last) != new.items.subList(0, last) ||
            known[last].done != new.items[last].done
        ) {
            return false
        }
        list = new
        (getComponent(last) as Bullet).content.show(new.items[last].blocks)
        for (i in known.size until new.items.size) add(make(i))
        revalidate()
        return true
    }
}

/** A list item: its marker hangs left of the content. */
private class Bullet(
    private val label: String,
    private val done: Boolean?,
    private val ordered: Boolean,
    val content: MarkdownView,
) : Part(),
    Flowing {
    init {
        add(content)
    }

    private val indent: Int
        get() = Theme.now.px(if (ordered) maxOf(24, label.length * 8 + 8) else 20)

    override fun heightFor(width: Int): Int = content.flow((width - indent).coerceAtLeast(20))

    override fun getPreferredSize() = Dimension(width, heightFor(width.coerceAtLeast(50)))

    override fun doLayout() = content.setBounds(indent, 0, width - indent, height)

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        val g2 = g.smooth()
        if (done != null) {
            val icon = if (done) Icons.todoDone else Icons.todoOpen
            icon.paintIcon(this, g2, 0, t.px(1))
        } else if (ordered) {
            g2.font = t.font
            g2.color = t.muted
            g2.drawString(label, indent - t.px(7) - g2.fontMetrics.stringWidth(label), g2.getFontMetrics(t.font).ascent)
        } else {
            g2.color = t.muted
            val r = t.px(5)
            g2.fillOval(t.px(6), (t.font.size2D * 0.72f).toInt() - r / 2 + 1, r, r)
        }
        g2.dispose()
    }
}

private class Quote(val content: MarkdownView) : Stack(pad = Insets4(1, 14, 1, 0)) {
    init {
        add(content)
    }

    override fun paintComponent(g: Graphics) {
        val g2 = g.smooth()
        val t = Theme.now
        g2.color = Theme.mix(t.accent, t.background, 0.45)
        g2.fill(RoundRectangle2D.Double(0.0, 0.0, t.px(3).toDouble(), height.toDouble(), 3.0, 3.0))
        g2.dispose()
    }
}

internal class Separator :
    JComponent(),
    Flowing {
    override fun heightFor(width: Int) = Theme.now.px(9)

    override fun getPreferredSize() = Dimension(10, heightFor(0))

    override fun paintComponent(g: Graphics) {
        g.color = Theme.now.line
        g.fillRect(0, height / 2, width, 1)
    }
}
