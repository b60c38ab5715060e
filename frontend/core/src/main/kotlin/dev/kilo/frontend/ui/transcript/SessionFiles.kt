package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.SessionModel
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Views
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.awt.Component
import java.io.File
import java.io.IOException
import java.nio.file.Files
import javax.swing.JFileChooser
import javax.swing.JOptionPane
import javax.swing.JTextField
import javax.swing.SwingUtilities

/** Files that come of a session: its export, on the computer of the window, and new ones of its code, where the agent runs. */
internal object SessionFiles {
    /** Asks where to, and writes the whole session there as Markdown or JSON. */
    fun export(view: RowView, json: Boolean): Unit = export(view, view.host.session, json)

    fun export(parent: Component, session: SessionModel, json: Boolean) {
        val title = session.session.value?.title.orEmpty()
        val chooser = JFileChooser().apply {
            dialogTitle = Strings["export.title"]
            selectedFile = File(currentDirectory, fileName(title) + if (json) ".json" else ".md")
        }
        if (chooser.showSaveDialog(parent) != JFileChooser.APPROVE_OPTION) return
        val file = chooser.selectedFile
        if (file.exists() && !confirmed(parent, Strings("file.new.exists", file.name))) return
        session.run { write(session, file, json) }
    }

    /** Writes the whole session to [file]. */
    suspend fun write(session: SessionModel, file: File, json: Boolean) {
        val text = (if (json) session.export.json() else session.export.markdown()) ?: return
        try {
            withContext(Dispatchers.IO) { Files.writeString(file.toPath(), text) }
            session.tell(Strings("export.done", file.path))
        } catch (e: IOException) {
            session.tell(Strings("export.failed", file.path, e.message ?: e.javaClass.simpleName))
        }
    }

    /** What every file system takes as a name. */
    fun fileName(title: String): String =
        title.replace(Regex("[^\\p{L}\\p{N}._ -]+"), " ").trim(' ', '.').replace(Regex(" +"), "-").take(NAME)
            .ifEmpty { Strings["export.name"] }

    /** Asks for a name and makes [text] a file of the agent's directory. */
    fun create(parent: Component, text: String, extension: String) {
        val view = SwingUtilities.getAncestorOfClass(TranscriptView::class.java, parent) as? TranscriptView ?: return
        val session = view.session
        val label = Caption(Strings("file.new.name", session.directory))
        val input = JTextField(if (extension.isEmpty()) "" else ".$extension", COLUMNS).apply {
            name = "file.name"
            label.labelFor = this
        }
        SwingUtilities.invokeLater {
            input.requestFocusInWindow()
            input.caretPosition = 0
        }
        val choices = arrayOf(Strings["file.new.create"], Strings["file.new.cancel"])
        val chosen = JOptionPane.showOptionDialog(
            view,
            arrayOf<Any>(label, input),
            Strings["file.new.title"],
            JOptionPane.OK_CANCEL_OPTION,
            JOptionPane.PLAIN_MESSAGE,
            null,
            choices,
            choices[0],
        )
        val path = input.text.trim()
        if (chosen != 0 || path.isEmpty() || path == ".$extension") return
        session.run {
            var written = session.export.write(path, text, replace = false)
            if (written == false && confirmed(view, Strings("file.new.exists", path))) {
                written = session.export.write(path, text, replace = true)
            }
            if (written != true) return@run
            val host = Views.host(view)
            if (host?.files == true) host.open(path, null) else session.tell(Strings("file.new.done", path))
        }
    }

    private fun confirmed(parent: Component, question: String): Boolean {
        val text = Caption(question)
        val choices = arrayOf(Strings["file.new.replace"], Strings["file.new.cancel"])
        return JOptionPane.showOptionDialog(
            parent,
            text,
            Strings["file.new.title"],
            JOptionPane.OK_CANCEL_OPTION,
            JOptionPane.WARNING_MESSAGE,
            null,
            choices,
            choices[1],
        ) == 0
    }

    private const val NAME = 80
    private const val COLUMNS = 32
}
