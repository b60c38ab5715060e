package dev.kilo.shared.rpc.ws

import dev.kilo.shared.rpc.Frame
import dev.kilo.shared.rpc.MAX_FRAME_BYTES
import dev.kilo.shared.rpc.RpcJson
import dev.kilo.shared.rpc.encode
import dev.kilo.shared.workspace.SequencedEvent
import dev.kilo.shared.workspace.WorkspaceEvent
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.util.zip.Deflater
import kotlin.random.Random

class PackingTest {
    @Test
    fun `frames come out as they went in, whatever their length`() {
        val random = Random(5)
        val frames = listOf("", "x", "ä😀", "{}") + (1..60).map { size ->
            val length = if (size % 20 == 0) 300_000 else random.nextInt(30_000)
            String(CharArray(length) { 'a' + random.nextInt(26) })
        }
        val packer = FramePacker()
        val unpacker = FrameUnpacker()
        for (frame in frames) assertEquals(frame, unpacker.unpack(packer.pack(frame)))
    }

    @Test
    fun `a delta costs some forty bytes, because its ids are those of the one before`() {
        val packer = FramePacker()
        val random = Random(1)
        val sizes = (1L..500).map { seq ->
            val word = String(CharArray(5) { 'a' + random.nextInt(26) })
            val event = WorkspaceEvent.PartDelta(
                "ses_1a2b3c4d5e6f7890",
                "msg_1a2b3c4d5e6f7890",
                "prt_1a2b3c4d5e6f",
                "$word ",
            )
            val item = SequencedEvent("2f1c6a3e-52a4-4b1f-9f63-1f0a3f1f7a11", seq, event)
            val value = RpcJson.encodeToJsonElement(SequencedEvent.serializer(), item)
            packer.pack(Frame.Item(7, value).encode()).remaining()
        }
        assertTrue(sizes.drop(1).average() < 40, "${sizes.drop(1).average()} bytes on average")
    }

    @Test
    fun `a message that would unpack to more than a frame may have is refused`() {
        val deflater = Deflater(Deflater.BEST_COMPRESSION, true)
        deflater.setInput(ByteArray(MAX_FRAME_BYTES * 64))
        val out = ByteArrayOutputStream()
        val buffer = ByteArray(8192)
        do {
            val count = deflater.deflate(buffer, 0, buffer.size, Deflater.SYNC_FLUSH)
            out.write(buffer, 0, count)
        } while (count > 0)
        assertThrows(IOException::class.java) { FrameUnpacker().unpack(ByteBuffer.wrap(out.toByteArray())) }
    }

    @Test
    fun `nonsense and a message after the end are errors`() {
        assertThrows(IOException::class.java) {
            FrameUnpacker().unpack(ByteBuffer.wrap(ByteArray(50) { (it * 37 + 255).toByte() }))
        }
        val packer = FramePacker().apply { close() }
        assertThrows(IOException::class.java) { packer.pack("late") }
        val unpacker = FrameUnpacker().apply { close() }
        assertThrows(IOException::class.java) { unpacker.unpack(ByteBuffer.allocate(3)) }
    }
}
