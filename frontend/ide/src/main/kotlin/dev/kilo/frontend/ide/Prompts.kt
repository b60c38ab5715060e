package dev.kilo.frontend.ide

/** What the user selected. [path] is relative to the project where it lies in it; lines count from 1. */
internal data class Selection(val path: String?, val from: Int, val to: Int, val text: String)

/** [path] as the project knows it. Strings only: the files may lie on another machine. */
internal fun within(directory: String, path: String): String {
    val base = directory.replace('\\', '/').trimEnd('/') + "/"
    val normal = path.replace('\\', '/')
    return if (normal.startsWith(base)) normal.removePrefix(base) else normal
}

/** A selection as part of a prompt: where it is, and the text in a fence that the text itself does not end. */
internal fun quoted(selection: Selection): String {
    val fence = "`".repeat(maxOf(3, (TICKS.findAll(selection.text).maxOfOrNull { it.value.length } ?: 0) + 1))
    val place = selection.path?.let {
        "@$it ${texts("prompt.lines", selection.from.toString(), selection.to.toString())}\n"
    }.orEmpty()
    return "$place$fence\n${selection.text.trimEnd('\n')}\n$fence\n"
}

private val TICKS = Regex("`+")
