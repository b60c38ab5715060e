package dev.kilo.frontend.ui.changes

import dev.kilo.frontend.model.changes.FileRow
import dev.kilo.frontend.model.changes.FileTree
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.PaintedCell
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.plain
import dev.kilo.frontend.ui.smooth
import dev.kilo.shared.change.ChangedFile
import java.awt.Component
import java.awt.Dimension
import java.awt.Graphics
import java.awt.event.MouseAdapter
import java.awt.event.MouseEvent
import javax.swing.AbstractListModel
import javax.swing.JList
import javax.swing.ListSelectionModel

/** The changed files, as a list or grouped by folders. Selecting one opens it; what happens around leaves the selection alone. */
internal class FileList(private val open: (ChangedFile) -> Unit, private val enter: (ChangedFile) -> Unit) :
    JList<FileRow>() {
    private val rows = Rows()
    private var files: List<ChangedFile> = emptyList()
    private val closed = HashSet<String>()
    private var quiet = false
    var grouped: Boolean = false
        set(value) {
            if (field == value) return
            field = value
            fill()
        }

    /** Opened by the right mouse button or the menu key. */
    var menu: (ChangedFile, Component, Int, Int) -> Unit = { _, _, _, _ -> }

    init {
        name = "changes.files"
        model = rows
        isOpaque = false
        selectionMode = ListSelectionModel.SINGLE_SELECTION
        cellRenderer = Cell()
        fixedCellHeight = Theme.now.px(CELL)
        getAccessibleContext().accessibleName = Strings["changes.list"]
        addListSelectionListener {
            val file = (selectedValue as? FileRow.File)?.file
            if (!quiet && !it.valueIsAdjusting && file != null) open(file)
        }
        addMouseListener(object : MouseAdapter() {
            override fun mousePressed(e: MouseEvent) = popup(e)

            override fun mouseReleased(e: MouseEvent) = popup(e)

            override fun mouseClicked(e: MouseEvent) {
                val index = locationToIndex(e.point)
                when (val row = rows.all.getOrNull(index)) {
                    is FileRow.Folder -> toggle(row)
                    is FileRow.File -> if (e.clickCount == 2) enter(row.file)
                    null -> Unit
                }
            }
        })
        Shortcuts.bind(this, "ENTER") { enter() }
        Shortcuts.bind(this, "SPACE") { (selectedValue as? FileRow.Folder)?.let(::toggle) }
        Shortcuts.bind(this, "LEFT") { fold(close = true) }
        Shortcuts.bind(this, "RIGHT") { fold(close = false) }
        for (key in listOf("shift F10", "CONTEXT_MENU")) {
            Shortcuts.bind(this, key) {
                val file = (selectedValue as? FileRow.File)?.file ?: return@bind
                val cell = getCellBounds(selectedIndex, selectedIndex)
                menu(file, this, cell.x + Theme.now.px(20), cell.y + cell.height)
            }
        }
    }

    fun show(next: List<ChangedFile>) {
        if (next == files) return
        files = next
        fill()
    }

    /** Marks the file that is open, without opening it again. */
    fun mark(file: String?) {
        val index = rows.all.indexOfFirst { it is FileRow.File && it.file.file == file }
        if (index == selectedIndex) return
        quiet = true
        if (index < 0) clearSelection() else selectedIndex = index
        quiet = false
        if (index >= 0) ensureIndexIsVisible(index)
    }

    /** The file after or before the one that is selected. */
    fun neighbour(step: Int): ChangedFile? {
        var at = selectedIndex + step
        while (at in rows.all.indices) {
            (rows.all[at] as? FileRow.File)?.let { return it.file }
            at += step
        }
        return null
    }

    fun restyle() {
        fixedCellHeight = Theme.now.px(CELL)
        repaint()
    }

    private fun enter() {
        when (val row = selectedValue) {
            is FileRow.File -> enter(row.file)
            is FileRow.Folder -> toggle(row)
            null -> Unit
        }
    }

    private fun fold(close: Boolean) {
        val row = selectedValue as? FileRow.Folder ?: return
        if ((row.path in closed) != close) toggle(row)
    }

    private fun toggle(row: FileRow.Folder) {
        if (!closed.remove(row.path)) closed += row.path
        fill()
    }

    private fun fill() {
        val selected = selectedValue
        quiet = true
        rows.set(if (grouped) FileTree.grouped(files, closed) else FileTree.flat(files))
        val index = when (selected) {
            is FileRow.File -> rows.all.indexOfFirst { it is FileRow.File && it.file.file == selected.file.file }
            is FileRow.Folder -> rows.all.indexOfFirst { it is FileRow.Folder && it.path == selected.path }
            null -> -1
        }
        if (index < 0) clearSelection() else selectedIndex = index
        quiet = false
    }

    private fun popup(e: MouseEvent) {
        if (!e.isPopupTrigger) return
        val index = locationToIndex(e.point)
        val file = (rows.all.getOrNull(index) as? FileRow.File)?.file ?: return
        selectedIndex = index
        menu(file, this, e.x, e.y)
    }

    override fun getToolTipText(event: MouseEvent): String? {
        val row = rows.all.getOrNull(locationToIndex(event.point)) as? FileRow.File ?: return null
        return ChangeTexts.spoken(row.file)
    }

    override fun createToolTip(): javax.swing.JToolTip = plain(super.createToolTip())

    private class Rows : AbstractListModel<FileRow>() {
        var all: List<FileRow> = emptyList()
            private set

        fun set(next: List<FileRow>) {
            val before = all.size
            all = next
            if (next.size < before) fireIntervalRemoved(this, next.size, before - 1)
            if (next.size > before) fireIntervalAdded(this, before, next.size - 1)
            if (next.isNotEmpty()) fireContentsChanged(this, 0, minOf(before, next.size).coerceAtLeast(1) - 1)
        }

        override fun getSize() = all.size

        override fun getElementAt(index: Int): FileRow = all[index]
    }

    private inner class Cell : PaintedCell<FileRow>() {
        override fun spoken(value: FileRow): String = when (value) {
            is FileRow.File -> ChangeTexts.spoken(value.file)
            is FileRow.Folder -> Strings("changes.folder.spoken", value.path, value.files)
        }

        override fun getPreferredSize() = Dimension(Theme.now.px(200), Theme.now.px(CELL))

        override fun paintComponent(g: Graphics) {
            val t = Theme.now
            val g2 = g.smooth()
            if (lit) {
                g2.color = if (this@FileList.isFocusOwner) t.selection else t.raised
                g2.fillRoundRect(t.px(6), 1, width - t.px(12), height - 2, t.px(8), t.px(8))
            }
            val now = value ?: return g2.dispose()
            var x = t.px(14 + now.depth * 14)
            g2.font = t.font
            val fm = g2.fontMetrics
            val base = (height - fm.height) / 2 + fm.ascent
            when (now) {
                is FileRow.Folder -> {
                    val arrow = if (now.path in closed) Icons.chevron else Icons.chevronDown
                    arrow.paintIcon(this, g2, x - t.px(4), (height - arrow.iconHeight) / 2)
                    x += t.px(14)
                    Icons.folder.paintIcon(this, g2, x, (height - arrow.iconHeight) / 2)
                    g2.color = t.muted
                    g2.drawString(now.name, x + t.px(21), base)
                }

                is FileRow.File -> {
                    val icon = Icons.ofChange(now.file.kind)
                    icon.paintIcon(this, g2, x, (height - icon.iconHeight) / 2)
                    x += t.px(21)
                    val right = counts(g2, now.file, base)
                    g2.clipRect(x, 0, (right - x - t.px(6)).coerceAtLeast(0), height)
                    name(g2, now, x, base)
                }
            }
            g2.dispose()
        }

        private fun name(g: java.awt.Graphics2D, row: FileRow.File, x: Int, base: Int) {
            val t = Theme.now
            val name = row.name.substringAfterLast('/')
            val folder = row.name.substringBeforeLast('/', "")
            g.color = t.text
            g.drawString(name, x, base)
            val rest = listOfNotNull(
                folder.ifEmpty { null },
                row.file.from?.let { Strings("changes.from", it) },
            ).joinToString("  ")
            val after = x + g.fontMetrics.stringWidth(name) + t.px(8)
            g.color = t.muted
            g.font = t.small
            g.drawString(rest, after, base)
        }

        /** Returns where they begin. */
        private fun counts(g: java.awt.Graphics2D, file: ChangedFile, base: Int): Int {
            val t = Theme.now
            g.font = t.small
            var x = width - t.px(14)
            val parts = if (file.binary) {
                listOf(Strings["changes.binary"] to t.muted)
            } else {
                listOfNotNull(
                    ("−${file.deletions}" to t.red).takeIf { file.deletions > 0 },
                    ("+${file.additions}" to t.green).takeIf { file.additions > 0 },
                )
            }
            for ((text, ink) in parts) {
                x -= g.fontMetrics.stringWidth(text)
                g.color = ink
                g.drawString(text, x, base)
                x -= t.px(7)
            }
            g.font = t.font
            return x
        }
    }

    private companion object {
        const val CELL = 24
    }
}
