package dev.kilo.plugin

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.nio.file.Files
import java.nio.file.Path
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** Feeds the checker plugins with one thing wrong each. */
class BrokenPluginTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `a good plugin has no problems`() {
        assertEquals(emptyList<String>(), problemsOf(zip()))
    }

    @Test
    fun `descriptors that JetBrains' library refuses are refused`() {
        refused("not XML") { it.plugin = "<idea-plugin><id>" }
        refused("no name") { it.plugin = it.plugin.replace("<name>Sample</name>", "") }
        refused("no vendor") { it.plugin = it.plugin.replace(Regex("<vendor>.*</vendor>"), "") }
        refused("no since-build") { it.plugin = it.plugin.replace(Regex("<idea-version.*/>"), "") }
        refused("since-build with a star") { it.plugin = it.plugin.replace("\"253\"", "\"253.*\"") }
        refused("no description") { it.plugin = it.plugin.replace(Regex("<description>.*</description>"), "") }
        refused("a folder that is not lib") { it.lib = "libs" }
    }

    @Test
    fun `modules that are missing, misnamed or broken are noticed`() {
        noticed("The jar of the module dev.kilo.backend is missing") { it.modules.remove("dev.kilo.backend") }
        noticed("unknown module dev.kilo.frontent") {
            it.plugin =
                it.plugin.replace("dev.kilo.frontend", "dev.kilo.frontent")
        }
        val backend = "<module name=\"dev.kilo.backend\"/>"
        noticed("is listed twice") { it.plugin = it.plugin.replace(backend, backend.repeat(2)) }
        noticed("can't be read") { it.modules.getValue("dev.kilo.backend").descriptor = "<idea-plugin><dependencies>" }
        noticed("does not hold dev.kilo.shared.xml") { it.modules.getValue("dev.kilo.shared").descriptor = null }
    }

    @Test
    fun `wrong loading and wrong dependencies are noticed`() {
        noticed("has loading=\"required\"") {
            it.plugin = it.plugin.replace("\"dev.kilo.backend\"", "\"dev.kilo.backend\" loading=\"required\"")
        }
        noticed("must be \"required\"") { it.plugin = it.plugin.replace(" loading=\"required\"", "") }
        noticed("depends on intellij.platform.backend") {
            it.modules.getValue("dev.kilo.frontend").replace("intellij.platform.frontend", "intellij.platform.backend")
        }
        noticed("does not depend on dev.kilo.shared") {
            it.modules.getValue("dev.kilo.backend").replace("<module name=\"dev.kilo.shared\"/>", "")
        }
    }

    @Test
    fun `only the module for version control may need it, and the plugin must not need that module`() {
        noticed("dev.kilo.vcs has loading=\"required\"") {
            it.plugin = it.plugin.replace("\"dev.kilo.vcs\"", "\"dev.kilo.vcs\" loading=\"required\"")
        }
        noticed("dev.kilo.frontend.xml depends on intellij.platform.vcs") {
            val frontend = "<module name=\"intellij.platform.frontend\"/>"
            it.modules.getValue(
                "dev.kilo.frontend",
            ).replace(frontend, "$frontend<module name=\"intellij.platform.vcs\"/>")
        }
        noticed("dev.kilo.frontend.xml depends on dev.kilo.vcs") {
            it.modules.getValue("dev.kilo.frontend").replace("\"dev.kilo.shared\"", "\"dev.kilo.vcs\"")
        }
        noticed("dev.kilo.vcs.xml does not depend on intellij.platform.vcs") {
            it.modules.getValue("dev.kilo.vcs").replace("<module name=\"intellij.platform.vcs\"/>", "")
        }
        noticed("names the class dev.kilo.vcs.WriteAction") {
            it.modules.getValue("dev.kilo.vcs").files.remove("dev/kilo/vcs/WriteAction.class")
        }
    }

    @Test
    fun `classes and icons that a descriptor names must be there`() {
        noticed("names the class dev.kilo.frontend.ide.Factory") {
            it.modules.getValue("dev.kilo.frontend").files.remove("dev/kilo/frontend/ide/Factory.class")
        }
        noticed("names the icon /icons/kilo.svg") {
            it.modules.getValue("dev.kilo.frontend").files.remove("icons/kilo.svg")
        }
    }

    @Test
    fun `what the IDE brings and packages in two jars are noticed`() {
        val brought =
            listOf(
                "kotlin-stdlib-2.2.20",
                "kotlinx-coroutines-core-jvm-1.10.2",
                "annotations-23.0.0",
                "slf4j-api-2.0.13",
            )
        for (name in brought + "flatlaf-3.7.1") {
            noticed("lib/$name.jar must not be packed") { it.libraries[name] = listOf("x/$name/A.class") }
        }
        noticed("holds classes that the IDE has") {
            it.libraries["sneaky"] =
                listOf("com/intellij/openapi/Disposable.class")
        }
        noticed("The package dev.kilo.shared is in two jars") {
            it.libraries["twice"] =
                listOf("dev/kilo/shared/B.class")
        }
        noticed("belongs to no module") {
            it.modules["stray"] = Module("<idea-plugin/>", mutableSetOf("stray/A.class"))
        }
    }

    @Test
    fun `extensions in the plugin's own descriptor are noticed`() {
        noticed("must not have <extensions>") { it.plugin = it.plugin.replace("<content>", "<extensions/><content>") }
    }

    @Test
    fun `change notes come from the newest part of the changelog`() {
        val newest = "## [2.0]\n\n### Added\n\n- A `thing` that\n  goes on.\n- <b>\n\n"
        val notes = notesOf("# Changelog\n\n$newest## [1.0]\n\n- Old.\n")
        assertEquals("<h3>Added</h3>\n<ul><li>A <code>thing</code> that goes on.</li><li>&lt;b></li></ul>\n", notes)
    }

    private fun refused(what: String, change: (Sample) -> Unit) {
        assertTrue(structureProblems(zip(change)).isNotEmpty(), "accepted: $what")
    }

    private fun noticed(expected: String, change: (Sample) -> Unit) {
        val problems = ownProblems(zip(change))
        assertTrue(problems.any { expected in it }, "expected \"$expected\", found $problems")
    }

    private class Module(var descriptor: String?, val files: MutableSet<String>) {
        fun replace(old: String, new: String) {
            descriptor = descriptor?.replace(old, new)
        }
    }

    private class Sample {
        var lib = "lib"
        var plugin =
            """
            <idea-plugin>
              <id>dev.sample.plugin</id>
              <name>Sample</name>
              <version>1.0</version>
              <vendor>Somebody</vendor>
              <idea-version since-build="253"/>
              <description>A description that is long enough for the rules of the marketplace, in English.</description>
              <content>
                <module name="dev.kilo.shared" loading="required"/>
                <module name="dev.kilo.frontend"/>
                <module name="dev.kilo.backend"/>
                <module name="dev.kilo.vcs"/>
              </content>
            </idea-plugin>
            """.trimIndent()
        val modules =
            hashMapOf(
                "dev.kilo.shared" to Module("<idea-plugin/>", mutableSetOf("dev/kilo/shared/A.class")),
                "dev.kilo.frontend" to
                    Module(
                        """
                        <idea-plugin>
                          <dependencies><module name="intellij.platform.frontend"/><module name="dev.kilo.shared"/></dependencies>
                          <extensions defaultExtensionNs="com.intellij">
                            <toolWindow id="K" anchor="right" icon="/icons/kilo.svg" factoryClass="dev.kilo.frontend.ide.Factory"/>
                          </extensions>
                        </idea-plugin>
                        """.trimIndent(),
                        mutableSetOf("dev/kilo/frontend/ide/Factory.class", "icons/kilo.svg"),
                    ),
                "dev.kilo.backend" to
                    Module(
                        """
                        <idea-plugin>
                          <dependencies>
                            <module name="intellij.platform.backend"/><module name="intellij.platform.kernel.backend"/>
                            <module name="intellij.platform.rpc.backend"/><module name="dev.kilo.shared"/>
                          </dependencies>
                        </idea-plugin>
                        """.trimIndent(),
                        mutableSetOf("dev/kilo/backend/A.class"),
                    ),
                "dev.kilo.vcs" to
                    Module(
                        """
                        <idea-plugin>
                          <dependencies><module name="intellij.platform.vcs"/><module name="dev.kilo.frontend"/></dependencies>
                          <actions><action id="W" class="dev.kilo.vcs.WriteAction" text="Write"/></actions>
                        </idea-plugin>
                        """.trimIndent(),
                        mutableSetOf("dev/kilo/vcs/WriteAction.class"),
                    ),
            )
        val libraries = hashMapOf("okio-jvm-3.16.4" to listOf("okio/Okio.class"))
    }

    private fun zip(change: (Sample) -> Unit = {}): Path {
        val sample = Sample().also(change)
        val target = Files.createTempFile(folder, "sample", ".zip")
        val entries = LinkedHashMap<String, ByteArray>()
        entries["sample/${sample.lib}/sample.jar"] = zipOf(mapOf("META-INF/plugin.xml" to sample.plugin.toByteArray()))
        for ((name, module) in sample.modules) {
            val descriptor = module.descriptor?.let { mapOf("$name.xml" to it.toByteArray()) }.orEmpty()
            val classes = module.files.associateWith { ByteArray(0) }
            entries["sample/${sample.lib}/modules/$name.jar"] = zipOf(classes + descriptor)
        }
        for ((name, classes) in sample.libraries) {
            entries["sample/${sample.lib}/$name.jar"] = zipOf(classes.associateWith { ByteArray(0) })
        }
        Files.write(target, zipOf(entries))
        return target
    }

    private fun zipOf(entries: Map<String, ByteArray>): ByteArray {
        val bytes = ByteArrayOutputStream()
        ZipOutputStream(bytes).use { zip ->
            for ((name, content) in entries) {
                zip.putNextEntry(ZipEntry(name))
                zip.write(content)
                zip.closeEntry()
            }
        }
        return bytes.toByteArray()
    }
}
