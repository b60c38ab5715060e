package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.composer.Chip
import dev.kilo.frontend.model.composer.Completion
import dev.kilo.frontend.model.composer.Composition
import dev.kilo.frontend.model.composer.SendKey
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Flowing
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pages
import dev.kilo.frontend.ui.Quiet
import dev.kilo.frontend.ui.Shortcuts
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.shared.session.PromptPart
import dev.kilo.shared.session.SessionStatus
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.awt.Dimension
import java.awt.Image
import java.awt.event.ActionEvent
import java.io.File
import java.nio.file.Path
import javax.swing.AbstractAction
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JScrollPane
import javax.swing.SwingUtilities
import javax.swing.event.DocumentEvent
import javax.swing.event.DocumentListener

/** Where prompts are written. Grows with the text up to a third of the window. */
internal class Composer(
    private val workspace: WorkspaceModel,
    private val shortcuts: Shortcuts,
    private val pages: Pages,
    private val sent: () -> Unit,
) : Stack(gap = 6, pad = Insets4(4, 14, 12, 14)),
    AutoCloseable {
    private val scope =
        CoroutineScope(workspace.scope.coroutineContext + SupervisorJob(workspace.scope.coroutineContext[Job]))
    private var session: SessionModel = workspace.current.value
    private var watching: Job? = null
    private var recalled = -1
    private var before = ""
    private var loading = false
    private val composition get() = session.composer.composition
    private val preferences get() = workspace.app.composer.preferences.value

    val input = PromptField(Pastes())
    private val scroll = JScrollPane(input)
    private val queue = QueueView { input.requestFocusInWindow() }
    private val hint = Caption(Strings["composer.editing.hint"], { it.accent }, { it.small })
    private val chips = ChipRow(::open, { composition.remove(it.id) }, ::thumbnail) { input.requestFocusInWindow() }
    private val choosers = Choosers(workspace) { session }
    private val improve = Quiet(null, Icons.improve, Strings["composer.improve"])
    private val ring = ContextRing({ session.composer.compactRefusal() }, { session.composer.shares(it) }) {
        session.composer.compact()
    }
    private val button = SendButton()
    private val frame = object : Card(pad = Insets4(9, 12, 7, 8), fill = {
        it.background
    }, border = { if (input.isFocusOwner) it.accent else it.edge(it.text, 0.22) }, radius = 11) {}
    private val offers = OfferList(frame, ::accept)

    init {
        scroll.border = BorderFactory.createEmptyBorder()
        scroll.isOpaque = false
        scroll.viewport.isOpaque = false
        scroll.horizontalScrollBarPolicy = JScrollPane.HORIZONTAL_SCROLLBAR_NEVER
        frame.name = "composer.frame"
        frame.add(hint)
        frame.add(chips)
        frame.add(Growing())
        val bar = Line(gap = 2, pad = Insets4(5, 0, 0, 0), min = 30)
        for (chooser in listOf(choosers.mode, choosers.model, choosers.effort)) bar.add(chooser)
        bar.end(ring)
        bar.end(improve)
        bar.end(button)
        frame.add(bar)
        add(queue)
        add(frame)
        hint.isVisible = false
        improve.name = "composer.improve"
        improve.addActionListener { improve() }
        button.addActionListener { if (button.stopping) session.stop() else send() }
        input.document.addDocumentListener(object : DocumentListener {
            override fun insertUpdate(e: DocumentEvent?) = typed()

            override fun removeUpdate(e: DocumentEvent?) = typed()

            override fun changedUpdate(e: DocumentEvent?) = Unit
        })
        input.addCaretListener { if (!loading) complete() }
        input.addFocusListener(object : java.awt.event.FocusListener {
            override fun focusGained(e: java.awt.event.FocusEvent?) = frame.repaint()

            override fun focusLost(e: java.awt.event.FocusEvent) {
                frame.repaint()
                if (!e.isTemporary) workspace.completions.close()
            }
        })
        keys()
        commands()
        scope.launch { workspace.completions.offers.collect { offers.show(it) } }
        scope.launch { workspace.app.composer.preferences.collect { refresh() } }
    }

    override fun close() {
        offers.show(null)
        scope.cancel()
    }

    override fun doLayout() {
        super.doLayout()
        offers.place()
    }

    // Keys.

    private fun keys() {
        key("ENTER") { if (!take()) if (preferences.sendKey == SendKey.ENTER) send() else newline() }
        key("TAB") { if (!take(descend = true)) input.transferFocus() }
        key("shift TAB") { input.transferFocusBackward() }
        key("shift ENTER") { newline() }
        key("ctrl ENTER") { send() }
        key("alt ENTER") { send(now = true) }
        key("ESCAPE") { escape() }
        key("UP") { e ->
            when {
                offers.open -> offers.move(-1)
                input.atEdge(last = false) && recall(1) -> Unit
                else -> pass("caret-up", e)
            }
        }
        key("DOWN") { e ->
            when {
                offers.open -> offers.move(1)
                recalled >= 0 && input.atEdge(last = true) -> recall(-1)
                else -> pass("caret-down", e)
            }
        }
        key("BACK_SPACE") { e ->
            val atStart = input.caretPosition == 0 && input.selectedText == null
            if (!atStart || !chips.isVisible || !chips.focusLast()) pass("delete-previous", e)
        }
        key("ctrl SPACE") { complete() }
        key("ctrl Z") { if (input.undo.canUndo()) input.undo.undo() }
        for (redo in listOf("ctrl shift Z", "ctrl Y")) key(redo) { if (input.undo.canRedo()) input.undo.redo() }
        shortcuts.note("composer.send", "ENTER", "ctrl ENTER")
        shortcuts.note("composer.now", "alt ENTER")
        shortcuts.note("composer.complete", "ctrl SPACE")
        shortcuts.note("composer.undo", "ctrl Z")
        shortcuts.note("composer.redo", "ctrl shift Z", "ctrl Y")
        shortcuts.note("composer.history", "UP", "DOWN")
        shortcuts.add("composer.mode.next", "ctrl PERIOD") { choosers.nextMode() }
        shortcuts.add("composer.mode", "ctrl shift PERIOD") { choosers.pickMode() }
        shortcuts.add("composer.model.next", "ctrl M") { choosers.nextModel() }
        shortcuts.add("composer.model", "ctrl shift M") { choosers.pickModel() }
        shortcuts.add("composer.effort.next", "ctrl R") { choosers.nextEffort() }
        shortcuts.add("composer.effort", "ctrl shift R") { choosers.pickEffort() }
        shortcuts.add("composer.improve", "ctrl shift I") { improve() }
        shortcuts.add("composer.compact", "ctrl shift K") { compact() }
    }

    private fun key(stroke: String, action: (ActionEvent) -> Unit) {
        input.getInputMap(WHEN_FOCUSED).put(Shortcuts.stroke(stroke), "kilo $stroke")
        input.actionMap.put(
            "kilo $stroke",
            object : AbstractAction() {
                override fun actionPerformed(e: ActionEvent) {
                    // The input method has the keys until its text is finished.
                    if (!input.composing) action(e)
                }
            },
        )
    }

    private fun pass(name: String, e: ActionEvent) {
        input.actionMap.get(name)?.actionPerformed(ActionEvent(input, e.id, e.actionCommand))
    }

    private fun newline() = input.replaceSelection("\n")

    private fun escape() {
        when {
            offers.open -> workspace.completions.dismiss()
            session.composer.enhancing.value -> session.composer.enhance {}
            composition.editing.value != null -> composition.leave()
            button.busy -> session.stop()
        }
    }

    private fun commands() {
        val all = workspace.commands
        fun add(name: String, refusal: () -> String? = { null }, run: () -> Unit) =
            all.add(dev.kilo.frontend.model.composer.WindowCommand(name, Strings["command.$name"], refusal) { run() })
        add("new") { workspace.create() }
        add("sessions") { pages.open(dev.kilo.frontend.ui.PageNames.SESSIONS) }
        add("models") { later { choosers.pickModel() } }
        add("agents") { later { choosers.pickMode() } }
        add("variant") { later { choosers.pickEffort() } }
        add("compact", { session.composer.compactRefusal() }) { session.composer.compact() }
        add("undo", { session.composer.rewindRefusal() }) { session.composer.rewind() }
        add("redo", { session.composer.unwindRefusal() }) { session.composer.unwind() }
        add("stop", { if (button.busy) null else Strings["command.idle"] }) { session.stop() }
        add("settings") { pages.open(dev.kilo.frontend.ui.PageNames.SETTINGS) }
        add("help") { pages.open(dev.kilo.frontend.ui.PageNames.SHORTCUTS) }
    }

    /** After the key that started it is done. */
    private fun later(action: () -> Unit) = SwingUtilities.invokeLater(action)

    // What is shown.

    /** Shows another session: its draft, its choices, what waits. */
    fun show(next: SessionModel) {
        session = next
        recalled = -1
        workspace.completions.close()
        watching?.cancel()
        val job = Job(scope.coroutineContext[Job])
        watching = job
        val inner = CoroutineScope(scope.coroutineContext + job)
        reload()
        input.undo.discardAllEdits()
        inner.launch { next.composer.composition.revision.collect { reload() } }
        inner.launch { next.composer.composition.chips.collect { refresh() } }
        inner.launch {
            merge(next.composer.waiting, next.composer.composition.editing, next.composer.enhancing, next.status)
                .collect { refresh() }
        }
        refresh()
        revalidate()
    }

    /** The draft was changed by something else than typing. */
    private fun reload() {
        if (input.text == composition.text) return
        loading = true
        input.change(0, input.document.length, composition.text)
        input.caretPosition = input.document.length
        loading = false
        typed()
    }

    fun write(text: String) {
        if (text != composition.text) composition.write(text)
        input.caretPosition = input.document.length
        input.requestFocusInWindow()
    }

    fun refresh() {
        val composer = session.composer
        val ended = session.ended.value
        val idle = session.status.value == SessionStatus.Idle
        queue.show(composer, composition.editing.value, paused = idle && ended != null && ended.reason != "completed")
        chips.show(composition.chips.value)
        hint.isVisible = composition.editing.value != null
        choosers.refresh(shortcuts::tip)
        ring.show(session.context.value)
        val improving = composer.enhancing.value
        val label = Strings[if (improving) "composer.improving" else "composer.improve"]
        improve.icon = if (improving) Icons.spin else Icons.improve
        improve.toolTipText = shortcuts.tip(label, "composer.improve")
        improve.getAccessibleContext().accessibleName = label
        input.placeholder = Strings[if (idle) "composer.placeholder" else "composer.busy"]
        input.getAccessibleContext().accessibleDescription = Strings[sendHint()]
        buttons()
        revalidate()
        parent?.revalidate()
        repaint()
    }

    private fun sendHint() = if (preferences.sendKey == SendKey.ENTER) "composer.hint" else "composer.hint.ctrl"

    private fun buttons() {
        val busy = session.status.value != SessionStatus.Idle
        button.state(busy, composition.blank, composition.editing.value != null)
        improve.isEnabled = session.composer.enhancing.value || composition.text.isNotBlank()
    }

    private fun typed() {
        if (!input.composing) composition.typed(input.text)
        if (!loading) recalled = if (recalling) recalled else -1
        val height = input.preferredSize.height
        buttons()
        if (height != shownHeight) {
            shownHeight = height
            revalidate()
            parent?.revalidate()
        }
    }

    private var shownHeight = 0
    private var recalling = false

    // Completion.

    private fun complete() {
        if (input.composing || recalling) return
        workspace.completions.typed(input.text, input.caretPosition, composition.mentions)
    }

    /** Takes the chosen offer; false when there is none. With [descend] a folder is opened instead. */
    private fun take(descend: Boolean = false): Boolean {
        if (!offers.open) return false
        val item = offers.chosen ?: return false
        accept(item, descend)
        return true
    }

    private fun accept(item: Completion) = accept(item, false)

    private fun accept(item: Completion, descend: Boolean) {
        val open = workspace.completions.offers.value ?: return
        if (item.kind == Completion.Kind.WINDOW) {
            // Nothing follows such a command, so choosing it is running it.
            workspace.completions.close()
            composition.write(item.insert)
            send()
            return
        }
        val folder = descend && item.kind == Completion.Kind.FOLDER
        val insert = if (folder) item.insert.trimEnd() else item.insert
        val part = if (item.kind == Completion.Kind.TERMINAL) workspace.completions.partOf(item) else item.part
        if (part != null) {
            composition.mentions.learn(item.name, part)
            if (item.kind == Completion.Kind.FOLDER) composition.mentions.learn(item.name.trimEnd('/'), part)
        }
        input.change(open.start, open.end.coerceAtMost(input.document.length), insert)
        if (folder) complete() else workspace.completions.close()
    }

    // Sending, history, improving.

    private fun send(now: Boolean = false) {
        if (input.composing) return
        composition.typed(input.text)
        workspace.completions.close()
        if (!session.composer.submit(now)) return
        recalled = -1
        input.undo.discardAllEdits()
        sent()
    }

    /** True when there was such a prompt. What was being written comes back behind the newest. */
    private fun recall(by: Int): Boolean {
        if (recalled < 0 && input.text.isNotEmpty() && by < 0) return false
        val prompts = (workspace.history.entries.asSequence() + session.transcript.prompts()).distinct().take(
            HISTORY,
        ).toList()
        val next = (recalled + by).coerceAtLeast(-1)
        if (next >= prompts.size) return recalled >= 0
        if (recalled < 0) before = input.text
        recalled = next
        recalling = true
        input.change(0, input.document.length, if (next < 0) before else prompts[next])
        // Up goes on up, down goes on down.
        input.caretPosition = if (by > 0) 0 else input.document.length
        recalling = false
        return true
    }

    private fun improve() {
        val composer = session.composer
        composer.enhance { better ->
            input.change(0, input.document.length, better)
            input.caretPosition = input.document.length
        }
    }

    private fun compact() {
        val refusal = session.composer.compactRefusal()
        if (refusal == null) session.composer.compact() else workspace.app.notices.post(refusal)
    }

    // Attachments.

    private fun attach(part: PromptPart.Attachment) {
        if (composition.attach(part) == null) workspace.app.notices.post(Strings["composer.many"])
    }

    private fun thumbnail(chip: Chip, done: (java.awt.image.BufferedImage?) -> Unit) {
        scope.launch { done(withContext(Dispatchers.Default) { Pictures.thumbnail(chip.part.url, THUMBNAIL) }) }
    }

    private fun open(chip: Chip) = ChipPopup.show(frame, chip, { input.requestFocusInWindow() }) { text ->
        composition.remove(chip.id)
        input.replaceSelection(text)
        input.requestFocusInWindow()
    }

    private inner class Pastes : Pasting {
        override fun text(text: String): Boolean {
            if (!Composition.isLong(text)) return false
            attach(Composition.attachment(Strings["composer.pasted"], text))
            return true
        }

        override fun image(image: Image) {
            scope.launch {
                val part = withContext(Dispatchers.Default) { Pictures.of(image, Strings["composer.picture"]) }
                if (part == null) refuse(Strings["composer.picture"]) else attach(part)
            }
        }

        override fun files(files: List<File>) {
            for (file in files.take(Composition.MOST_CHIPS)) scope.launch { add(file.toPath()) }
        }

        /** Pictures travel with the prompt; of other files the agent is told the path, where it has the same files. */
        private suspend fun add(path: Path) {
            if (Pictures.isPicture(path)) {
                val part = withContext(Dispatchers.IO) { Pictures.read(path) }
                if (part == null) refuse(path.fileName.toString()) else attach(part)
                return
            }
            if (workspace.app.place == LOCAL) {
                val directory = withContext(Dispatchers.IO) { java.nio.file.Files.isDirectory(path) }
                mention(path, directory)
                return
            }
            val part = withContext(Dispatchers.IO) { DroppedText.read(path) }
            if (part == null) refuse(path.fileName.toString()) else attach(part)
        }

        private fun mention(path: Path, directory: Boolean) {
            val base = Path.of(workspace.directory)
            val inside = if (path.startsWith(base)) base.relativize(path) else path
            val name = inside.toString().replace('\\', '/').ifEmpty { "." } + if (directory) "/" else ""
            composition.mentions.learn(name, PromptPart.File(name.trimEnd('/').ifEmpty { "/" }, directory))
            val at = input.caretPosition
            val space = if (at > 0 && !input.text[at - 1].isWhitespace()) " " else ""
            input.replaceSelection(space + dev.kilo.frontend.model.composer.Mentions.write(name) + " ")
        }

        private fun refuse(name: String) = workspace.app.notices.post(Strings("composer.drop", name))
    }

    /** The text area at the height of its text. */
    private inner class Growing :
        JComponent(),
        Flowing {
        init {
            add(scroll)
        }

        override fun heightFor(width: Int): Int {
            if (input.width != width) input.setSize(width, Short.MAX_VALUE.toInt())
            val line = input.getFontMetrics(input.font).height
            val most = maxOf(line * 4, (SwingUtilities.getRoot(this)?.height ?: 600) / 3)
            return input.preferredSize.height.coerceIn(line * 2 + 2, most)
        }

        override fun getPreferredSize() = Dimension(width, heightFor(width.coerceAtLeast(50)))

        override fun doLayout() = scroll.setBounds(0, 0, width, height)
    }

    private companion object {
        const val HISTORY = 200
        const val THUMBNAIL = 96
        const val LOCAL = "local"
    }
}
