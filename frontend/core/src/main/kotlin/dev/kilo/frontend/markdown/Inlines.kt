package dev.kilo.frontend.markdown

import org.commonmark.node.Code
import org.commonmark.node.CustomNode
import org.commonmark.node.Emphasis
import org.commonmark.node.HardLineBreak
import org.commonmark.node.HtmlInline
import org.commonmark.node.Image
import org.commonmark.node.Link
import org.commonmark.node.Node
import org.commonmark.node.SoftLineBreak
import org.commonmark.node.StrongEmphasis
import org.commonmark.node.Text
import org.commonmark.parser.delimiter.DelimiterProcessor
import org.commonmark.parser.delimiter.DelimiterRun

/** Running text with its styles. Links say where they lead, bare addresses become links, names of files in code too. */
internal object Inlines {
    fun of(node: Node): List<Run> = Reader().also { it.walk(node, Style(), 0) }.done()

    private class Reader {
        private val out = ArrayList<Run>()

        fun walk(parent: Node, style: Style, depth: Int) {
            var child = parent.firstChild
            while (child != null) {
                node(child, style, depth)
                child = child.next
            }
        }

        private fun node(node: Node, style: Style, depth: Int) {
            when (node) {
                is Text -> text(node.literal, style)
                is Code -> code(node.literal, style)
                is SoftLineBreak -> add(" ", style)
                is HardLineBreak -> add("\n", style)
                is HtmlInline -> add(node.literal, style.copy(code = true))
                else -> if (depth > MAX_DEPTH) words(node, style) else inside(node, style, depth)
            }
        }

        private fun inside(node: Node, style: Style, depth: Int) {
            when (node) {
                is Emphasis -> walk(node, style.copy(italic = true), depth + 1)
                is StrongEmphasis -> walk(node, style.copy(bold = true), depth + 1)
                is Strike -> walk(node, style.copy(strike = true), depth + 1)
                is Link -> link(node, node.destination, style, depth)
                is Image -> link(node, node.destination, style, depth)
                else -> walk(node, style, depth + 1)
            }
        }

        private fun link(node: Node, destination: String, style: Style, depth: Int) {
            flush()
            val from = out.size
            val linked = style.copy(link = destination)
            walk(node, linked, depth + 1)
            flush()
            if (out.size == from) add(destination, linked)
            flush()
            val shown = out.subList(from, out.size).joinToString("") { it.text }
            val aside = Links.aside(destination, shown) ?: return
            add(" ($aside)", Style(aside = true))
        }

        private fun code(literal: String, style: Style) {
            val link = if (style.link == null && Links.looksLikeFile(literal)) literal else style.link
            add(literal, style.copy(code = true, link = link))
        }

        private fun text(literal: String, style: Style) {
            if (style.link != null) return add(literal, style)
            var at = 0
            for (range in Links.addresses(literal)) {
                add(literal.substring(at, range.first), style)
                val address = literal.substring(range)
                add(address, style.copy(link = address))
                at = range.last + 1
            }
            add(literal.substring(at), style)
        }

        /** The words in a tree of any depth, without a call for each level of it. */
        private fun words(top: Node, style: Style) {
            var node: Node? = top
            while (node != null) {
                when (node) {
                    is Text -> add(node.literal, style)
                    is Code -> add(node.literal, style.copy(code = true))
                    is SoftLineBreak, is HardLineBreak -> add(" ", style)
                }
                var next = node.firstChild
                while (next == null && node != null && node !== top) {
                    next = node.next
                    if (next == null) node = node.parent
                }
                node = next
            }
        }

        private fun add(text: String, style: Style) {
            val clean = visible(text)
            if (clean.isEmpty()) return
            if (style != pieces) flush()
            pieces = style
            builder.append(clean)
        }

        // Thousands of pieces of one style are joined once.
        private val builder = StringBuilder()
        private var pieces = Style()

        private fun flush() {
            if (builder.isNotEmpty()) out += Run(builder.toString(), pieces)
            builder.setLength(0)
        }

        fun done(): List<Run> {
            flush()
            return out
        }
    }

    /** Without control characters and without those that turn the direction of the text. */
    private fun visible(text: String): String = if (text.none { it.hidden || it.isISOControl() }) {
        text
    } else {
        text.filter { !it.hidden && (!it.isISOControl() || it == '\n') }
    }

    private const val MAX_DEPTH = 24
}

/** `~~struck out~~`. */
internal class Strike : CustomNode() {
    internal object Processor : DelimiterProcessor {
        override fun getOpeningCharacter(): Char = '~'

        override fun getClosingCharacter(): Char = '~'

        override fun getMinLength(): Int = 2

        override fun process(opening: DelimiterRun, closing: DelimiterRun): Int {
            if (opening.length() != 2 || closing.length() != 2) return 0
            val opener = opening.opener
            val closer = closing.closer
            val strike = Strike()
            var node = opener.next
            while (node != null && node !== closer) {
                val next = node.next
                strike.appendChild(node)
                node = next
            }
            opener.insertAfter(strike)
            return 2
        }
    }
}
