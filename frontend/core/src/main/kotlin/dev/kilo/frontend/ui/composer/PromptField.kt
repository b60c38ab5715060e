package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.ui.CaretRest
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.smooth
import java.awt.Font
import java.awt.Graphics
import java.awt.datatransfer.DataFlavor
import java.awt.datatransfer.StringSelection
import java.awt.datatransfer.Transferable
import java.awt.datatransfer.UnsupportedFlavorException
import java.awt.event.InputMethodEvent
import java.io.File
import java.io.IOException
import javax.swing.BorderFactory
import javax.swing.JComponent
import javax.swing.JTextArea
import javax.swing.TransferHandler
import javax.swing.event.UndoableEditEvent
import javax.swing.plaf.basic.BasicGraphicsUtils
import javax.swing.undo.CompoundEdit
import javax.swing.undo.UndoManager
import javax.swing.undo.UndoableEdit

/** What a person can put into a prompt beside typing. */
internal interface Pasting {
    /** True when the text was taken as something else than text. */
    fun text(text: String): Boolean

    fun image(image: java.awt.Image)

    fun files(files: List<File>)
}

/** The field that prompts are written in. */
internal class PromptField(pasting: Pasting) : JTextArea() {
    val undo = TextUndo()
    var placeholder: String = ""

    /** An input method is putting a text together: what is there is not yet what the user means. */
    var composing = false
        private set

    init {
        name = "composer"
        lineWrap = true
        wrapStyleWord = true
        isOpaque = false
        border = BorderFactory.createEmptyBorder()
        document.addUndoableEditListener(undo)
        getAccessibleContext().accessibleName = Strings["composer.name"]
        getAccessibleContext().accessibleDescription = Strings["composer.hint"]
        transferHandler = Transfers(pasting)
        // Tab takes an offer; without one the composer moves the focus itself.
        focusTraversalKeysEnabled = false
        CaretRest.of(this)
    }

    override fun updateUI() {
        super.updateUI()
        isOpaque = false
        border = BorderFactory.createEmptyBorder()
    }

    override fun getFont(): Font = Theme.now.font

    override fun processInputMethodEvent(e: InputMethodEvent) {
        val text = e.text
        val open = text != null && e.committedCharacterCount < text.endIndex - text.beginIndex
        if (open && !composing) undo.start()
        composing = open
        super.processInputMethodEvent(e)
        if (!open) undo.finish()
    }

    /** One step for undo, however many edits it takes. */
    fun change(from: Int, to: Int, text: String) = undo.together { replaceRange(text, from, to) }

    /** Whether the caret is in the first, or with [last] in the last, line as shown. */
    fun atEdge(last: Boolean): Boolean = try {
        val caret = modelToView2D(caretPosition)?.y ?: 0.0
        val edge = modelToView2D(if (last) document.length else 0)?.y ?: 0.0
        caret == edge
    } catch (_: javax.swing.text.BadLocationException) {
        false
    }

    override fun paintComponent(g: Graphics) {
        super.paintComponent(g)
        if (document.length > 0) return
        val g2 = g.smooth()
        g2.font = font
        g2.color = Theme.now.faint
        val metrics = g2.fontMetrics
        val fitting = BasicGraphicsUtils.getClippedString(this, metrics, placeholder, width)
        g2.drawString(fitting, 0, metrics.ascent)
        g2.dispose()
    }
}

/** Undo in steps of words, with larger steps for what belongs together. */
internal class TextUndo : UndoManager() {
    private var open: CompoundEdit? = null
    private var word: CompoundEdit? = null
    private var last = 0L

    override fun undoableEditHappened(e: UndoableEditEvent) {
        val edit = e.edit
        open?.let {
            it.addEdit(edit)
            return
        }
        val typed = edit as? javax.swing.text.AbstractDocument.DefaultDocumentEvent
        val letter =
            typed != null && typed.type == javax.swing.event.DocumentEvent.EventType.INSERT && typed.length == 1 &&
                typed.document.getText(typed.offset, 1).single().isLetterOrDigit()
        val now = System.nanoTime()
        val current = word
        if (letter && current != null && now - last < PAUSE && lastEdit() === current) {
            (current as Word).grow(edit)
        } else {
            word = null
            if (letter) addEdit(Word().also { it.grow(edit) }.also { word = it }) else addEdit(edit)
        }
        last = now
    }

    fun start() {
        if (open == null) open = CompoundEdit()
        word = null
    }

    fun finish() {
        val done = open ?: return
        open = null
        done.end()
        if (done.isSignificant && done.canUndo()) addEdit(done)
    }

    fun together(action: () -> Unit) {
        start()
        try {
            action()
        } finally {
            finish()
        }
    }

    override fun undo() {
        word = null
        super.undo()
    }

    override fun discardAllEdits() {
        word = null
        open = null
        super.discardAllEdits()
    }

    /** Letters of one word; open to more of them and yet something that can be undone. */
    private class Word : CompoundEdit() {
        fun grow(edit: UndoableEdit) {
            edits.add(edit)
        }

        override fun isInProgress() = false

        /** Only [grow] adds; what follows a word is a step of its own. */
        override fun addEdit(anEdit: UndoableEdit?) = false
    }

    private companion object {
        const val PAUSE = 1_500_000_000L
    }
}

/** Copy, cut, paste and drop. Long texts, pictures and files become something else than text. */
private class Transfers(private val pasting: Pasting) : TransferHandler() {
    override fun getSourceActions(c: JComponent) = COPY_OR_MOVE

    override fun createTransferable(c: JComponent): Transferable? =
        (c as JTextArea).selectedText?.let(::StringSelection)

    override fun exportDone(source: JComponent, data: Transferable?, action: Int) {
        if (action == MOVE && data != null) (source as JTextArea).replaceSelection("")
    }

    override fun canImport(support: TransferSupport) =
        support.dataFlavors.any { it.isFlavorJavaFileListType || it == DataFlavor.imageFlavor || it.isFlavorTextType }

    override fun importData(support: TransferSupport): Boolean {
        val field = support.component as? JTextArea ?: return false
        try {
            val data = support.transferable
            if (support.isDataFlavorSupported(DataFlavor.javaFileListFlavor)) {
                val files = (data.getTransferData(DataFlavor.javaFileListFlavor) as List<*>).filterIsInstance<File>()
                if (files.isNotEmpty()) {
                    pasting.files(files)
                    return true
                }
            }
            if (support.isDataFlavorSupported(DataFlavor.stringFlavor)) {
                val text = (data.getTransferData(DataFlavor.stringFlavor) as String).replace("\r\n", "\n")
                if (support.isDrop) {
                    val place = support.dropLocation as? javax.swing.text.JTextComponent.DropLocation
                    place?.let { field.caretPosition = it.index }
                }
                if (!pasting.text(text)) field.replaceSelection(text)
                return true
            }
            if (support.isDataFlavorSupported(DataFlavor.imageFlavor)) {
                pasting.image(data.getTransferData(DataFlavor.imageFlavor) as java.awt.Image)
                return true
            }
        } catch (_: UnsupportedFlavorException) {
            return false
        } catch (_: IOException) {
            return false
        }
        return false
    }
}
