package dev.kilo.backend.ide.unpack

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import org.tukaani.xz.XZInputStream
import java.io.BufferedInputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.WRITE
import java.nio.file.attribute.FileTime
import java.security.DigestInputStream
import java.security.MessageDigest
import java.time.Duration
import java.time.Instant
import java.util.HexFormat
import java.util.UUID
import java.util.zip.ZipInputStream

/**
 * Unpacks the CLI that the plugin carries in [packed] (manifest.json, bundle.zip, node-PLATFORM.xz, native-PLATFORM.zip) below [home], once a
 * version. Several IDEs may do this at the same time; what is there is complete, because it is moved there as a whole.
 */
internal class CliUnpacker(
    private val packed: Path,
    private val home: Path,
    private val platform: String = thisPlatform(),
    private val now: () -> Instant = Instant::now,
    private val create: (Path) -> OutputStream = { Files.newOutputStream(it, CREATE_NEW) },
) {
    private var done = 0L
    private var all = 0L
    private var progress: (Long, Long) -> Unit = { _, _ -> }

    /**
     * The launcher of this version's CLI, or null when the plugin carries none (it was built for development).
     * Throws [IOException] with a sentence for people: wrong platform, damaged plugin, full disk. [progress] hears how many
     * bytes of how many are written; it is not called when the CLI is there already.
     */
    fun unpack(progress: (done: Long, all: Long) -> Unit = { _, _ -> }): Path? {
        this.progress = progress
        val manifestFile = packed.resolve("manifest.json")
        if (!Files.exists(manifestFile)) return null
        val manifest = readManifest(manifestFile)
        val bundle = manifest.file("bundle.zip")
        val node = manifest.files["node-$platform.xz"] ?: throw IOException(otherPlatform(manifest))
        val native = manifest.files["native-$platform.zip"]
        val parts = listOfNotNull(bundle, node, native)
        val digest = digestOf(parts.joinToString("") { it.sha256 })
        val target = home.resolve("${manifest.version}-${digest.take(NAME_DIGITS)}")
        try {
            Files.createDirectories(home)
            exclusively(home.resolve(".lock")) {
                if (!Files.isDirectory(target)) unpackTo(target, bundle, node, native)
                Files.setLastModifiedTime(target, FileTime.from(now()))
                prune(target)
            }
        } catch (e: IOException) {
            throw IOException("The Kilo CLI can't be unpacked to $home: ${reason(e)}", e)
        }
        return target.resolve(if (windows) "kilo.cmd" else "kilo")
    }

    private fun unpackTo(target: Path, bundle: Packed, node: Packed, native: Packed?) {
        val needed = bundle.unpacked + node.unpacked + (native?.unpacked ?: 0)
        val free = Files.getFileStore(home).usableSpace
        if (free <
            needed
        ) {
            throw IOException(
                "${needed / MEGA} MB are needed, ${free / MEGA} MB are free. Make room and restart Kilo.",
            )
        }
        all = needed
        done = 0
        val fresh = home.resolve("$FRESH${UUID.randomUUID()}")
        try {
            for (zip in listOfNotNull(bundle, native)) checked(zip) { unzip(it, fresh, zip.name) }
            val program = Files.createDirectories(
                fresh.resolve("node/bin"),
            ).resolve(if (windows) "node.exe" else "node")
            checked(node) { write(XZInputStream(it), program) }
            for (file in listOf(program, fresh.resolve("kilo"))) makeExecutable(file)
            Files.move(fresh, target, ATOMIC_MOVE)
        } finally {
            fresh.toFile().deleteRecursively()
        }
    }

    /** Reads the whole of [file] through [read] and compares its checksum. */
    private fun checked(file: Packed, read: (InputStream) -> Unit) {
        val digest = MessageDigest.getInstance("SHA-256")
        BufferedInputStream(DigestInputStream(Files.newInputStream(packed.resolve(file.name)), digest)).use {
            read(it)
            it.transferTo(OutputStream.nullOutputStream())
        }
        if (HexFormat.of().formatHex(digest.digest()) != file.sha256) throw damaged(file.name)
    }

    private fun unzip(input: InputStream, target: Path, name: String) {
        val zip = ZipInputStream(input)
        while (true) {
            val entry = zip.nextEntry ?: break
            val file = target.resolve(entry.name).normalize()
            if (!file.startsWith(target)) throw damaged(name)
            if (entry.isDirectory) {
                Files.createDirectories(file)
            } else {
                Files.createDirectories(file.parent)
                write(zip, file)
                // A zip as the plugin's build writes it carries no mode; this one program is started by the terminal library.
                if (file.endsWith("spawn-helper")) makeExecutable(file)
            }
        }
    }

    private fun write(input: InputStream, file: Path) {
        create(file).use { output ->
            val buffer = ByteArray(BUFFER)
            while (true) {
                val count = input.read(buffer)
                if (count < 0) break
                output.write(buffer, 0, count)
                done += count
                progress(done, all)
            }
        }
    }

    /** The system's own words for a full disk do not say what to do. */
    private fun reason(error: IOException): String {
        val text = error.message ?: error.javaClass.simpleName
        val full = FULL.any { it in text.lowercase() }
        return if (full) "the disk is full. Make room and restart Kilo." else text
    }

    /** Removes versions that nothing has started for a while, and what an interrupted unpacking left. */
    private fun prune(current: Path) {
        val old = now().minus(KEEP)
        Files.list(home).use { all ->
            all.filter { Files.isDirectory(it) && it != current }.toList()
        }.forEach { folder ->
            val left = folder.fileName.toString().startsWith(FRESH)
            if (left || Files.getLastModifiedTime(folder).toInstant() < old) folder.toFile().deleteRecursively()
        }
    }

    private fun readManifest(file: Path): Manifest {
        try {
            val json = Json.parseToJsonElement(Files.readString(file)).jsonObject
            val files = json.getValue("files").jsonObject.map { (name, value) -> Packed.of(name, value.jsonObject) }
            return Manifest(json.text("version"), files.associateBy { it.name })
        } catch (e: SerializationException) {
            throw IOException(damaged(file.fileName.toString()).message, e)
        } catch (e: IllegalArgumentException) {
            throw IOException(damaged(file.fileName.toString()).message, e)
        } catch (e: NoSuchElementException) {
            throw IOException(damaged(file.fileName.toString()).message, e)
        }
    }

    private fun otherPlatform(manifest: Manifest): String {
        val there = manifest.files.keys.filter {
            it.startsWith("node-")
        }.map { it.removePrefix("node-").removeSuffix(".xz") }
        return "This Kilo plugin carries its CLI for ${there.joinToString()} only, and this machine is $platform. " +
            "Install the plugin for all platforms, or set KILO_CLI to a Kilo CLI of this machine."
    }

    private fun damaged(name: String) = IOException("the plugin's file $name is damaged. Install the plugin again.")

    private inner class Manifest(val version: String, val files: Map<String, Packed>) {
        fun file(name: String): Packed = files[name] ?: throw damaged(name)
    }

    private data class Packed(val name: String, val sha256: String, val unpacked: Long) {
        companion object {
            fun of(name: String, json: JsonObject) =
                Packed(name, json.text("sha256"), json.getValue("unpacked").jsonPrimitive.long)
        }
    }

    private companion object {
        const val FRESH = ".new-"
        const val NAME_DIGITS = 12
        const val MEGA = 1_000_000L
        const val BUFFER = 1 shl 16

        /** Linux and macOS, quotas, Windows. */
        val FULL = listOf("no space left", "quota exceeded", "not enough space")
        val KEEP: Duration = Duration.ofDays(14)
        val windows = File.separatorChar == '\\'

        fun JsonObject.text(key: String): String = (getValue(key) as JsonPrimitive).content

        fun digestOf(text: String): String =
            HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.toByteArray()))

        fun makeExecutable(file: Path) {
            if (!windows && !file.toFile().setExecutable(true)) throw IOException("$file can't be made executable.")
        }

        private val turn = Any()

        /** One at a time: within this JVM by a monitor, among several by the lock of [file]. */
        fun exclusively(file: Path, block: () -> Unit) {
            synchronized(turn) {
                FileChannel.open(file, CREATE, WRITE).use { channel -> channel.lock().use { block() } }
            }
        }
    }
}

/** Name of this machine's platform, as the plugin's files name it. */
internal fun thisPlatform(): String {
    val name = System.getProperty("os.name").lowercase()
    val system = if (name.startsWith("windows")) {
        "win32"
    } else if (name.startsWith("mac")) {
        "darwin"
    } else {
        "linux"
    }
    val arch = if (System.getProperty("os.arch") in setOf("aarch64", "arm64")) "arm64" else "x64"
    return "$system-$arch"
}
