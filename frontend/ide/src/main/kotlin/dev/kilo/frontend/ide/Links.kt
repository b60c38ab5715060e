package dev.kilo.frontend.ide

import java.net.URI
import java.net.URISyntaxException
import java.text.MessageFormat
import java.util.ResourceBundle

/** A place in a file. [line] counts from 1. */
internal data class FileLink(val path: String, val line: Int)

/** The file that a link of a transcript means, or null when it leads to the web. Lines are written `#L12`, `#12` or `:12`. */
internal fun fileLink(url: String): FileLink? {
    val scheme = SCHEME.find(url)?.groupValues?.get(1)?.lowercase()
    if (scheme != null && scheme != "file" && scheme.length > 1) return null
    val hash = url.substringAfter('#', "").removePrefix("L").takeWhile(Char::isDigit)
    val bare = url.substringBefore('#')
    val path = if (scheme == "file") pathOf(bare) ?: return null else bare
    val tail = LINE.find(path)
    val line = (hash.ifEmpty { tail?.groupValues?.get(1).orEmpty() }).toIntOrNull() ?: 1
    return FileLink(if (tail == null) path else path.removeRange(tail.range), line)
}

private fun pathOf(url: String): String? = try {
    URI(url).path
} catch (_: URISyntaxException) {
    null
}

private val SCHEME = Regex("^([A-Za-z][A-Za-z0-9+.-]*):(?!\\d)")
private val LINE = Regex(":(\\d+)(?::\\d+)?$")

private val bundle: ResourceBundle by lazy { ResourceBundle.getBundle("dev.kilo.frontend.ide.Ide") }

/** A text of the glue, filled with [args]. */
internal fun texts(key: String, vararg args: Any): String =
    if (args.isEmpty()) bundle.getString(key) else MessageFormat.format(bundle.getString(key), *args)

/** [text] for a Swing label or a balloon that breaks lines, shown as it is. */
public fun html(text: String): String = "<html>${escaped(text).replace("\n", "<br>")}</html>"

private fun escaped(text: String) = text.replace("&", "&amp;").replace("<", "&lt;")
