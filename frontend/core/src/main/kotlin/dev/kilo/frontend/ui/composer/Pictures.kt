package dev.kilo.frontend.ui.composer

import dev.kilo.shared.session.PromptPart
import java.awt.Image
import java.awt.RenderingHints
import java.awt.image.BufferedImage
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.util.Base64
import javax.imageio.ImageIO

/** Pictures as models take them: bounded in pixels and bytes. Nothing here runs on the EDT. */
internal object Pictures {
    /** Larger ones are made smaller by the providers anyway. */
    private const val LONGEST = 1568
    private const val MOST_BYTES = 3_500_000
    private const val MOST_PIXELS = 120_000_000L
    private const val MOST_FILE = 60_000_000L
    private val TYPES = mapOf(
        "png" to "image/png",
        "jpg" to "image/jpeg",
        "jpeg" to "image/jpeg",
        "gif" to "image/gif",
        "webp" to "image/webp",
        "bmp" to "image/bmp",
    )

    fun isPicture(path: Path): Boolean = extension(path) in TYPES

    private fun extension(path: Path) = path.fileName.toString().substringAfterLast('.', "").lowercase()

    /** Null when it is no picture that can be read, or too large. */
    fun read(path: Path): PromptPart.Attachment? = try {
        if (Files.size(path) >
            MOST_FILE
        ) {
            null
        } else {
            read(Files.readAllBytes(path), path.fileName.toString(), TYPES[extension(path)])
        }
    } catch (_: IOException) {
        null
    }

    private fun read(bytes: ByteArray, name: String, mime: String?): PromptPart.Attachment? {
        val image = decode(bytes)
        if (image == null) {
            // A kind that this JVM can't draw goes as it is.
            return if (mime == "image/webp" && bytes.size <= MOST_BYTES) attachment(mime, name, bytes) else null
        }
        val small = maxOf(image.width, image.height) <= LONGEST && bytes.size <= MOST_BYTES
        if (small && mime != null && mime != "image/bmp") return attachment(mime, name, bytes)
        return encode(image, name)
    }

    fun of(image: Image, name: String): PromptPart.Attachment? {
        val width = image.getWidth(null)
        val height = image.getHeight(null)
        if (width <= 0 || height <= 0 || width.toLong() * height > MOST_PIXELS) return null
        return encode(image as? BufferedImage ?: draw(image, width, height), name)
    }

    /** At most [size] on its longer side; null when it can't be drawn. */
    fun thumbnail(url: String, size: Int): BufferedImage? {
        val bytes = try {
            Base64.getDecoder().decode(url.substringAfter(","))
        } catch (_: IllegalArgumentException) {
            return null
        }
        val image = try {
            decode(bytes)
        } catch (_: IOException) {
            null
        } ?: return null
        return scaled(image, size)
    }

    /** Reads every second, third, ... pixel of a large picture only, so that memory is bounded whatever comes. */
    private fun decode(bytes: ByteArray): BufferedImage? {
        val stream = ImageIO.createImageInputStream(ByteArrayInputStream(bytes)) ?: return null
        stream.use {
            val reader = ImageIO.getImageReaders(stream).asSequence().firstOrNull() ?: return null
            try {
                reader.input = stream
                val width = reader.getWidth(0)
                val height = reader.getHeight(0)
                if (width.toLong() * height > MOST_PIXELS) return null
                val step = (maxOf(width, height) / (LONGEST * 2)).coerceAtLeast(1)
                val param = reader.defaultReadParam.apply { setSourceSubsampling(step, step, 0, 0) }
                return reader.read(0, param)
            } catch (_: IllegalArgumentException) {
                return null
            } catch (_: IndexOutOfBoundsException) {
                return null
            } finally {
                reader.dispose()
            }
        }
    }

    private fun encode(image: BufferedImage, name: String): PromptPart.Attachment? {
        val fit = scaled(image, LONGEST)
        val png = bytes(fit, "png")
        val base = name.substringBeforeLast('.')
        if (png != null && png.size <= MOST_BYTES) return attachment("image/png", "$base.png", png)
        val flat = BufferedImage(fit.width, fit.height, BufferedImage.TYPE_INT_RGB)
        flat.createGraphics().apply {
            drawImage(fit, 0, 0, java.awt.Color.WHITE, null)
            dispose()
        }
        val jpeg = bytes(flat, "jpg") ?: return null
        return if (jpeg.size <= MOST_BYTES) attachment("image/jpeg", "$base.jpg", jpeg) else null
    }

    private fun bytes(image: BufferedImage, format: String): ByteArray? {
        val out = ByteArrayOutputStream()
        return if (ImageIO.write(image, format, out)) out.toByteArray() else null
    }

    private fun scaled(image: BufferedImage, longest: Int): BufferedImage {
        val side = maxOf(image.width, image.height)
        if (side <= longest) return image
        val width = (image.width.toLong() * longest / side).toInt().coerceAtLeast(1)
        val height = (image.height.toLong() * longest / side).toInt().coerceAtLeast(1)
        return draw(image, width, height)
    }

    private fun draw(image: Image, width: Int, height: Int): BufferedImage {
        val made = BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB)
        made.createGraphics().apply {
            setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC)
            drawImage(image, 0, 0, width, height, null)
            dispose()
        }
        return made
    }

    private fun attachment(mime: String, name: String, bytes: ByteArray) =
        PromptPart.Attachment(mime, name, "data:$mime;base64," + Base64.getEncoder().encodeToString(bytes))
}
