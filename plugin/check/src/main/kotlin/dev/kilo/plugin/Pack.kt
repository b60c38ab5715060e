package dev.kilo.plugin

import org.tukaani.xz.LZMA2Options
import org.tukaani.xz.LZMA2Options.MODE_UNCOMPRESSED
import org.tukaani.xz.X86Options
import org.tukaani.xz.XZOutputStream
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import java.time.LocalDateTime
import java.util.zip.Deflater
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import kotlin.io.path.invariantSeparatorsPathString

/** Compresses [file] into [target]; an interrupted run leaves no half [target]. x86 programs get smaller by a filter of their own. [preset] 0 is fast, 9 is small, [STORED] is only the format. */
public fun compress(file: Path, target: Path, preset: Int = PRESET) {
    val lzma = if (preset == STORED) LZMA2Options().apply { mode = MODE_UNCOMPRESSED } else LZMA2Options(preset)
    val filters = if (file.toString().contains("x64")) arrayOf(X86Options(), lzma) else arrayOf(lzma)
    atomically(target) { part ->
        XZOutputStream(Files.newOutputStream(part), filters).use { Files.copy(file, it) }
    }
}

/** Packs [folder] into the zip [target], with names below [base]: the same content makes the same bytes. */
public fun pack(folder: Path, target: Path, base: Path = folder.toAbsolutePath().parent) {
    val files = Files.walk(folder).use { all -> all.filter(Files::isRegularFile).toList() }
    atomically(target) { part ->
        ZipOutputStream(Files.newOutputStream(part)).use { zip ->
            for ((name, file) in files.map {
                base.toAbsolutePath().relativize(it.toAbsolutePath()).invariantSeparatorsPathString to
                    it
            }.sortedBy { it.first }) {
                // What is compressed already only gets slower.
                zip.setLevel(if (name.endsWith(".xz")) Deflater.NO_COMPRESSION else Deflater.BEST_COMPRESSION)
                zip.putNextEntry(ZipEntry(name).apply { setTimeLocal(TIME) })
                Files.copy(file, zip)
                zip.closeEntry()
            }
        }
    }
}

private fun atomically(target: Path, write: (Path) -> Unit) {
    val folder = target.toAbsolutePath().parent
    Files.createDirectories(folder)
    val part = folder.resolve(".${target.fileName}.${ProcessHandle.current().pid()}")
    try {
        write(part)
        Files.move(part, target, REPLACE_EXISTING)
    } finally {
        Files.deleteIfExists(part)
    }
}

/** The preset of [compress] that compresses nothing. */
public const val STORED: Int = -1

private const val PRESET = 6
private val TIME: LocalDateTime = LocalDateTime.of(2026, 1, 1, 0, 0)
