package dev.kilo.frontend.host

import dev.kilo.frontend.ui.Look
import java.awt.Rectangle
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.util.Properties

/** What the window remembers of itself, in the user's configuration folder. A broken file counts as none. */
internal class Settings(private val file: Path = defaultFile()) {
    private val values = Properties()

    init {
        try {
            if (Files.exists(file)) Files.newBufferedReader(file).use(values::load)
        } catch (_: IOException) {
            values.clear()
        } catch (_: IllegalArgumentException) {
            values.clear()
        }
    }

    var look: Look?
        get() = values.getProperty("theme")?.let { name -> Look.entries.find { it.name.lowercase() == name } }
        set(value) = put("theme", (value ?: Look.LIGHT).name.lowercase())

    /** Steps of zoom, 0 is normal. */
    var zoom: Int
        get() = values.getProperty("zoom")?.toIntOrNull()?.coerceIn(-4, 12) ?: 0
        set(value) = put("zoom", value.toString())

    var bounds: Rectangle?
        get() = values.getProperty("bounds")?.split(',')?.mapNotNull { it.toIntOrNull() }?.takeIf {
            it.size == 4 &&
                it[2] > 200 &&
                it[3] > 200
        }
            ?.let { Rectangle(it[0], it[1], it[2], it[3]) }
        set(value) {
            if (value != null) put("bounds", "${value.x},${value.y},${value.width},${value.height}")
        }

    /** Where drafts, history and favourites are kept, beside the settings. */
    val viewFolder: Path get() = file.resolveSibling("view")

    private fun put(key: String, value: String) {
        values.setProperty(key, value)
    }

    /** Writes the file in one step. Not being able to is no reason to trouble anyone. */
    fun save() {
        try {
            Files.createDirectories(file.parent)
            val temporary = Files.createTempFile(file.parent, "window", ".tmp")
            Files.newBufferedWriter(temporary).use { values.store(it, null) }
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING)
        } catch (e: IOException) {
            System.err.println("The window's settings could not be saved: ${e.message}")
        }
    }

    companion object {
        fun defaultFile(): Path = folder().resolve("window.properties")

        /** Folder of what belongs to this machine's window. */
        fun folder(): Path {
            val home = Path.of(System.getProperty("user.home"))
            val base = System.getenv("XDG_CONFIG_HOME")?.let(Path::of)
                ?: System.getenv("APPDATA")?.takeIf {
                    System.getProperty("os.name").startsWith("Windows")
                }?.let(Path::of)
                ?: home.resolve(".config")
            return base.resolve("kilo")
        }
    }
}
