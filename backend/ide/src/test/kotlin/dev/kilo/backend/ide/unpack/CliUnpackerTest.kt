package dev.kilo.backend.ide.unpack

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.tukaani.xz.LZMA2Options
import org.tukaani.xz.XZOutputStream
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.FileTime
import java.security.MessageDigest
import java.time.Duration
import java.time.Instant
import java.util.HexFormat
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

class CliUnpackerTest {
    @TempDir
    lateinit var folder: Path

    private val packed: Path get() = folder.resolve("packed")
    private val home: Path get() = folder.resolve("system/cli")

    @Test
    fun `the first use unpacks a CLI that can be run, the second finds it`() {
        pack()
        val launcher = checkNotNull(unpacker().unpack())
        val process = ProcessBuilder(launcher.toString(), "there").start()
        assertEquals("hello there", process.inputReader().readText().trim())
        Files.writeString(launcher.resolveSibling("mark"), "")
        assertEquals(launcher, unpacker().unpack())
        assertTrue(Files.exists(launcher.resolveSibling("mark")))
    }

    @Test
    fun `several IDEs that start together unpack once`() {
        pack()
        val pool = Executors.newFixedThreadPool(4)
        try {
            val places = pool.invokeAll(List(4) { Callable { unpacker().unpack() } }).map { it.get() }.toSet()
            assertEquals(1, places.size)
            assertEquals(1, versions().size)
        } finally {
            pool.shutdownNow()
        }
    }

    @Test
    fun `a plugin without a CLI has none to unpack`() {
        assertNull(unpacker().unpack())
    }

    @Test
    fun `another machine's plugin is refused with the names of both`() {
        pack()
        val error = assertThrows(IOException::class.java) { CliUnpacker(packed, home, "darwin-arm64").unpack() }
        assertTrue(
            error.message.orEmpty().contains("carries its CLI for linux-x64 only, and this machine is darwin-arm64"),
            error.message,
        )
    }

    @Test
    fun `a damaged file is noticed and leaves nothing behind`() {
        pack()
        val bytes = Files.readAllBytes(packed.resolve("node-linux-x64.xz"))
        bytes[bytes.size / 2] = (bytes[bytes.size / 2].toInt() xor 1).toByte()
        Files.write(packed.resolve("node-linux-x64.xz"), bytes)
        assertThrows(IOException::class.java) { unpacker().unpack() }
        assertEquals(emptyList<Path>(), versions())
    }

    @Test
    fun `an entry that would leave the folder is refused`() {
        pack(extra = "../outside")
        val error = assertThrows(IOException::class.java) { unpacker().unpack() }
        assertTrue(error.message.orEmpty().contains("bundle.zip is damaged"), error.message)
        assertFalse(Files.exists(home.resolve("outside")))
    }

    @Test
    fun `a disk without room is named before anything is written`() {
        pack(unpacked = Long.MAX_VALUE / 4)
        val error = assertThrows(IOException::class.java) { unpacker().unpack() }
        assertTrue(error.message.orEmpty().contains("Make room"), error.message)
        assertEquals(emptyList<Path>(), versions())
    }

    @Test
    fun `a disk that gets full in between is named and left as it was`() {
        pack()
        val full = CliUnpacker(packed, home, "linux-x64", create = { file ->
            if (file.endsWith("node")) throw IOException("No space left on device")
            Files.newOutputStream(file)
        })
        val error = assertThrows(IOException::class.java) { full.unpack() }
        assertTrue("the disk is full. Make room" in error.message.orEmpty(), error.message)
        assertEquals(emptyList<Path>(), versions())
        checkNotNull(unpacker().unpack())
    }

    @Test
    fun `a real file system that gets full is named, where this machine may mount one`() {
        pack(payload = ByteArray(3_000_000) { (it * 31 + it / 7).toByte() })
        val small = Files.createDirectories(home)
        val mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "kilo-test", small.toString())
        if (!mounted) return println("No file system could be mounted: only the test beside this one ran.")
        try {
            val error = assertThrows(IOException::class.java) { unpacker().unpack() }
            assertTrue("the disk is full. Make room" in error.message.orEmpty(), error.message)
            assertEquals(emptyList<Path>(), versions())
        } finally {
            run("umount", small.toString())
        }
    }

    @Test
    fun `progress rises to the end and is silent when nothing is to be done`() {
        pack(payload = ByteArray(300_000))
        val seen = ArrayList<Long>()
        unpacker().unpack { done, _ -> seen += done }
        assertEquals(seen.sorted(), seen)
        assertTrue(seen.last() >= 300_000, "$seen")
        unpacker().unpack { _, _ -> error("unpacked twice") }
    }

    private fun run(vararg command: String): Boolean = try {
        ProcessBuilder(*command).start().waitFor() == 0
    } catch (_: IOException) {
        false
    }

    @Test
    fun `a manifest of another form is named`() {
        Files.createDirectories(packed)
        for (text in listOf("", "[]", "{}", """{"version":"1","files":{"bundle.zip":3}}""")) {
            Files.writeString(packed.resolve("manifest.json"), text)
            val error = assertThrows(IOException::class.java) { unpacker().unpack() }
            assertTrue(error.message.orEmpty().contains("damaged"), "$text: ${error.message}")
        }
    }

    @Test
    fun `versions that nothing starts any more and interrupted ones are pruned`() {
        pack()
        val old = Files.createDirectories(home.resolve("0.0.1-0"))
        val recent = Files.createDirectories(home.resolve("0.0.2-0"))
        Files.createDirectories(home.resolve(".new-interrupted"))
        Files.setLastModifiedTime(old, FileTime.from(Instant.now() - Duration.ofDays(15)))
        val launcher = checkNotNull(unpacker().unpack())
        assertEquals(setOf(recent, launcher.parent), versions().toSet())
    }

    @Test
    fun `another build of the same version has its own folder`() {
        pack()
        val first = unpacker().unpack()
        pack(greeting = "good day")
        assertNotEquals(first, unpacker().unpack())
    }

    private fun unpacker() = CliUnpacker(packed, home, "linux-x64")

    private fun versions(): List<Path> = if (Files.exists(home)) {
        Files.list(home).use { all ->
            all.filter(Files::isDirectory).toList()
        }
    } else {
        emptyList()
    }

    /** A CLI of two small files: a launcher and what stands for Node. */
    private fun pack(
        greeting: String = "hello",
        extra: String? = null,
        unpacked: Long = 1000,
        payload: ByteArray = ByteArray(0),
    ) {
        Files.createDirectories(packed)
        val bundle = packed.resolve("bundle.zip")
        ZipOutputStream(Files.newOutputStream(bundle)).use { zip ->
            for ((name, text) in listOfNotNull("kilo" to LAUNCHER, "lib/main.mjs" to "", extra?.let { it to "" })) {
                zip.putNextEntry(ZipEntry(name))
                zip.write(text.toByteArray())
                zip.closeEntry()
            }
        }
        val node = packed.resolve("node-linux-x64.xz")
        XZOutputStream(Files.newOutputStream(node), LZMA2Options(1)).use {
            it.write("#!/bin/sh\necho $greeting \"$@\"\nexit\n".toByteArray())
            it.write(payload)
        }
        Files.writeString(
            packed.resolve("manifest.json"),
            """{"version":"1.2.3","files":{
            "bundle.zip":{"sha256":"${sha(bundle)}","unpacked":100},
            "node-linux-x64.xz":{"sha256":"${sha(node)}","unpacked":$unpacked}}}""",
        )
    }

    private fun sha(file: Path): String =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)))

    private companion object {
        const val LAUNCHER = "#!/bin/sh\nexec \"\${0%/*}/node/bin/node\" \"$@\"\n"
    }
}
