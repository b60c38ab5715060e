package dev.kilo.plugin

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import java.util.zip.ZipEntry
import java.util.zip.ZipInputStream
import java.util.zip.ZipOutputStream

/** Puts the newest version's part of [changelog] into the descriptor of the plugin's [jar] as its change notes. */
public fun writeNotes(jar: Path, changelog: Path) {
    val notes = notesOf(Files.readString(changelog))
    val part = Files.createTempFile(jar.toAbsolutePath().parent, ".part", "")
    try {
        ZipInputStream(Files.newInputStream(jar)).use { old ->
            ZipOutputStream(Files.newOutputStream(part)).use { new ->
                while (true) {
                    val entry = old.nextEntry ?: break
                    val bytes = old.readAllBytes()
                    new.putNextEntry(ZipEntry(entry.name).apply { time = entry.time })
                    new.write(
                        if (entry.name ==
                            "META-INF/plugin.xml"
                        ) {
                            withNotes(String(bytes), notes).toByteArray()
                        } else {
                            bytes
                        },
                    )
                    new.closeEntry()
                }
            }
        }
        Files.move(part, jar, REPLACE_EXISTING)
    } finally {
        Files.deleteIfExists(part)
    }
}

/** The first version's part of a changelog in the form of keepachangelog.com, as simple HTML. */
public fun notesOf(changelog: String): String {
    val section = changelog.lines().dropWhile { !it.startsWith("## ") }.drop(1).takeWhile { !it.startsWith("## ") }
    val html = StringBuilder()
    var items = ArrayList<String>()

    fun endList() {
        if (items.isNotEmpty()) {
            html.append("<ul>").append(
                items.joinToString("") {
                    "<li>${inline(it)}</li>"
                },
            ).append("</ul>\n")
        }
        items = ArrayList()
    }
    for (line in section) {
        when {
            line.startsWith("### ") -> {
                endList()
                html.append("<h3>${inline(line.drop(4))}</h3>\n")
            }

            line.startsWith("- ") -> items.add(line.drop(2))

            line.isNotBlank() && items.isNotEmpty() -> items[items.lastIndex] += " ${line.trim()}"

            line.isNotBlank() -> html.append("<p>${inline(line)}</p>\n")
        }
    }
    endList()
    return html.toString()
}

private fun withNotes(descriptor: String, notes: String): String =
    descriptor.replace(Regex("<change-notes>.*?</change-notes>", RegexOption.DOT_MATCHES_ALL)) {
        "<change-notes><![CDATA[${notes.replace("]]>", "]]&gt;")}]]></change-notes>"
    }

private fun inline(text: String): String = text
    .replace("&", "&amp;")
    .replace("<", "&lt;")
    .replace(Regex("`([^`]+)`")) { "<code>${it.groupValues[1]}</code>" }
