package dev.kilo.plugin

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path

/** Gradle can't be run here, so its scripts are compared as texts with what can. */
class GradleTest {
    private val root = Path.of(checkNotNull(System.getProperty("kilo.root")) { "Run the tests with Maven." })
    private val pom = read("pom.xml")
    private val catalog =
        Regex("^([a-z-]+) = \"([^\"]+)\"$", RegexOption.MULTILINE)
            .findAll(read("gradle/libs.versions.toml").substringBefore("[libraries]"))
            .associate { it.groupValues[1] to it.groupValues[2] }

    @Test
    fun `the catalog has the pom's versions`() {
        val properties =
            mapOf(
                "kotlin" to "kotlin.version",
                "coroutines" to "coroutines.version",
                "serialization" to "serialization.version",
                "okhttp" to "okhttp.version",
                "commonmark" to "commonmark.version",
                "junit" to "junit.version",
                "openapi-generator" to "openapi.generator.version",
            )
        for ((name, property) in properties) assertEquals(element(pom, property), catalog[name], name)
        for (artifact in listOf("rsyntaxtextarea", "java-diff-utils", "xz")) {
            val version = Regex(
                "<artifactId>$artifact</artifactId>\\s*<version>([^<]+)<",
            ).find(pom)?.groupValues?.get(1)
            assertEquals(version, catalog[artifact], artifact)
        }
        assertEquals(
            properties.keys + setOf("rsyntaxtextarea", "java-diff-utils", "xz", "intellij-platform", "idea"),
            catalog.keys,
        )
    }

    @Test
    fun `both builds name the same modules, folders and builds of the IDE`() {
        val descriptor = read("plugin/src/main/resources/META-INF/plugin.xml")
        val modules = Regex("<module name=\"dev\\.kilo\\.([a-z]+)\"").findAll(descriptor).map {
            it.groupValues[1]
        }.toSet()
        val included = Regex("\"([a-z]+)\"").findAll(read("settings.gradle.kts").substringAfter("include(")).map {
            it.groupValues[1]
        }
        assertEquals(modules, included.toSet())
        val script = read("build.gradle.kts")
        for (module in modules) assertTrue("pluginModule(implementation(project(\":$module\")))" in script, module)
        val since = Regex("since-build=\"(\\d+)\"").find(descriptor)?.groupValues?.get(1)
        assertTrue("sinceBuild = \"$since\"" in script)
        for (module in modules.map(::folderOf)) {
            for (folder in Regex("\"([a-z/]+/kotlin)\"").findAll(read("$module/build.gradle.kts")).map {
                it.groupValues[1]
            }) {
                val generated = module == "backend" && folder == "src/main/kotlin"
                assertTrue(generated || Files.isDirectory(root.resolve(module).resolve(folder)), "$module/$folder")
            }
        }
    }

    @Test
    fun `both builds compile for the same Java, with the same options`() {
        val script = read("build.gradle.kts")
        val target = checkNotNull(element(pom, "jvmTarget"))
        assertTrue("JvmTarget.JVM_$target" in script && "JavaVersion.VERSION_$target" in script, target)
        val option = "-jvm-default=no-compatibility"
        assertTrue(option in pom && option in script)
        // What the root says once is not said again.
        for (module in listOf("shared", "backend", "frontend", folderOf("vcs"))) {
            assertFalse("compilerOptions" in read("$module/build.gradle.kts"), module)
        }
    }

    @Test
    fun `there is a run configuration for everything that a developer starts`() {
        val tasks = Files.list(root.resolve(".run")).use { all -> all.toList() }.associate { file ->
            val text = Files.readString(file)
            val name = Regex("name=\"([^\"]+)\" type=\"GradleRunConfiguration\"").find(text)?.groupValues?.get(1)
            assertEquals("$name.run.xml", file.fileName.toString())
            name to Regex("<option value=\"([^\"]+)\"/>").find(text)?.groupValues?.get(1)
        }
        val expected =
            listOf("buildPlugin", "runIde", "runIdeBackend", "runIdeFrontend", "runIdeSplitMode", "verifyPlugin")
        assertEquals(expected, tasks.values.map { it.orEmpty() }.sorted())
    }

    @Test
    fun `secrets come from the environment and nothing that was not looked up is claimed`() {
        val script = read("build.gradle.kts")
        for (name in listOf("CERTIFICATE_CHAIN", "PRIVATE_KEY", "PRIVATE_KEY_PASSWORD", "PUBLISH_TOKEN")) {
            assertTrue("environmentVariable(\"$name\")" in script, name)
        }
        val wrapper = read("gradle/wrapper/gradle-wrapper.properties")
        assertTrue("distributionUrl=https\\://services.gradle.org/" in wrapper)
        assertTrue("# To confirm" in wrapper || "distributionSha256Sum=" in wrapper)
        assertTrue("# To confirm" in read("gradle/libs.versions.toml"))
    }

    @Test
    fun `no program of Gradle is committed`() {
        assertFalse(Files.exists(root.resolve("gradle/wrapper/gradle-wrapper.jar")))
    }

    /** Where Gradle finds a module: in the folder of its name unless the settings say otherwise. */
    private fun folderOf(module: String): String =
        Regex("project\\(\":$module\"\\)\\.projectDir = file\\(\"([a-z/]+)\"\\)")
            .find(read("settings.gradle.kts"))
            ?.groupValues
            ?.get(1) ?: module

    private fun read(name: String): String = Files.readString(root.resolve(name))

    private fun element(xml: String, name: String): String? =
        Regex("<$name>([^<]+)</$name>").find(xml)?.groupValues?.get(1)
}
