package dev.kilo.frontend.ui

import java.awt.Component
import java.awt.Graphics
import java.awt.KeyboardFocusManager
import javax.swing.JComponent
import javax.swing.SwingUtilities

/** Names of the pages that parts of the window ask for. */
internal object PageNames {
    const val SESSIONS = "sessions"
    const val DECISIONS = "decisions"
    const val CHANGES = "changes"
    const val SETTINGS = "settings"
    const val STATUS = "status"
    const val WELCOME = "welcome"
    const val SHORTCUTS = "shortcuts"
}

/** What takes the conversation's place for a while. It is made when it is first opened and kept until the chat closes. */
internal interface Page {
    /** Asked for whenever it is shown, and after [Pages.retitle]. */
    val title: String

    /** Gets all the room below the page's head; it brings its own scroll bar. */
    val view: JComponent

    /** What has the focus when the page opens. */
    val first: Component get() = view

    /** Controls at the right end of the page's head. */
    val tools: List<JComponent> get() = emptyList()

    /** It is shown from now on; [about] is what [Pages.open] was given. */
    fun opened(about: String?): Unit = Unit

    /** It is not shown any more: nothing of it may work on. */
    fun left(): Unit = Unit

    /** Esc or the back button: true when the page went a step back in itself and stays. */
    fun back(): Boolean = false

    /** After a change of theme or size of the font. */
    fun restyle(): Unit = Unit

    /** The chat closes. */
    fun close(): Unit = Unit
}

/**
 * Pages that replace the conversation in place. A page that is opened from another one leads back to it; Esc and the
 * button at the left go back. EDT only. [changed] is called when there is a page or none any more.
 */
internal class Pages(private val changed: () -> Unit, private val home: () -> Unit) : JComponent() {
    private val makers = HashMap<String, () -> Page>()
    private val made = HashMap<String, Page>()
    private val way = ArrayList<String>()
    private val back = Quiet(null, Icons.back, Strings["page.back"])
    private val title = Caption("", { it.text }, { it.bold })
    private val head = Line(gap = 6, pad = Insets4(5, 10, 5, 10), min = 30)
    private var shown: Page? = null

    init {
        name = "page"
        isVisible = false
        back.name = "page.back"
        title.name = "page.title"
        back.toolTipText = "${Strings["page.back"]} (${Shortcuts.show(Shortcuts.stroke("ESCAPE"))})"
        back.addActionListener { back() }
        Shortcuts.bind(this, "ESCAPE") { back() }
        add(head)
    }

    /** The name of the page that is shown. */
    val current: String? get() = way.lastOrNull()

    /** What has the focus when the chat is asked to take it. */
    val first: Component? get() = shown?.first

    /** [factory] runs when the page is first opened. */
    fun register(name: String, factory: () -> Page) {
        makers[name] = factory
    }

    fun knows(name: String): Boolean = name in makers

    /** The page called [name] if it has been made. */
    fun made(name: String): Page? = made[name]

    /** Shows the page called [name] and lets it have the focus; [about] tells the page what to show. */
    fun open(name: String, about: String? = null) {
        val maker = makers[name] ?: return
        if (current != name) {
            shown?.left()
            way -= name
            way += name
        }
        show(made.getOrPut(name, maker), about)
    }

    /** Opens the page, or leaves it when it is the one that is shown. */
    fun toggle(name: String) {
        if (current == name) leave() else open(name)
    }

    /** One step back: inside the page, to the page it was opened from, or to the conversation. */
    fun back() {
        val page = shown ?: return
        if (page.back()) {
            retitle()
            return
        }
        page.left()
        way.removeLast()
        val before = current
        if (before == null) gone() else show(made.getValue(before), null)
    }

    /** Back to the conversation at once. */
    fun leave() {
        val page = shown ?: return
        page.left()
        way.clear()
        gone()
    }

    /** The page's title changed. */
    fun retitle() {
        title.text = shown?.title.orEmpty()
        getAccessibleContext().accessibleName = title.text
        head.revalidate()
    }

    fun restyle() {
        for (page in made.values) {
            if (page.view.parent == null) SwingUtilities.updateComponentTreeUI(page.view)
            page.restyle()
        }
        revalidate()
        repaint()
    }

    fun close() {
        shown?.left()
        shown = null
        for (page in made.values) page.close()
        made.clear()
        makers.clear()
    }

    private fun show(page: Page, about: String?) {
        val focused = !isVisible || inside()
        if (page !== shown) {
            removeAll()
            head.removeAll()
            head.add(back)
            head.fill(title)
            page.tools.forEach(head::end)
            add(head)
            add(page.view)
            shown = page
        }
        page.opened(about)
        retitle()
        isVisible = true
        changed()
        revalidate()
        repaint()
        if (focused) page.first.requestFocusInWindow()
    }

    private fun gone() {
        // Asked before the page goes: the focus goes with it.
        val focused = inside()
        removeAll()
        shown = null
        isVisible = false
        changed()
        if (focused) home()
    }

    private fun inside(): Boolean {
        val owner = KeyboardFocusManager.getCurrentKeyboardFocusManager().focusOwner ?: return true
        return SwingUtilities.isDescendingFrom(owner, parent ?: this)
    }

    override fun doLayout() {
        val h = head.heightFor(width)
        head.setBounds(0, 0, width, h)
        shown?.view?.setBounds(0, h, width, (height - h).coerceAtLeast(0))
    }

    override fun paintComponent(g: Graphics) {
        val t = Theme.now
        g.color = t.background
        g.fillRect(0, 0, width, height)
        g.color = t.line
        g.fillRect(0, head.height - 1, width, 1)
    }

    override fun getAccessibleContext(): javax.accessibility.AccessibleContext {
        accessibleContext?.let { return it }
        val context = object : AccessibleJComponent() {
            override fun getAccessibleRole(): javax.accessibility.AccessibleRole =
                javax.accessibility.AccessibleRole.PANEL
        }
        accessibleContext = context
        return context
    }
}
