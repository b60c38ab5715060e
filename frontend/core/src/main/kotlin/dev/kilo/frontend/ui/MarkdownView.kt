package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Block
import dev.kilo.frontend.markdown.Run
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
) : Stack(gap = 8) {
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

        is Block.Quote -> Quote().apply { add(MarkdownView({ it.muted }, face).also { it.show(block.blocks) }) }

        is Block.Items -> Stack(gap = 4).apply {
            block.items.forEachIndexed { i, item ->
                val label = if (block.ordered) "${block.start + i}." else "•"
                add(Bullet(label, item.done, block.ordered, MarkdownView(ink, face).also { it.show(item.blocks) }))
            }
        }

        is Block.Table -> Grid(block)

        Block.Rule -> Separator()
    }
}

/** A list item: its marker hangs left of the content. */
private class Bullet(
    private val label: String,
    private val done: Boolean?,
    private val ordered: Boolean,
    private val content: JComponent,
) : JComponent(),
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

private class Quote : Stack(pad = Insets4(1, 14, 1, 0)) {
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

/** Code with its language and a button that copies it. */
internal class CodeBlock(val language: String) : Card(fill = { it.card }) {
    private val code = CodeText()

    init {
        val bar = Line(pad = Insets4(2, 12, 0, 4))
        bar.fill(Caption(language.ifEmpty { Strings["code"] }, { it.muted }, { it.small }))
        bar.end(Quiet(null, Icons.copy, Strings["copy.code"])).addActionListener { Views.copy(code.plain) }
        add(bar)
        add(Stack(pad = Insets4(0, 12, 8, 6)).apply { add(Sideways(code)) })
    }

    fun show(block: Block.Code) {
        code.lines = block.lines
    }
}

/** A table: columns share the width by what they contain. */
private class Grid(private val table: Block.Table) :
    JComponent(),
    Flowing {
    private val columns = maxOf(table.head.size, 1)
    private val cells: List<List<FlowText>> = (listOf(table.head) + table.rows).mapIndexed { r, row ->
        List(columns) { c ->
            FlowText(row.getOrElse(c) { emptyList<Run>() }, { it.text }, {
                if (r ==
                    0
                ) {
                    it.bold
                } else {
                    it.font
                }
            }).also(::add)
        }
    }

    private fun widths(width: Int): IntArray {
        val weight = IntArray(columns) { c -> cells.maxOf { it[c].plain.length }.coerceIn(4, 60) }
        val fm = getFontMetrics(Theme.now.font)
        val pad = Theme.now.px(20)
        val natural = IntArray(columns) { c ->
            cells.maxOf { row ->
                fm.stringWidth(row[c].plain.take(200)) +
                    (row[c].plain.length / 8).coerceAtMost(10)
            } +
                pad +
                6
        }
        if (natural.sum() <= width) return natural
        val total = weight.sum()
        return IntArray(columns) { width * weight[it] / total }
    }

    private fun rowHeights(widths: IntArray): IntArray {
        val pad = Theme.now.px(20)
        return IntArray(cells.size) { r ->
            (0 until columns).maxOf { c -> cells[r][c].heightFor((widths[c] - pad).coerceAtLeast(20)) } +
                Theme.now.px(8)
        }
    }

    override fun heightFor(width: Int): Int = rowHeights(widths(width)).sum() + 2

    override fun getPreferredSize() = Dimension(width, heightFor(width.coerceAtLeast(100)))

    override fun doLayout() {
        val t = Theme.now
        val widths = widths(width)
        val heights = rowHeights(widths)
        var y = 1
        for (r in cells.indices) {
            var x = 0
            for (c in 0 until columns) {
                cells[r][c].setBounds(
                    x + t.px(10),
                    y + t.px(4),
                    (widths[c] - t.px(20)).coerceAtLeast(20),
                    heights[r] - t.px(6),
                )
                x += widths[c]
            }
            y += heights[r]
        }
    }

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        val g2 = g.smooth()
        val widths = widths(width)
        val heights = rowHeights(widths)
        val w = widths.sum().coerceAtMost(width) - 1.0
        g2.color = t.card
        g2.fill(RoundRectangle2D.Double(0.5, 0.5, w, heights[0] + 1.0, 8.0, 8.0))
        g2.color = t.line
        g2.draw(RoundRectangle2D.Double(0.5, 0.5, w, height - 1.5, 8.0, 8.0))
        var y = 1
        for (h in heights.dropLast(1)) {
            y += h
            g2.drawLine(0, y, w.toInt(), y)
        }
        g2.dispose()
    }
}
