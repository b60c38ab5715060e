package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.UprightContent
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.dress
import dev.kilo.frontend.ui.plain
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch
import java.awt.Color
import java.awt.Component
import java.awt.Dimension
import java.awt.Rectangle
import java.io.File
import javax.swing.BorderFactory
import javax.swing.ButtonGroup
import javax.swing.JCheckBox
import javax.swing.JComboBox
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JRadioButton
import javax.swing.JScrollPane
import javax.swing.JTextArea
import javax.swing.JTextField
import javax.swing.KeyStroke
import javax.swing.event.DocumentEvent
import javax.swing.event.DocumentListener
import javax.swing.text.JTextComponent

/**
 * One page of the settings: made when it is first shown, updated from then on. [opened] and [left] frame the time in
 * which it is on the screen.
 */
internal abstract class Sheet(protected val settings: SettingsModel, protected val host: ViewHost) :
    Stack(gap = 7, pad = Insets4(12, 20, 28, 20)) {
    protected val scope: CoroutineScope =
        CoroutineScope(settings.scope.coroutineContext + SupervisorJob(settings.scope.coroutineContext[Job]))

    /** What has the focus when the page opens. */
    open val first: Component? get() = null

    open fun opened(): Unit = Unit

    open fun left(): Unit = Unit

    fun close() {
        left()
        scope.cancel()
    }

    protected fun <T> on(flow: Flow<T>, action: (T) -> Unit) {
        scope.launch { flow.collect { action(it) } }
    }

    /** After parts have come, gone or grown. */
    protected fun settle() {
        dress(this)
        revalidate()
        repaint()
    }

    protected fun open(path: String) {
        if (host.files) host.open(path, null) else host.browse(File(path).toURI().toString())
    }
}

internal fun heading(key: String): JComponent = Stack(pad = Insets4(10, 0, 0, 0)).apply {
    add(Caption(Strings[key], { it.text }, { it.bold }))
}

/** A quiet explanation. */
internal fun note(text: String = ""): FlowText = FlowText(text, { it.muted }, { it.small }).apply {
    isVisible =
        text.isNotEmpty()
}

internal fun FlowText.say(text: String?) {
    set(text.orEmpty())
    isVisible = !text.isNullOrEmpty()
}

/** A label that belongs to [control]; a `&` in the text of [key] marks the mnemonic. */
internal fun label(key: String, control: JComponent, vararg args: Any): JLabel {
    val marked = Strings(key, *args)
    val at = marked.indexOf('&')
    val label = Caption(marked.replace("&", ""), { it.text }, { it.small })
    if (at >= 0 && at + 1 < marked.length) label.setDisplayedMnemonic(marked[at + 1])
    label.labelFor = control
    control.getAccessibleContext().accessibleName = label.text
    return label
}

/** A label above its control, and what is to be said about it below. */
internal class Field(key: String, val control: JComponent, vararg args: Any) : Stack(gap = 3) {
    private val remark = note()

    init {
        add(label(key, control, *args))
        add(control)
        add(remark)
    }

    fun remark(text: String?) {
        remark.say(text)
        control.getAccessibleContext().accessibleDescription = text
    }
}

internal fun button(key: String, name: String, primary: Boolean = false, action: () -> Unit): Pill {
    val text = Strings[key]
    return Pill(text, name, primary).apply {
        getAccessibleContext().accessibleName = text
        addActionListener { action() }
    }
}

/** Buttons in a row that breaks when it is too narrow. */
internal class Buttons(vararg all: JComponent) : Stack() {
    init {
        all.forEach(::add)
        layout = object : java.awt.LayoutManager {
            override fun addLayoutComponent(name: String?, comp: Component?) = Unit

            override fun removeLayoutComponent(comp: Component?) = Unit

            override fun preferredLayoutSize(parent: java.awt.Container) = Dimension(width, heightFor(width))

            override fun minimumLayoutSize(parent: java.awt.Container) = Dimension(0, 0)

            override fun layoutContainer(parent: java.awt.Container) {
                place(width, true)
            }
        }
    }

    override fun heightFor(width: Int): Int = place(width, false)

    private fun place(width: Int, really: Boolean): Int {
        val gap = Theme.now.px(6)
        var x = 0
        var y = 0
        var row = 0
        for (child in components) {
            if (!child.isVisible) continue
            val size = child.preferredSize
            if (x > 0 && x + size.width > width) {
                x = 0
                y += row + gap
                row = 0
            }
            if (really) child.setBounds(x, y, minOf(size.width, width), size.height)
            x += size.width + gap
            row = maxOf(row, size.height)
        }
        return y + row
    }
}

internal fun textField(name: String, hint: String? = null): JTextField = JTextField().apply {
    this.name = name
    hint?.let { putClientProperty("JTextField.placeholderText", it) }
}

/** Several lines; Tab leaves the field. */
internal class Lines(name: String, rows: Int, mono: Boolean = false) : JScrollPane() {
    val area = object : JTextArea(rows, 10) {
        override fun getFont() = if (mono) Theme.now.mono else super.getFont()
    }

    init {
        area.name = name
        area.lineWrap = true
        area.wrapStyleWord = true
        area.margin = java.awt.Insets(4, 6, 4, 6)
        area.setFocusTraversalKeys(
            java.awt.KeyboardFocusManager.FORWARD_TRAVERSAL_KEYS,
            setOf(KeyStroke.getKeyStroke("TAB")),
        )
        area.setFocusTraversalKeys(
            java.awt.KeyboardFocusManager.BACKWARD_TRAVERSAL_KEYS,
            setOf(KeyStroke.getKeyStroke("shift TAB")),
        )
        setViewportView(area)
    }
}

/** A label above several lines. */
internal fun linesField(key: String, lines: Lines): JComponent = Stack(gap = 3).apply {
    add(label(key, lines.area))
    add(lines)
}

internal fun check(key: String, name: String, action: (Boolean) -> Unit): JCheckBox {
    val marked = Strings[key]
    val at = marked.indexOf('&')
    return JCheckBox().plain().apply {
        text = marked.replace("&", "")
        this.name = name
        isOpaque = false
        iconTextGap = Theme.now.px(7)
        if (at >= 0) setMnemonic(marked[at + 1])
        addActionListener { action(isSelected) }
    }
}

/** One of few. */
internal data class Choice<T>(val value: T, val text: String) {
    override fun toString(): String = text
}

internal fun <T> choices(name: String, all: List<Choice<T>>, picked: (T) -> Unit): JComboBox<Choice<T>> =
    JComboBox<Choice<T>>().apply {
        this.name = name
        renderer = TextCell<Choice<T>> { it.text }
        all.forEach(::addItem)
        addActionListener { if (!filling(this)) (selectedItem as? Choice<*>)?.let { picked(all[selectedIndex].value) } }
    }

/** All of few at once, of which one is chosen. Each is called NAME.VALUE. */
internal class Options<T>(key: String, private val all: List<Choice<T>>, picked: (T) -> Unit) : Stack(gap = 4) {
    private val group = ButtonGroup()
    private val boxes = all.map { choice ->
        JRadioButton().plain().apply {
            text = choice.text
            name = "$key.${choice.value.toString().lowercase()}"
            isOpaque = false
            iconTextGap = Theme.now.px(7)
            addActionListener { picked(choice.value) }
        }
    }

    init {
        boxes.forEach {
            group.add(it)
            add(it)
        }
        getAccessibleContext().accessibleName = Strings[key]
    }

    /** Shows [value] without telling anybody. */
    fun take(value: T) {
        boxes.getOrNull(all.indexOfFirst { it.value == value })?.isSelected = true
    }
}

private fun filling(box: JComponent) = box.getClientProperty(FILLING) == true

/** Shows [value] without telling anybody. */
internal fun <T> JComboBox<Choice<T>>.take(value: T) {
    putClientProperty(FILLING, true)
    for (i in 0 until itemCount) if (getItemAt(i).value == value) selectedIndex = i
    putClientProperty(FILLING, false)
}

private const val FILLING = "kilo.filling"

internal fun JTextComponent.typed(action: (String) -> Unit) {
    document.addDocumentListener(object : DocumentListener {
        override fun insertUpdate(e: DocumentEvent?) = action(text)

        override fun removeUpdate(e: DocumentEvent?) = action(text)

        override fun changedUpdate(e: DocumentEvent?) = Unit
    })
}

/** Takes what the user did when Enter is pressed or the field is left with another text than it was given. */
internal fun JTextField.committed(action: (String) -> Unit) {
    fun commit() {
        if (text != getClientProperty(GIVEN)) {
            putClientProperty(GIVEN, text)
            action(text)
        }
    }
    addActionListener { commit() }
    addFocusListener(object : java.awt.event.FocusAdapter() {
        override fun focusLost(e: java.awt.event.FocusEvent) {
            if (!e.isTemporary) commit()
        }
    })
}

/** Shows [value], unless the user is about to change the field. */
internal fun JTextComponent.give(value: String) {
    val given = getClientProperty(GIVEN) as? String
    if (given == value) return
    if (isFocusOwner && given != null && text != given) return
    putClientProperty(GIVEN, value)
    if (text != value) text = value
}

private const val GIVEN = "kilo.given"

/** Rows by key: known ones are updated and stay where the focus is, others come and go. */
internal class Rows<T, C : JComponent>(
    gap: Int = 6,
    private val key: (T) -> Any,
    private val make: (T) -> C,
    private val update: (C, T) -> Unit,
) : Stack(gap = gap) {
    private val rows = LinkedHashMap<Any, C>()

    fun show(items: List<T>) {
        val keys = distinct(items.map(key))
        for (gone in rows.keys - keys.toSet()) rows.remove(gone)?.let(::remove)
        items.forEachIndexed { index, item ->
            val row = rows.getOrPut(keys[index]) { make(item) }
            if (row.parent !== this) add(row, minOf(index, componentCount))
            // Moved rather than taken out and put in again: the focus stays.
            if (getComponent(index) !== row) setComponentZOrder(row, index)
            update(row, item)
        }
        isVisible = items.isNotEmpty()
        revalidate()
        repaint()
    }

    /** The first of [key]. */
    fun row(key: Any): C? = rows[key]

    /** Several may have one name, such as a command of the user's and one of the project's. */
    private fun distinct(keys: List<Any>): List<Any> {
        val seen = HashMap<Any, Int>()
        return keys.map { key -> if (seen.merge(key, 1, Int::plus) == 1) key else key to seen[key] }
    }
}

/** Title, quiet detail, and buttons at the right; more below. */
internal class ItemHead(name: String) : Line(gap = 8, min = 26) {
    private val title = Caption("", { it.text }, { it.font })
    private var ink: (Theme) -> Color = { it.muted }
    private val mark = Caption("", { ink(it) }, { it.small })

    init {
        this.name = name
        add(title)
        add(mark)
    }

    fun show(text: String, detail: String, color: (Theme) -> Color = { it.muted }) {
        title.text = text
        mark.text = detail
        ink = color
        getAccessibleContext().accessibleName = "$text, $detail"
    }
}

/** A page in its scroll bar, no wider than lines can be read. */
internal class SheetScroll(val sheet: Sheet) : JScrollPane() {
    init {
        setViewportView(Inside(sheet))
        border = BorderFactory.createEmptyBorder()
        horizontalScrollBarPolicy = HORIZONTAL_SCROLLBAR_NEVER
        verticalScrollBar.unitIncrement = 18
        viewport.isOpaque = false
        isOpaque = false
        isFocusable = false
    }

    private class Inside(private val sheet: Sheet) :
        JComponent(),
        UprightContent {
        init {
            add(sheet)
        }

        private fun inner(width: Int) = minOf(width, Theme.now.px(MOST))

        override fun doLayout() {
            val w = inner(width)
            sheet.setBounds(0, 0, w, sheet.heightFor(w))
        }

        override fun getPreferredSize(): Dimension {
            val w = inner((parent?.width ?: width).coerceAtLeast(1))
            return Dimension(w, sheet.heightFor(w))
        }
    }

    private companion object {
        const val MOST = 720
    }
}

/** Scrolls so that what has the focus is seen. */
internal fun followFocus(scroll: JScrollPane) {
    val view = scroll.viewport.view as JComponent
    val scroller = FocusScroller(view)
    // The manager outlives every view: it knows this one only as long as it is shown.
    view.addHierarchyListener { event ->
        if (event.changeFlags and java.awt.event.HierarchyEvent.SHOWING_CHANGED.toLong() != 0L) {
            val manager = java.awt.KeyboardFocusManager.getCurrentKeyboardFocusManager()
            manager.removePropertyChangeListener("focusOwner", scroller)
            if (view.isShowing) manager.addPropertyChangeListener("focusOwner", scroller)
        }
    }
}

private class FocusScroller(private val view: JComponent) : java.beans.PropertyChangeListener {
    override fun propertyChange(event: java.beans.PropertyChangeEvent) {
        val owner = event.newValue as? JComponent ?: return
        if (!owner.isShowing || !javax.swing.SwingUtilities.isDescendingFrom(owner, view)) return
        owner.scrollRectToVisible(Rectangle(0, 0, owner.width, owner.height))
    }
}
