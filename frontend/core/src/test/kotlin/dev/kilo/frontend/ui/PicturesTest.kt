package dev.kilo.frontend.ui

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.util.Base64
import java.util.zip.CRC32
import javax.imageio.ImageIO
import kotlin.random.Random

class PicturesTest {
    private fun png(width: Int, height: Int): ByteArray {
        val out = ByteArrayOutputStream()
        ImageIO.write(BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY), "png", out)
        return out.toByteArray()
    }

    private fun url(bytes: ByteArray) = "data:image/png;base64,${Base64.getEncoder().encodeToString(bytes)}"

    @Test
    fun `a picture is made small and says how large it is`() {
        val made = Pictures.decode(url(png(3000, 1500))) as Pictures.Result.Made
        assertEquals(3000 to 1500, made.width to made.height)
        assertTrue(made.image.width <= 2 * Pictures.WIDTH && made.image.height <= 2 * Pictures.HEIGHT)
        val small = Pictures.decode(url(png(16, 9))) as Pictures.Result.Made
        assertEquals(16 to 9, small.image.width to small.image.height)
        val thin = Pictures.decode(url(png(4, 9000))) as Pictures.Result.Made
        assertTrue(thin.image.height <= 2 * Pictures.HEIGHT)
    }

    @Test
    fun `a picture that says it has a billion pixels is not decoded`() {
        val bomb = png(8, 8)
        // The width in the head, with the checksum of the chunk.
        for ((at, value) in listOf(16 to 100_000, 20 to 100_000)) {
            for (i in 0..3) {
                bomb[at + i] =
                    (value shr (24 - 8 * i)).toByte()
            }
        }
        val crc = CRC32().apply { update(bomb, 12, 17) }.value
        for (i in 0..3) bomb[29 + i] = (crc shr (24 - 8 * i)).toByte()
        assertEquals(Pictures.Result.TooLarge, Pictures.decode(url(bomb)))
        assertEquals(Pictures.Result.TooLarge, Pictures.decode("data:image/png;base64," + "A".repeat(31_000_000)))
    }

    @Test
    fun `what is no picture is none, and nothing is fetched`() {
        for (bad in listOf(
            "https://a.org/x.png",
            "file:///etc/passwd",
            "data:image/png;base64,!!!",
            "data:image/png,x",
            "data:text/html;base64,AAAA",
            "",
            "data:image/svg+xml;base64,PHN2Zy8+",
        )) {
            assertEquals(Pictures.Result.Unreadable, Pictures.decode(bad), bad)
        }
        val good = png(40, 40)
        repeat(300) { seed ->
            val random = Random(seed)
            val broken = good.copyOf(random.nextInt(1, good.size))
            repeat(3) { broken[random.nextInt(broken.size)] = random.nextInt().toByte() }
            Pictures.decode(url(broken))
        }
    }
}
