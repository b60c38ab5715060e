package dev.kilo.frontend.ui.tool

import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.Icons
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Line
import dev.kilo.frontend.ui.Pictures
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.smooth
import dev.kilo.frontend.ui.transcript.RowHost
import dev.kilo.frontend.ui.transcript.RowView
import dev.kilo.shared.message.Part
import java.awt.Dimension
import java.awt.Graphics
import java.awt.Rectangle
import java.awt.RenderingHints
import java.awt.TexturePaint
import java.awt.geom.RoundRectangle2D
import java.awt.image.BufferedImage
import javax.accessibility.AccessibleContext
import javax.accessibility.AccessibleRole
import javax.swing.JComponent

/** Files that belong to a prompt or a result: images as small pictures, others by their names. */
internal class ImageStrip(private val host: RowHost, private val view: RowView, pad: Insets4 = Insets4(4, 14, 10, 14)) :
    Stack(gap = 6, pad = pad) {
    private var shown: List<Part.File> = emptyList()

    init {
        isVisible = false
    }

    fun show(files: List<Part.File>) {
        if (files == shown) return
        shown = files
        removeAll()
        isVisible = files.isNotEmpty()
        for (file in files) add(if (file.mime.startsWith("image/")) picture(file) else name(file, null))
        revalidate()
    }

    private fun name(file: Part.File, problem: String?): JComponent = Line(gap = 6).apply {
        val name = file.filename ?: file.mime
        fill(Caption(if (problem == null) name else "$name  ·  $problem", { it.muted }, { it.small }, Icons.file))
    }

    private fun picture(file: Part.File): JComponent {
        val place = Stack().apply { add(name(file, null)) }
        host.work.run({ Pictures.decode(file.url) }) { made ->
            place.removeAll()
            when (made) {
                is Pictures.Result.Made -> {
                    place.add(Thumbnail(made, file.filename ?: file.mime))
                    val size = Strings("image.size", file.filename ?: file.mime, "${made.width}", "${made.height}")
                    place.add(Line().apply { add(Caption(size, { it.faint }, { it.small })) })
                }

                Pictures.Result.TooLarge -> place.add(name(file, Strings["image.large"]))

                Pictures.Result.Unreadable -> place.add(name(file, Strings["image.unreadable"]))
            }
            host.resized(view)
        }
        return place
    }

    /** The picture, never larger than it is. */
    private class Thumbnail(private val made: Pictures.Result.Made, private val label: String) :
        JComponent(),
        dev.kilo.frontend.ui.Flowing {
        private val image: BufferedImage = made.image

        private fun size(width: Int): Dimension {
            val t = Theme.now
            val most = minOf(width, t.px(Pictures.WIDTH)).toDouble()
            val scale = minOf(1.0, most / image.width, t.px(Pictures.HEIGHT).toDouble() / image.height)
            return Dimension(
                (image.width * scale).toInt().coerceAtLeast(1),
                (image.height * scale).toInt().coerceAtLeast(1),
            )
        }

        override fun heightFor(width: Int) = size(width).height

        override fun getPreferredSize(): Dimension = size(if (width > 0) width else Theme.now.px(Pictures.WIDTH))

        override fun paintComponent(g: Graphics) {
            val at = size(width)
            val g2 = g.smooth()
            g2.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR)
            // As a paint instead of in a clip: clips have no smooth corners.
            g2.paint = TexturePaint(image, Rectangle(at))
            g2.fill(RoundRectangle2D.Double(0.0, 0.0, at.width.toDouble(), at.height.toDouble(), 12.0, 12.0))
            g2.dispose()
        }

        override fun getAccessibleContext(): AccessibleContext {
            if (accessibleContext == null) {
                accessibleContext = object : AccessibleJComponent() {
                    override fun getAccessibleRole(): AccessibleRole = AccessibleRole.ICON

                    override fun getAccessibleName(): String = label
                }
            }
            return accessibleContext
        }
    }
}
