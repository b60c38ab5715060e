package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.ConfigModel
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Beside
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Page
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.shared.settings.LibraryItem.Kind
import dev.kilo.shared.settings.Scope
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.launch
import java.awt.BorderLayout
import java.awt.Component
import java.awt.Graphics
import javax.swing.BorderFactory
import javax.swing.DefaultListModel
import javax.swing.JComboBox
import javax.swing.JComponent
import javax.swing.JList
import javax.swing.JPanel
import javax.swing.JScrollPane
import javax.swing.ListSelectionModel
import javax.swing.SwingUtilities

/** A page by its name, whether it changes a file, and how it is made. */
private class Entry(val id: String, val scoped: Boolean, val make: (SettingsModel, ViewHost) -> Sheet) {
    val title: String get() = Strings["settings.page.$id"]

    /** Words by which it is found beside its title. */
    val words: String get() = "$title ${Strings["settings.page.$id.words"]}".lowercase()
}

private val ENTRIES = listOf(
    Entry("providers", false, ::ProvidersSheet),
    Entry("models", true, ::ModelsSheet),
    Entry("agents", false) { model, host -> LibrarySheet(model, host, listOf(Kind.AGENT)) },
    Entry("permissions", true, ::PermissionsSheet),
    Entry("mcp", true, ::McpSheet),
    Entry("commands", false) { model, host -> LibrarySheet(model, host, listOf(Kind.COMMAND, Kind.SKILL)) },
    Entry("context", true, ::ContextSheet),
    Entry("checkpoints", true, ::CheckpointsSheet),
    Entry("appearance", false, ::AppearanceSheet),
    Entry("usage", false, ::UsageSheet),
    Entry("files", false, ::FilesSheet),
    Entry("status", false, ::StatusSheet),
)

/**
 * All settings: a list of pages that can be searched, and the page that is chosen. In a narrow window the list becomes a
 * box above the page. Made and used on the EDT only.
 */
public class SettingsView(private val settings: SettingsModel, private val host: ViewHost) :
    JPanel(BorderLayout()),
    AutoCloseable {
    private val scope: CoroutineScope =
        CoroutineScope(settings.scope.coroutineContext + SupervisorJob(settings.scope.coroutineContext[Job]))
    private val made = HashMap<String, SheetScroll>()
    private val names = DefaultListModel<Entry>()
    private val list = JList(names)
    private val box = JComboBox<Entry>()
    private val above = JPanel(BorderLayout()).apply {
        isOpaque = false
        add(box)
    }
    private val search = textField("settings.search", Strings["settings.search"])
    private val side = JPanel(BorderLayout(0, 6))
    private val middle = JPanel(BorderLayout())
    private val layers = LayerBar(settings.config)
    private val bottom = Bottom(settings)
    private var shown: Entry? = null
    private var filling = false
    private var wide = true
    private var active = false

    /** The page is asked before its first layout; what is to have the focus must be in its place by then. */
    internal val first: Component
        get() {
            arrange((parent?.width?.takeIf { it > 0 } ?: width) >= Theme.now.px(NARROW))
            return if (wide) search else box
        }

    init {
        name = "settings"
        isOpaque = false
        Theme.hold()
        list.name = "settings.pages"
        list.getAccessibleContext().accessibleName = Strings["settings.pages"]
        list.selectionMode = ListSelectionModel.SINGLE_SELECTION
        list.cellRenderer =
            javax.swing.ListCellRenderer<Entry> { _, value, _, selected, focused ->
                EntryCell(value.title, selected, focused)
            }
        list.isOpaque = false
        list.addListSelectionListener { if (!filling) list.selectedValue?.let(::show) }
        box.name = "settings.page"
        box.getAccessibleContext().accessibleName = Strings["settings.pages"]
        box.renderer = TextCell<Entry> { it.title }
        ENTRIES.forEach(box::addItem)
        box.addActionListener { if (!filling) (box.selectedItem as? Entry)?.let(::show) }
        search.getAccessibleContext().accessibleName = Strings["settings.search"]
        search.typed { fill(it) }
        search.addActionListener { names.elements().toList().firstOrNull()?.let(::show) }
        search.getInputMap(WHEN_FOCUSED).put(javax.swing.KeyStroke.getKeyStroke("DOWN"), "list")
        search.actionMap.put(
            "list",
            object : javax.swing.AbstractAction() {
                override fun actionPerformed(e: java.awt.event.ActionEvent?) {
                    list.requestFocusInWindow()
                }
            },
        )
        side.isOpaque = false
        side.add(search, BorderLayout.NORTH)
        side.add(
            JScrollPane(list).apply {
                border = BorderFactory.createEmptyBorder()
                isOpaque = false
                viewport.isOpaque = false
                isFocusable = false
                horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
            },
            BorderLayout.CENTER,
        )
        middle.isOpaque = false
        middle.add(layers, BorderLayout.NORTH)
        add(middle, BorderLayout.CENTER)
        add(bottom, BorderLayout.SOUTH)
        fill("")
        arrange(true)
        on(settings.outcome) { bottom.refresh() }
        on(merge(settings.config.conflict, settings.config.view, settings.config.scope)) {
            bottom.refresh()
            layers.refresh()
        }
    }

    private fun <T> on(flow: Flow<T>, action: (T) -> Unit) {
        scope.launch { flow.collect { action(it) } }
    }

    /** It is on the screen from now on; [about] names a page. */
    public fun opened(about: String? = null) {
        active = true
        settings.hush()
        if (search.text.isNotEmpty()) search.text = ""
        settings.config.load()
        val wanted = ENTRIES.firstOrNull { it.id == about } ?: shown ?: ENTRIES.first()
        when {
            wanted === shown -> made[wanted.id]?.sheet?.opened()

            shown != null -> show(wanted)

            // Making the first page is an event of its own: the list of pages shows at once.
            else -> SwingUtilities.invokeLater { if (active && shown == null) show(wanted) }
        }
    }

    public fun left() {
        active = false
        shown?.let { made[it.id]?.sheet?.left() }
    }

    override fun close() {
        left()
        scope.cancel()
        made.values.forEach { it.sheet.close() }
        settings.close()
        Theme.release()
    }

    private fun fill(query: String) {
        val words = query.lowercase().split(' ').filter { it.isNotEmpty() }
        filling = true
        names.clear()
        ENTRIES.filter { entry -> words.all { it in entry.words } }.forEach(names::addElement)
        list.setSelectedValue(shown, true)
        filling = false
    }

    private fun show(entry: Entry) {
        if (shown === entry) return
        shown?.let { made[it.id]?.sheet?.left() }
        settings.hush()
        shown = entry
        val scroll = made.getOrPut(entry.id) { SheetScroll(entry.make(settings, host)).also(::followFocus) }
        (middle.layout as BorderLayout).getLayoutComponent(BorderLayout.CENTER)?.let(middle::remove)
        middle.add(scroll, BorderLayout.CENTER)
        layers.isVisible = entry.scoped
        filling = true
        list.setSelectedValue(entry, true)
        box.selectedItem = entry
        filling = false
        if (active) scroll.sheet.opened()
        scroll.verticalScrollBar.value = 0
        revalidate()
        repaint()
    }

    override fun doLayout() {
        arrange(width >= Theme.now.px(NARROW))
        super.doLayout()
    }

    private fun arrange(wide: Boolean) {
        if (this.wide == wide && (side.parent != null || above.parent != null)) return
        this.wide = wide
        remove(side)
        remove(above)
        val t = Theme.now
        above.border = BorderFactory.createEmptyBorder(t.px(10), t.px(20), 0, t.px(20))
        side.border = BorderFactory.createEmptyBorder(t.px(10), t.px(10), t.px(10), 0)
        // Some languages need more words for a page.
        val names = list.preferredSize.width + t.px(10)
        side.preferredSize = java.awt.Dimension(names.coerceIn(t.px(SIDE), t.px(SIDE_MOST)), 0)
        if (wide) add(side, BorderLayout.WEST) else add(above, BorderLayout.NORTH)
    }

    override fun paintComponent(g: Graphics) {
        g.color = Theme.now.background
        g.fillRect(0, 0, width, height)
    }

    private companion object {
        const val NARROW = 620
        const val SIDE = 168
        const val SIDE_MOST = 250
    }
}

private class EntryCell(text: String, private val lit: Boolean, private val focused: Boolean) :
    JComponent(),
    javax.accessibility.Accessible {
    private val label = Caption(text, { it.text }, { it.font })

    init {
        layout = BorderLayout()
        border = BorderFactory.createEmptyBorder(5, 9, 5, 6)
        add(label)
        getAccessibleContext()?.accessibleName = text
    }

    override fun getAccessibleContext(): javax.accessibility.AccessibleContext = label.accessibleContext

    override fun paintComponent(g: Graphics) {
        if (!lit) return
        val t = Theme.now
        g.color = if (focused) t.selection else t.bubble
        g.fillRoundRect(0, 0, width, height, 10, 10)
    }
}

/** Which file a change goes to, where that is, and what is wrong with it. */
private class LayerBar(private val config: ConfigModel) :
    Card(gap = 2, pad = Insets4(8, 20, 6, 20), fill = { null }, border = { null }) {
    private val pick = choices(
        "settings.scope",
        listOf(
            Choice(Scope.GLOBAL, Strings["settings.scope.global"]),
            Choice(Scope.PROJECT, Strings["settings.scope.project"]),
        ),
    ) { config.choose(it) }
    private val path = note()

    init {
        add(
            Line(gap = 8).apply {
                add(label("settings.scope", pick))
                add(pick)
            },
        )
        add(path)
    }

    fun refresh() {
        pick.take(config.scope.value)
        val file = config.file
        path.say(
            when {
                file == null -> null
                !file.writable -> Strings("settings.file.locked", file.path)
                !file.exists -> Strings("settings.file.new", file.path)
                else -> Strings("settings.file", file.path)
            },
        )
    }
}

/** What the last action came to, and the choice after a conflict. */
private class Bottom(private val settings: SettingsModel) :
    Card(gap = 4, pad = Insets4(7, 14, 8, 14), fill = { it.card }, border = { null }) {
    private var ink: (Theme) -> java.awt.Color = { it.muted }
    private val text = FlowText("", { ink(it) }, { it.small })
    private val hide = Quiet(null, dev.kilo.frontend.ui.Icons.close, Strings["settings.hide"])
    private val conflict = FlowText("", { it.amber }, { it.small })
    private val buttons = Buttons(
        button("settings.conflict.again", "settings.conflict.again", primary = true) { settings.config.again() },
        button("settings.conflict.drop", "settings.conflict.drop") { settings.config.drop() },
    )
    private val told = Beside(text, hide)

    init {
        name = "settings.outcome"
        hide.addActionListener { settings.hush() }
        add(told)
        add(conflict)
        add(buttons)
        isVisible = false
    }

    fun refresh() {
        val outcome = settings.outcome.value
        val kept = settings.config.conflict.value
        ink = if (outcome?.bad == true) { t -> t.red } else { t -> t.green }
        text.set(outcome?.text.orEmpty())
        told.isVisible = outcome != null
        conflict.say(kept?.let { "${it.message} ${Strings["settings.conflict"]}" })
        buttons.isVisible = kept != null
        isVisible = outcome != null || kept != null
        getAccessibleContext().accessibleName = listOfNotNull(outcome?.text, kept?.message).joinToString(" ")
        parent?.revalidate()
        repaint()
    }
}

/** The settings as a page of the chat. */
internal class SettingsPage(settings: SettingsModel, host: ViewHost) : Page {
    private val content = SettingsView(settings, host)
    override val title: String get() = Strings["page.settings"]
    override val view: JComponent get() = content
    override val first: Component get() = content.first

    override fun opened(about: String?) = content.opened(about)

    override fun left() = content.left()

    override fun close() = content.close()
}

/** One page of the settings as a page of the chat of its own. */
internal class SheetPage(private val name: String, sheet: Sheet) : Page {
    private val scroll = SheetScroll(sheet).also(::followFocus)
    override val title: String get() = Strings[name]
    override val view: JComponent get() = scroll
    override val first: Component get() = scroll.sheet.first ?: scroll

    override fun opened(about: String?) = scroll.sheet.opened()

    override fun left() = scroll.sheet.left()

    override fun close() = scroll.sheet.close()
}
