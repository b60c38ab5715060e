package dev.kilo.plugin

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.util.jar.JarFile

class FolderTest {
    @TempDir
    lateinit var temporary: Path

    @Test
    fun `what Maven packed passes every check`() {
        val zip = temporary.resolve("kilo.zip")
        pack(folder, zip)
        assertEquals(emptyList<String>(), problemsOf(zip))
    }

    @Test
    fun `third-party jars lie flat in lib and are these`() {
        val names = Files.list(folder.resolve("lib")).use { all -> all.map { it.fileName.toString() }.toList() }
        val bare = names.map { it.replace(Regex("-[0-9][0-9.]*\\.jar$"), "") }.toSet()
        val libraries = setOf("okhttp-jvm", "okhttp-sse", "okio-jvm", "xz", "rsyntaxtextarea", "java-diff-utils")
        val expected = libraries + setOf("commonmark", "commonmark-ext-gfm-tables", "kilo.jar", "modules")
        assertEquals(expected, bare)
    }

    @Test
    fun `every class of the shared module loads with the platform alone`() {
        platformLoader().use { platform ->
            ModuleLoader("shared", listOf(moduleJar("shared")), listOf(platform)).use { loader ->
                loadAll(loader, "shared")
            }
        }
    }

    @Test
    fun `every class of the other modules loads with the shared module and the libraries`() {
        platformLoader().use { platform ->
            for (name in listOf("backend", "frontend")) sideLoader(name, platform).use { loadAll(it, name) }
            vcsLoader(sideLoader("frontend", platform), platform).use { loadAll(it, "vcs") }
        }
    }

    @Test
    fun `where there is no version control, its module alone does not load`() {
        platformLoader(vcs = false).use { platform ->
            val frontend = sideLoader("frontend", platform)
            for (name in listOf("backend", "frontend")) sideLoader(name, platform).use { loadAll(it, name) }
            vcsLoader(frontend, platform).use {
                assertThrows(NoClassDefFoundError::class.java) { loadAll(it, "vcs") }
            }
        }
    }

    private fun loadAll(loader: ClassLoader, module: String) {
        val classes = JarFile(moduleJar(module).toFile()).use { jar ->
            jar.stream().map { it.name }.filter { it.endsWith(".class") }.toList()
        }
        assertTrue(classes.size > 3)
        for (name in classes) {
            val type = Class.forName(name.removeSuffix(".class").replace('/', '.'), false, loader)
            // Links the signatures.
            type.declaredMethods
            type.declaredFields
            assertEquals(loader, type.classLoader)
        }
    }
}
