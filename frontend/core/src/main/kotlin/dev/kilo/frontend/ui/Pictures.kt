package dev.kilo.frontend.ui

import java.awt.RenderingHints
import java.awt.image.BufferedImage
import java.io.ByteArrayInputStream
import java.io.IOException
import java.util.Base64
import javax.imageio.ImageIO
import javax.imageio.ImageReader
import kotlin.math.max
import kotlin.math.roundToInt

/**
 * Makes small pictures of what came from a model, a tool or the user. Bounded before anything is decoded: the size is read
 * from the file's head, and large pictures are read with only every n-th pixel. Not for the EDT.
 */
internal object Pictures {
    /** Most that is shown, in pixels at normal size of the font. */
    const val WIDTH: Int = 420
    const val HEIGHT: Int = 260

    sealed interface Result {
        /** [image] is scaled; the picture itself has [width] by [height] pixels. */
        class Made(val image: BufferedImage, val width: Int, val height: Int) : Result

        data object TooLarge : Result

        /** Not a picture, damaged, or of a kind that Java can't read. */
        data object Unreadable : Result
    }

    /** [url] as the contract has files: `data:image/png;base64,…`. Nothing is ever fetched. */
    fun decode(url: String): Result {
        if (!url.startsWith("data:image/")) return Result.Unreadable
        if (url.length > MAX_CHARS) return Result.TooLarge
        val comma = url.indexOf(',')
        if (comma < 0 || !url.substring(0, comma).endsWith(";base64")) return Result.Unreadable
        return try {
            read(Base64.getMimeDecoder().decode(url.substring(comma + 1)))
        } catch (_: IllegalArgumentException) {
            Result.Unreadable
        }
    }

    fun read(bytes: ByteArray): Result = try {
        // A stream in memory: without it ImageIO would write a file to the temporary folder.
        javax.imageio.stream.MemoryCacheImageInputStream(ByteArrayInputStream(bytes)).use { input ->
            val reader = ImageIO.getImageReaders(input).asSequence().firstOrNull() ?: return Result.Unreadable
            try {
                reader.input = input
                scaled(reader)
            } finally {
                reader.dispose()
            }
        }
    } catch (_: IOException) {
        Result.Unreadable
    } catch (_: RuntimeException) {
        // The readers of the JDK throw what they like when a file is damaged.
        Result.Unreadable
    }

    private fun scaled(reader: ImageReader): Result {
        val width = reader.getWidth(0)
        val height = reader.getHeight(0)
        if (width <= 0 || height <= 0) return Result.Unreadable
        if (width.toLong() * height > MAX_PIXELS) return Result.TooLarge
        val every =
            max(1, minOf(width / (2 * WIDTH), height / (2 * HEIGHT)).coerceAtLeast(max(width, height) / MAX_SIDE))
        val parameters = reader.defaultReadParam.apply { setSourceSubsampling(every, every, 0, 0) }
        val image = reader.read(0, parameters)
        val scale = minOf(1.0, 2.0 * WIDTH / image.width, 2.0 * HEIGHT / image.height)
        val w = (image.width * scale).roundToInt().coerceAtLeast(1)
        val h = (image.height * scale).roundToInt().coerceAtLeast(1)
        val small = BufferedImage(w, h, BufferedImage.TYPE_INT_ARGB)
        val g = small.createGraphics()
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR)
        g.drawImage(image, 0, 0, w, h, null)
        g.dispose()
        return Result.Made(small, width, height)
    }

    private const val MAX_CHARS = 30_000_000
    private const val MAX_PIXELS = 120_000_000L
    private const val MAX_SIDE = 4000
}
