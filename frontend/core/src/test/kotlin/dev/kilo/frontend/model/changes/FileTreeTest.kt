package dev.kilo.frontend.model.changes

import dev.kilo.shared.change.ChangedFile
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class FileTreeTest {
    private val files = listOf("a.txt", "src/main/kotlin/A.kt", "src/main/kotlin/B.kt", "src/test/C.kt").map {
        ChangedFile(it)
    }

    private fun show(rows: List<FileRow>) = rows.map { row ->
        "  ".repeat(row.depth) + when (row) {
            is FileRow.File -> row.name
            is FileRow.Folder -> "${row.name}/ ${row.files}"
        }
    }

    @Test
    fun `folders that hold only one folder are one line, and closed ones hide what they hold`() {
        assertEquals(
            listOf("src/ 3", "  main/kotlin/ 2", "    A.kt", "    B.kt", "  test/ 1", "    C.kt", "a.txt"),
            show(FileTree.grouped(files)),
        )
        assertEquals(
            listOf("src/ 3", "  main/kotlin/ 2", "  test/ 1", "    C.kt", "a.txt"),
            show(FileTree.grouped(files, setOf("src/main/kotlin"))),
        )
        assertEquals(files.map { it.file }, show(FileTree.flat(files)))
    }
}
