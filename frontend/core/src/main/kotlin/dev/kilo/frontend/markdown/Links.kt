package dev.kilo.frontend.markdown

import java.net.URI
import java.net.URISyntaxException

/** Where a link in the transcript leads. Only what is certain to be harmless is ever followed. */
internal sealed interface LinkTarget {
    /** A page, for the browser. */
    data class Web(val url: String, val host: String) : LinkTarget

    /** A file of the place where the agent runs, relative to its directory or absolute; [line] counts from 1. */
    data class File(val path: String, val line: Int?) : LinkTarget

    /** Anything else (`javascript:`, `data:`, other programs' schemes, network shares): shown and copied, never opened. */
    data class Other(val text: String) : LinkTarget
}

internal object Links {
    fun target(link: String): LinkTarget {
        val text = link.trim()
        if (text.isEmpty() || text.length > MAX || text.any { it.isISOControl() || it.hidden }) return other(text)
        val scheme = SCHEME.find(text)?.groupValues?.get(1)?.lowercase()
        return when {
            scheme == "http" || scheme == "https" -> web(text)

            scheme == "file" -> file(text)

            // A letter and a colon: a drive, not a scheme.
            scheme != null && scheme.length > 1 && !LINE_END.containsMatchIn(text) -> other(text)

            text.startsWith("#") || text.startsWith("?") -> other(text)

            else -> path(text)
        }
    }

    /** How a link says where it leads when its own text doesn't: the host of a page, the path of a file. Null when [shown] says it already. */
    fun aside(link: String, shown: String): String? = when (val target = target(link)) {
        is LinkTarget.Web -> target.host.takeUnless { names(shown, it) }

        is LinkTarget.File -> target.path.takeUnless {
            shown.isNotEmpty() &&
                (
                    it.endsWith(shown.substringBefore(':')) ||
                        shown.startsWith(it)
                    )
        }

        is LinkTarget.Other -> target.text.take(ASIDE).takeUnless { it == shown }
    }

    /** A link to line [line] of [path]. */
    fun toFile(path: String, line: Int? = null): String = if (line == null) path else "$path:$line"

    /** Whether inline code looks like the name of a file, so that it is worth a link. */
    fun looksLikeFile(code: String): Boolean {
        if (code.length !in 3..200) return false
        val match = FILE.matchEntire(code) ?: return false
        val (name, extension, line) = match.destructured
        if (name.contains("..")) return false
        if (line.isNotEmpty()) return true
        return Highlighter.knows(extension) && (name.contains('/') || extension !in METHODS)
    }

    /** Places of bare addresses in running text. */
    fun addresses(text: String): List<IntRange> {
        if ("://" !in text) return emptyList()
        return ADDRESS.findAll(text).map { match ->
            var end = match.range.last
            // What ends a sentence belongs to the sentence.
            while (end > match.range.first && text[end] in ".,;:!?'\"*_~") end--
            while (text[end] == ')') {
                val address = text.substring(match.range.first, end + 1)
                if (address.count { it == ')' } <= address.count { it == '(' }) break
                end--
            }
            match.range.first..end
        }.filter { target(text.substring(it)) is LinkTarget.Web }.toList()
    }

    private fun names(shown: String, host: String): Boolean {
        val at = shown.trim().removePrefix("https://").removePrefix("http://")
        return at == host || at.startsWith("$host/") || at.startsWith("$host?") || at.startsWith("$host#") ||
            "www.$at" == host
    }

    private fun web(text: String): LinkTarget = try {
        val host = URI(text).host
        // Names of users before the host are only ever there to deceive.
        if (host == null || URI(text).userInfo != null) other(text) else LinkTarget.Web(text, host.lowercase())
    } catch (_: URISyntaxException) {
        val escaped = text.replace(" ", "%20").replace("|", "%7C").replace("\"", "%22")
        if (escaped == text) other(text) else web(escaped)
    }

    private fun file(text: String): LinkTarget = try {
        val uri = URI(text)
        val host = uri.host.orEmpty()
        val path = uri.path.orEmpty()
        when {
            host.isNotEmpty() && host != "localhost" -> other(text)
            path.isEmpty() || path.startsWith("//") -> other(text)
            else -> path(if (DRIVE.containsMatchIn(path)) path.drop(1) else path, uri.fragment)
        }
    } catch (_: URISyntaxException) {
        other(text)
    }

    private fun path(text: String, fragment: String? = null): LinkTarget {
        // A share of another machine: opening it would tell that machine who we are.
        if (text.startsWith("//") || text.startsWith("\\")) return other(text)
        val place = fragment ?: text.substringAfter('#', "")
        val bare = if (fragment == null) text.substringBefore('#') else text
        val line = LINE.matchEntire(place)?.groupValues?.get(1)?.toIntOrNull()
        val end = LINE_END.find(bare)
        val path = if (end == null) bare else bare.substring(0, end.range.first)
        if (path.isBlank()) return other(text)
        return LinkTarget.File(path, line ?: end?.groupValues?.get(1)?.toIntOrNull())
    }

    private fun other(text: String) = LinkTarget.Other(text.take(MAX))

    private val SCHEME = Regex("^([a-zA-Z][a-zA-Z0-9+.-]*):")
    private val DRIVE = Regex("^/[a-zA-Z]:")
    private val LINE = Regex("L?(\\d{1,7})(?:[-:C].*)?")
    private val LINE_END = Regex("(?<=[^/\\\\:]):(\\d{1,7})(?:[:-]\\d{1,7})?$")
    private val FILE = Regex("([\\w@./\\\\-]+\\.(\\w{1,10}))(:\\d{1,7}(?:[:-]\\d{1,7})?)?")
    private val ADDRESS = Regex("https?://[^\\s<>\"`\\u0000-\\u001f\\u007f-\\u009f]{3,2000}", RegexOption.IGNORE_CASE)
    private val METHODS = setOf("c", "h", "go", "env", "make", "sh", "docker", "cmd", "console", "shell", "properties")
    private const val MAX = 4000
    private const val ASIDE = 60
}
