package dev.kilo.frontend.markdown

import org.commonmark.ext.gfm.tables.TableBlock
import org.commonmark.ext.gfm.tables.TableBody
import org.commonmark.ext.gfm.tables.TableCell
import org.commonmark.ext.gfm.tables.TableHead
import org.commonmark.ext.gfm.tables.TableRow
import org.commonmark.ext.gfm.tables.TablesExtension
import org.commonmark.node.BlockQuote
import org.commonmark.node.BulletList
import org.commonmark.node.FencedCodeBlock
import org.commonmark.node.Heading
import org.commonmark.node.HtmlBlock
import org.commonmark.node.IndentedCodeBlock
import org.commonmark.node.ListBlock
import org.commonmark.node.Node
import org.commonmark.node.OrderedList
import org.commonmark.node.Paragraph
import org.commonmark.node.ThematicBreak
import org.commonmark.parser.IncludeSourceSpans
import org.commonmark.parser.Parser

/**
 * Parses Markdown into blocks. HTML is shown as it is written, never interpreted. What a window could not lay out in time
 * (too many blocks, too much running text, tables with thousands of columns, too deep nesting) is shown as it was written:
 * nothing gets lost, and nothing stops the window.
 */
internal object Markdown {
    private val parser: Parser = Parser.builder()
        .extensions(listOf(TablesExtension.create()))
        .customDelimiterProcessor(Strike.Processor)
        .includeSourceSpans(IncludeSourceSpans.BLOCKS)
        .maxOpenBlockParsers(MAX_OPEN)
        .maxInlineNesting(MAX_NESTING)
        .build()

    fun parse(text: String): List<Block> = parseWithTail(text).blocks

    /** [tail] is the offset where the last top-level block begins, [settled] the number of blocks before: text added later can change only what is behind. */
    internal class Parsed(val blocks: List<Block>, val tail: Int, val settled: Int)

    internal fun parseWithTail(text: String): Parsed {
        if (text.length > MAX_TEXT || unwieldy(text)) return Parsed(listOf(source(text)), 0, 0)
        val document = parser.parse(text)
        val reader = Reader(text)
        val blocks = ArrayList<Block>()
        var node = document.firstChild
        var settled = 0
        while (node != null) {
            settled = blocks.size
            if (reader.spent) {
                node.sourceSpans.firstOrNull()?.let { blocks += source(text.substring(it.inputIndex)) }
                return Parsed(blocks, 0, 0)
            }
            blocks += reader.block(node, 0)
            node = node.next
        }
        val last = document.lastChild?.sourceSpans?.firstOrNull()
        val tail = if (last == null || blocks.isEmpty()) 0 else lineStart(text, last.inputIndex)
        return Parsed(blocks, tail, settled)
    }

    /** Inline parsing looks at a line's marks again and again, and every line may be a block: no person writes so. */
    private fun unwieldy(text: String): Boolean {
        var at = 0
        var lines = 0
        while (at < text.length) {
            if (++lines > MAX_LINES) return true
            val end = text.indexOf('\n', at).let { if (it < 0) text.length else it }
            if (end - at > MAX_LINE) return true
            at = end + 1
        }
        return false
    }

    private fun lineStart(text: String, at: Int): Int = text.lastIndexOf('\n', at - 1) + 1

    /** Whether that many blocks with that many characters are more than a window can lay out as Markdown. */
    internal fun tooMuch(blocks: Int, chars: Int): Boolean = blocks > MAX_BLOCKS || chars > MAX_CHARS

    /** [text] as it was written. */
    internal fun source(text: String): Block = Block.Code("markdown", Highlighter.plain(text), text)

    /** Turns nodes into blocks until there are too many. */
    private class Reader(private val text: String) {
        private var blocks = 0
        private var chars = 0

        val spent: Boolean get() = blocks > MAX_BLOCKS || chars > MAX_CHARS

        fun block(node: Node, depth: Int): List<Block> {
            blocks++
            if (depth > MAX_DEPTH) return listOf(written(node))
            return when (node) {
                is Paragraph -> paragraphs(Inlines.of(node))
                is Heading -> listOf(Block.Heading(node.level, Inlines.of(node).also(::count)))
                is FencedCodeBlock -> listOf(code(node.info.orEmpty(), node.literal.orEmpty()))
                is IndentedCodeBlock -> listOf(code("", node.literal.orEmpty()))
                is HtmlBlock -> listOf(code("html", node.literal.orEmpty()))
                is BlockQuote -> listOf(Block.Quote(children(node, depth)))
                is BulletList -> listOf(Block.Items(false, 1, items(node, depth)))
                is OrderedList -> listOf(Block.Items(true, node.markerStartNumber ?: 1, items(node, depth)))
                is ThematicBreak -> listOf(Block.Rule)
                is TableBlock -> listOf(table(node))
                else -> emptyList()
            }
        }

        private fun code(info: String, source: String): Block.Code {
            val language = info.trim().substringBefore(' ').substringBefore('{').take(MAX_LANGUAGE)
            return Block.Code(language, Highlighter.lines(source, language), source.removeSuffix("\n"))
        }

        /** The node as it was written. */
        private fun written(node: Node): Block {
            val spans = node.sourceSpans
            val first = spans.firstOrNull() ?: return Block.Code("", emptyList())
            val last = spans.last()
            return source(text.substring(first.inputIndex, (last.inputIndex + last.length).coerceAtMost(text.length)))
        }

        private fun count(runs: List<Run>) {
            chars += runs.sumOf { it.text.length }
        }

        /** A very long paragraph becomes several: each is laid out in one go. */
        private fun paragraphs(runs: List<Run>): List<Block> {
            count(runs)
            if (runs.isEmpty()) return emptyList()
            if (runs.sumOf { it.text.length } <= MAX_PARAGRAPH) return listOf(Block.Paragraph(runs))
            val out = ArrayList<Block>()
            var piece = ArrayList<Run>()
            var size = 0
            for (run in runs) {
                var from = 0
                while (from < run.text.length) {
                    val room = MAX_PARAGRAPH - size
                    val rest = run.text.length - from
                    val end = if (rest <= room) run.text.length else cut(run.text, from, from + room)
                    piece += run.copy(text = run.text.substring(from, end))
                    size += end - from
                    from = end
                    if (size < MAX_PARAGRAPH / 2 || rest <= room) continue
                    out += Block.Paragraph(piece)
                    piece = ArrayList()
                    size = 0
                }
            }
            if (piece.isNotEmpty()) out += Block.Paragraph(piece)
            blocks += out.size
            return out
        }

        private fun cut(text: String, from: Int, to: Int): Int {
            val space = text.lastIndexOf(' ', to)
            if (space > from + (to - from) / 2) return space + 1
            return if (text[to].isLowSurrogate()) to - 1 else to
        }

        private fun children(node: Node, depth: Int): List<Block> {
            val out = ArrayList<Block>()
            var child = node.firstChild
            while (child != null) {
                if (spent) {
                    out += rest(child)
                    break
                }
                out += block(child, depth + 1)
                child = child.next
            }
            return out
        }

        private fun items(list: ListBlock, depth: Int): List<Block.Item> {
            val out = ArrayList<Block.Item>()
            var item = list.firstChild
            while (item != null) {
                if (spent) {
                    out += Block.Item(listOf(rest(item)))
                    break
                }
                blocks++
                out += checked(children(item, depth))
                item = item.next
            }
            return out
        }

        /** [node] and what follows it in its parent, as it was written. */
        private fun rest(node: Node): Block {
            val from = node.sourceSpans.firstOrNull()?.inputIndex ?: return Block.Code("", emptyList())
            val last = generateSequence(node) { it.next }.last().sourceSpans.lastOrNull()
            return source(text.substring(from, last?.let { it.inputIndex + it.length } ?: text.length))
        }

        private fun checked(blocks: List<Block>): Block.Item {
            val first = blocks.firstOrNull() as? Block.Paragraph ?: return Block.Item(blocks)
            val text = first.runs.first().text
            val done = when {
                text.startsWith("[ ] ") -> false
                text.startsWith("[x] ") || text.startsWith("[X] ") -> true
                else -> return Block.Item(blocks)
            }
            val runs = (listOf(first.runs.first().copy(text = text.drop(4))) + first.runs.drop(1))
                .filter { it.text.isNotEmpty() }
            return Block.Item(listOf(Block.Paragraph(runs)) + blocks.drop(1), done)
        }

        private fun table(node: TableBlock): Block {
            val head = ArrayList<List<Run>>()
            val right = ArrayList<Boolean>()
            val rows = ArrayList<List<List<Run>>>()
            for (section in generateSequence(node.firstChild) { it.next }) {
                for (row in generateSequence(section.firstChild) { it.next }.filterIsInstance<TableRow>()) {
                    val cells = generateSequence(row.firstChild) { it.next }.filterIsInstance<TableCell>()
                        .take(MAX_COLUMNS + 1).toList()
                    if (cells.size > MAX_COLUMNS || rows.size >= MAX_ROWS) return written(node)
                    if (section is TableHead) {
                        cells.mapTo(head, Inlines::of)
                        cells.mapTo(right) { it.alignment == TableCell.Alignment.RIGHT }
                    } else if (section is TableBody) {
                        rows += cells.map(Inlines::of)
                    }
                    blocks += cells.size
                }
            }
            (rows.flatten() + head).forEach(::count)
            return if (spent) written(node) else Block.Table(head, rows, right)
        }
    }

    private const val MAX_OPEN = 40
    private const val MAX_NESTING = 60
    private const val MAX_DEPTH = 16
    private const val MAX_TEXT = 2_000_000
    private const val MAX_LINE = 50_000
    private const val MAX_LINES = 20_000
    private const val MAX_BLOCKS = 1000
    private const val MAX_CHARS = 150_000
    private const val MAX_PARAGRAPH = 6000
    private const val MAX_COLUMNS = 40
    private const val MAX_ROWS = 400
    private const val MAX_LANGUAGE = 40
}

/**
 * Parses a text that grows: what lies before its last top-level block is parsed once. What comes after more than a window
 * can lay out is shown as it was written, so that an answer without an end never has more than so many views.
 */
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
        if (Markdown.tooMuch(settled.size, offset)) {
            seen = text
            return settled + Markdown.source(text.substring(offset))
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
