package dev.kilo.backend.cli

/** The last lines that a process wrote, at most [maxLines] of at most [maxLength] characters. */
internal class BoundedLog(private val maxLines: Int = 200, private val maxLength: Int = 500) {
    private val lines = ArrayDeque<String>()

    @Synchronized
    fun add(line: String) {
        lines.addLast(line.take(maxLength))
        if (lines.size > maxLines) lines.removeFirst()
    }

    @Synchronized
    fun tail(count: Int): List<String> = lines.takeLast(count)
}
