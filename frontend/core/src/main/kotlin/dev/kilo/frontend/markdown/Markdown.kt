package dev.kilo.frontend.markdown

import org.commonmark.ext.gfm.tables.TableBlock
import org.commonmark.ext.gfm.tables.TableBody
import org.commonmark.ext.gfm.tables.TableCell
import org.commonmark.ext.gfm.tables.TableHead
import org.commonmark.ext.gfm.tables.TableRow
import org.commonmark.ext.gfm.tables.TablesExtension
import org.commonmark.node.BlockQuote
import org.commonmark.node.BulletList
import org.commonmark.node.Code
import org.commonmark.node.Emphasis
import org.commonmark.node.FencedCodeBlock
import org.commonmark.node.HardLineBreak
import org.commonmark.node.Heading
import org.commonmark.node.HtmlBlock
import org.commonmark.node.HtmlInline
import org.commonmark.node.Image
import org.commonmark.node.IndentedCodeBlock
import org.commonmark.node.Link
import org.commonmark.node.ListBlock
import org.commonmark.node.Node
import org.commonmark.node.OrderedList
import org.commonmark.node.Paragraph
import org.commonmark.node.SoftLineBreak
import org.commonmark.node.StrongEmphasis
import org.commonmark.node.Text
import org.commonmark.node.ThematicBreak
import org.commonmark.parser.IncludeSourceSpans
import org.commonmark.parser.Parser

/** Parses Markdown into blocks. HTML is shown as it is written, never interpreted. */
internal object Markdown {
    private val parser: Parser = Parser.builder()
        .extensions(listOf(TablesExtension.create()))
        .includeSourceSpans(IncludeSourceSpans.BLOCKS)
        .maxOpenBlockParsers(40)
        .build()

    fun parse(text: String): List<Block> = parseWithTail(text).blocks

    /** [tail] is the offset where the last top-level block begins, [settled] the number of blocks before: text added later can change only what is behind. */
    internal class Parsed(val blocks: List<Block>, val tail: Int, val settled: Int)

    internal fun parseWithTail(text: String): Parsed {
        val document = parser.parse(text)
        val blocks = ArrayList<Block>()
        var node = document.firstChild
        var settled = 0
        while (node != null) {
            settled = blocks.size
            block(node, 0)?.let(blocks::add)
            node = node.next
        }
        val last = document.lastChild?.sourceSpans?.firstOrNull()
        val tail = if (last == null || blocks.isEmpty()) 0 else offsetOf(text, last.lineIndex)
        return Parsed(blocks, tail, settled)
    }

    private fun offsetOf(text: String, line: Int): Int {
        var at = 0
        repeat(line) {
            val next = text.indexOf('\n', at)
            if (next < 0) return at
            at = next + 1
        }
        return at
    }

    private fun children(node: Node, depth: Int): List<Block> {
        val out = ArrayList<Block>()
        var child = node.firstChild
        while (child != null) {
            block(child, depth + 1)?.let(out::add)
            child = child.next
        }
        return out
    }

    private fun block(node: Node, depth: Int): Block? {
        if (depth > MAX_DEPTH) return null
        return when (node) {
            is Paragraph -> Block.Paragraph(inline(node)).takeIf { it.runs.isNotEmpty() }

            is Heading -> Block.Heading(node.level, inline(node))

            is FencedCodeBlock -> {
                val language = node.info.orEmpty().trim().substringBefore(' ').substringBefore('{')
                Block.Code(language, Highlighter.lines(node.literal.orEmpty(), language))
            }

            is IndentedCodeBlock -> Block.Code("", Highlighter.lines(node.literal.orEmpty(), ""))

            is HtmlBlock -> Block.Code("html", Highlighter.lines(node.literal.orEmpty(), "html"))

            is BlockQuote -> Block.Quote(children(node, depth))

            is BulletList -> Block.Items(false, 1, items(node, depth))

            is OrderedList -> Block.Items(true, node.markerStartNumber ?: 1, items(node, depth))

            is ThematicBreak -> Block.Rule

            is TableBlock -> table(node)

            else -> null
        }
    }

    private fun items(list: ListBlock, depth: Int): List<Block.Item> {
        val out = ArrayList<Block.Item>()
        var item = list.firstChild
        while (item != null) {
            out += checked(children(item, depth))
            item = item.next
        }
        return out
    }

    private fun checked(blocks: List<Block>): Block.Item {
        val first = blocks.firstOrNull() as? Block.Paragraph ?: return Block.Item(blocks)
        val text = first.runs.first().text
        val done = when {
            text.startsWith("[ ] ") -> false
            text.startsWith("[x] ") || text.startsWith("[X] ") -> true
            else -> return Block.Item(blocks)
        }
        val runs = listOf(first.runs.first().copy(text = text.drop(4))) + first.runs.drop(1)
        return Block.Item(listOf(Block.Paragraph(runs)) + blocks.drop(1), done)
    }

    private fun table(node: TableBlock): Block.Table {
        val head = ArrayList<List<Run>>()
        val right = ArrayList<Boolean>()
        val rows = ArrayList<List<List<Run>>>()
        fun cells(row: Node): List<TableCell> =
            generateSequence(row.firstChild) { it.next }.filterIsInstance<TableCell>().toList()
        for (section in generateSequence(node.firstChild) { it.next }) {
            for (row in generateSequence(section.firstChild) { it.next }.filterIsInstance<TableRow>()) {
                val cells = cells(row)
                if (section is TableHead) {
                    cells.mapTo(head, ::inline)
                    cells.mapTo(right) { it.alignment == TableCell.Alignment.RIGHT }
                } else if (section is TableBody) {
                    rows += cells.map(::inline)
                }
            }
        }
        return Block.Table(head, rows, right)
    }

    private fun inline(node: Node): List<Run> {
        val out = ArrayList<Run>()
        fun add(text: String, style: Style) {
            if (text.isEmpty()) return
            val last = out.lastOrNull()
            if (last != null &&
                last.style == style
            ) {
                out[out.size - 1] = Run(last.text + text, style)
            } else {
                out += Run(text, style)
            }
        }

        fun walk(parent: Node, style: Style, depth: Int) {
            if (depth > MAX_DEPTH) return
            var child = parent.firstChild
            while (child != null) {
                when (val it = child) {
                    is Text -> add(it.literal, style)

                    is Code -> add(it.literal, style.copy(code = true))

                    is Emphasis -> walk(it, style.copy(italic = true), depth + 1)

                    is StrongEmphasis -> walk(it, style.copy(bold = true), depth + 1)

                    is Link -> walk(it, style.copy(link = it.destination), depth + 1)

                    is Image -> {
                        val before = out.size
                        walk(it, style.copy(link = it.destination), depth + 1)
                        if (out.size == before) add(it.destination, style.copy(link = it.destination))
                    }

                    is SoftLineBreak -> add(" ", style)

                    is HardLineBreak -> add("\n", style)

                    is HtmlInline -> add(it.literal, style.copy(code = true))

                    else -> walk(it, style, depth + 1)
                }
                child = child.next
            }
        }
        walk(node, Style(), 0)
        return out
    }

    private const val MAX_DEPTH = 24
}

/** Parses a text that grows: what lies before its last top-level block is parsed once. */
internal class MarkdownStream {
    private var settled: List<Block> = emptyList()
    private var offset = 0
    private var seen = ""

    /** Blocks of [text]; with [ended] everything is parsed once more, so that late link definitions count. */
    fun update(text: String, ended: Boolean): List<Block> {
        if (ended || offset > text.length || !text.startsWith(seen)) {
            settled = emptyList()
            offset = 0
        }
        val parsed = Markdown.parseWithTail(text.substring(offset))
        val blocks = settled + parsed.blocks
        if (ended) return blocks
        // A line that is still being written may yet belong to the block before.
        if (parsed.tail > 0 && text.indexOf('\n', offset + parsed.tail) >= 0) {
            settled = settled + parsed.blocks.take(parsed.settled)
            offset += parsed.tail
        }
        seen = text
        return blocks
    }
}
