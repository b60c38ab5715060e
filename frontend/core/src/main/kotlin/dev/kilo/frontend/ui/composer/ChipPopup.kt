package dev.kilo.frontend.ui.composer

import dev.kilo.frontend.model.composer.Chip
import dev.kilo.frontend.model.composer.Composition
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pill
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.shared.session.PromptPart
import java.awt.BorderLayout
import java.awt.Dimension
import java.io.IOException
import java.nio.charset.CharacterCodingException
import java.nio.file.Files
import java.nio.file.Path
import javax.swing.BorderFactory
import javax.swing.ImageIcon
import javax.swing.JComponent
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.JPopupMenu
import javax.swing.JScrollPane
import javax.swing.JTextArea
import javax.swing.SwingUtilities

/** What a chip holds, above the composer; a pasted text can be put into the prompt from there. Esc closes it. */
internal object ChipPopup {
    fun show(owner: JComponent, chip: Chip, closed: () -> Unit, back: (String) -> Unit) {
        val t = Theme.now
        val popup = JPopupMenu()
        popup.name = "chip.popup"
        val content: JComponent = when (chip.kind) {
            Chip.Kind.TEXT -> JTextArea(chip.text()).apply {
                isEditable = false
                lineWrap = true
                wrapStyleWord = true
                font = t.mono
                caretPosition = 0
                this.name = "chip.text"
                getAccessibleContext().accessibleName = chip.part.filename
            }

            Chip.Kind.IMAGE -> JLabel(Pictures.thumbnail(chip.part.url, PREVIEW)?.let(::ImageIcon)).apply {
                getAccessibleContext().accessibleName = chip.part.filename
            }

            Chip.Kind.DOCUMENT -> Caption(chip.part.filename)
        }
        val buttons = Line(gap = 6, pad = Insets4(6, 0, 0, 0))
        buttons.add(Caption(chip.part.filename, { it.muted }, { it.small }))
        val close = Pill(Strings["chip.close"], "chip.close", primary = false)
        close.addActionListener {
            popup.isVisible = false
            closed()
        }
        buttons.end(close)
        var first: JComponent = close
        if (chip.kind == Chip.Kind.TEXT) {
            val use = Pill(Strings["chip.back"], "chip.back", primary = true)
            use.addActionListener {
                popup.isVisible = false
                back(chip.text())
            }
            buttons.end(use)
            first = use
        }
        val pane = JPanel(BorderLayout())
        pane.isOpaque = false
        pane.border = BorderFactory.createEmptyBorder(t.px(8), t.px(8), t.px(8), t.px(8))
        pane.add(JScrollPane(content).apply { border = BorderFactory.createLineBorder(t.line) })
        pane.add(buttons, BorderLayout.SOUTH)
        val height = minOf(
            t.px(380),
            SwingUtilities.convertPoint(owner, 0, 0, SwingUtilities.getRootPane(owner)).y - t.px(8),
        )
        pane.preferredSize = Dimension(owner.width - 2, height.coerceAtLeast(t.px(160)))
        popup.border = BorderFactory.createLineBorder(t.line)
        popup.background = t.background
        popup.add(pane)
        popup.show(owner, 0, -popup.preferredSize.height - t.px(4))
        first.requestFocusInWindow()
    }

    private const val PREVIEW = 1200
}

/** Files of this machine whose text goes with the prompt, because the agent's host does not have them. */
internal object DroppedText {
    private const val MOST = 500_000L

    /** Null when it is no text, or too long. */
    fun read(path: Path): PromptPart.Attachment? = try {
        if (Files.size(path) > MOST) null else Composition.attachment(path.fileName.toString(), Files.readString(path))
    } catch (_: CharacterCodingException) {
        null
    } catch (_: IOException) {
        null
    }
}
