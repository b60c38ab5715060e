package dev.kilo.frontend.model.changes

import dev.kilo.shared.change.ChangedFile

/** A line of a list of changed files. */
public sealed interface FileRow {
    public val depth: Int

    public data class Folder(val name: String, val path: String, override val depth: Int, val files: Int) : FileRow

    public data class File(val file: ChangedFile, val name: String, override val depth: Int) : FileRow
}

/** Lists of changed files, grouped by folders or not. */
public object FileTree {
    /** Every file with its path. */
    public fun flat(files: List<ChangedFile>): List<FileRow> = files.map { FileRow.File(it, it.file, 0) }

    /** Folders with only one folder in them become one line; those in [closed] (paths) don't show what they hold. */
    public fun grouped(files: List<ChangedFile>, closed: Set<String> = emptySet()): List<FileRow> {
        val root = Node("", "")
        for (file in files) {
            var node = root
            val names = file.file.split('/')
            for (name in names.dropLast(1)) {
                node =
                    node.folders.getOrPut(name) { Node(name, if (node.path.isEmpty()) name else "${node.path}/$name") }
            }
            node.files += FileRow.File(file, names.last(), 0)
        }
        val out = ArrayList<FileRow>(files.size + 16)
        emit(root, 0, closed, out)
        return out
    }

    private class Node(val name: String, val path: String) {
        val folders = LinkedHashMap<String, Node>()
        val files = ArrayList<FileRow.File>()

        fun count(): Int = files.size + folders.values.sumOf { it.count() }
    }

    private fun emit(node: Node, depth: Int, closed: Set<String>, out: MutableList<FileRow>) {
        for (folder in node.folders.values) {
            var last = folder
            var name = folder.name
            while (last.files.isEmpty() && last.folders.size == 1) {
                last = last.folders.values.first()
                name = "$name/${last.name}"
            }
            out += FileRow.Folder(name, last.path, depth, last.count())
            if (last.path !in closed) emit(last, depth + 1, closed, out)
        }
        for (file in node.files) out += file.copy(depth = depth)
    }
}
