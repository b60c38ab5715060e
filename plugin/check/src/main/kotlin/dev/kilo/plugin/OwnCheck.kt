package dev.kilo.plugin

import org.w3c.dom.Document
import org.w3c.dom.Element
import org.xml.sax.SAXException
import java.io.ByteArrayInputStream
import java.io.InputStream
import java.nio.file.Path
import java.util.zip.ZipFile
import java.util.zip.ZipInputStream
import javax.xml.parsers.DocumentBuilderFactory

private const val PLUGIN_XML = "META-INF/plugin.xml"
private const val MODULES = "lib/modules/"

/** Modules that the plugin consists of, each with what it may depend on. */
private val ALLOWED =
    mapOf(
        "dev.kilo.shared" to emptySet(),
        "dev.kilo.frontend" to setOf("intellij.platform.frontend", "dev.kilo.shared"),
        "dev.kilo.backend" to
            setOf(
                "intellij.platform.backend",
                "intellij.platform.kernel.backend",
                "intellij.platform.rpc.backend",
                "dev.kilo.shared",
            ),
        // Through the frontend it sees the shared module. Nothing depends on it: not every product has version control.
        "dev.kilo.vcs" to setOf("intellij.platform.vcs", "dev.kilo.frontend"),
    )

/** What the IDE brings, and what only the stand-alone programs need: a second copy would clash with the IDE's. */
private val FORBIDDEN =
    listOf(
        "kotlin",
        "kotlinx",
        "annotations",
        "slf4j",
        "flatlaf",
        "Java-WebSocket",
        "java-websocket",
        "kilo-platform-stubs",
    )

/** Packages that only the IDE may define. */
private val PLATFORM =
    listOf("com/intellij/", "fleet/", "kotlin/", "kotlinx/", "org/slf4j/", "org/jetbrains/annotations/", "com/formdev/")

/** What JetBrains' library does not look at: the modules, their classes and the jars beside them. */
public fun ownProblems(zip: Path): List<String> = OwnCheck(zip).run()

/** One jar of the zip: its entries, and the text of its descriptors. */
private class Jar(val path: String, val entries: Set<String>, val texts: Map<String, ByteArray>) {
    val name: String get() = path.substringAfterLast('/')
    val packages: Set<String> get() = entries.filter {
        it.endsWith(".class") && '/' in it
    }.map { it.substringBeforeLast('/') }.toSet()

    fun defines(className: String): Boolean = "${className.replace('.', '/')}.class" in entries
}

private class OwnCheck(private val zip: Path) {
    private val problems = ArrayList<String>()
    private val jars = ArrayList<Jar>()

    fun run(): List<String> {
        read()
        val main = jars.filter { PLUGIN_XML in it.texts }
        if (main.size != 1) return listOf("One jar of lib/ must hold $PLUGIN_XML, ${main.size} do.")
        val descriptor = parse(main.single(), PLUGIN_XML) ?: return problems
        val modules = descriptor.all("module")
        val twice = modules.groupBy { it.getAttribute("name") }.filterValues { it.size > 1 }
        for (name in twice.keys) problems += "The module $name is listed twice."
        for (missing in ALLOWED.keys - modules.map { it.getAttribute("name") }.toSet()) {
            problems +=
                "plugin.xml does not list the module $missing."
        }
        for (tag in listOf(
            "depends",
            "extensions",
            "extensionPoints",
            "actions",
            "applicationListeners",
            "projectListeners",
        )) {
            if (descriptor.all(tag).isNotEmpty()) problems += "plugin.xml must not have <$tag>: it belongs to a module."
        }
        modules.forEach(::module)
        jarsBeside(modules.map { it.getAttribute("name") }.toSet())
        packages()
        return problems
    }

    private fun module(element: Element) {
        val name = element.getAttribute("name")
        if (name !in ALLOWED) problems += "plugin.xml lists the unknown module $name."
        val loading = element.getAttribute("loading")
        val expected = if (name == "dev.kilo.shared") "required" else ""
        if (loading != expected) {
            val wanted = if (expected.isEmpty()) "optional (no attribute)" else "\"$expected\""
            problems += "The module $name has loading=\"$loading\"; it must be $wanted."
        }
        val jar = jars.firstOrNull { it.path == "$MODULES$name.jar" }
        if (jar == null) {
            problems += "The jar of the module $name is missing ($MODULES$name.jar)."
            return
        }
        val descriptor = parse(jar, "$name.xml") ?: return
        for (tag in listOf("depends", "id", "version", "idea-version")) {
            if (descriptor.all(tag).isNotEmpty()) problems += "$name.xml must not have <$tag>."
        }
        val found = descriptor.all("dependencies").flatMap {
            it.children("module")
        }.map { it.getAttribute("name") }.toSet()
        val allowed = ALLOWED[name].orEmpty()
        for (extra in found - allowed) problems += "$name.xml depends on $extra, which is not one of its modules."
        for (missing in allowed - found) problems += "$name.xml does not depend on $missing."
        for (className in classesNamedBy(descriptor)) {
            if (!jar.defines(className)) {
                problems +=
                    "$name.xml names the class $className, which its jar does not have."
            }
        }
        for (icon in descriptor.everything().mapNotNull { it.getAttribute("icon").ifEmpty { null } }) {
            if (icon.startsWith("/") && icon.removePrefix("/") !in jar.entries) {
                problems += "$name.xml names the icon $icon, which its jar does not have."
            }
        }
    }

    private fun jarsBeside(modules: Set<String>) {
        for (jar in jars) {
            if (FORBIDDEN.any { jar.name.startsWith(it) }) {
                problems += "${jar.path} must not be packed: the IDE has it, or only the stand-alone programs need it."
            }
            if (jar.path.startsWith(MODULES) && jar.name.removeSuffix(".jar") !in modules) {
                problems += "${jar.path} belongs to no module."
            }
            val foreign = jar.packages.filter { name -> PLATFORM.any { "$name/".startsWith(it) } }
            if (foreign.isNotEmpty()) problems += "${jar.path} holds classes that the IDE has: ${foreign.first()}."
        }
    }

    private fun packages() {
        val owners = HashMap<String, String>()
        for (jar in jars) {
            for (name in jar.packages) {
                val other = owners.putIfAbsent(name, jar.path) ?: continue
                problems += "The package ${name.replace('/', '.')} is in two jars: $other and ${jar.path}."
            }
        }
    }

    private fun read() {
        ZipFile(zip.toFile()).use { file ->
            val roots = file.stream().map { it.name.substringBefore('/') }.toList().toSet()
            if (roots.size != 1) problems += "The zip must hold one folder, it has ${roots.sorted().joinToString()}."
            for (entry in file.stream().toList()) {
                val path = entry.name.substringAfter('/')
                if (path.startsWith("lib/") && path.endsWith(".jar")) jars += jar(path, file.getInputStream(entry))
            }
        }
    }

    private fun jar(path: String, input: InputStream): Jar {
        val entries = LinkedHashSet<String>()
        val texts = HashMap<String, ByteArray>()
        ZipInputStream(input).use { jar ->
            while (true) {
                val entry = jar.nextEntry ?: break
                if (!entry.name.startsWith("META-INF/versions/")) entries += entry.name
                val descriptor = entry.name == PLUGIN_XML || (entry.name.endsWith(".xml") && '/' !in entry.name)
                if (descriptor) texts[entry.name] = jar.readAllBytes()
            }
        }
        return Jar(path, entries, texts)
    }

    private fun parse(jar: Jar, name: String): Element? {
        val text = jar.texts[name]
        if (text == null) {
            problems += "${jar.path} does not hold $name."
            return null
        }
        return try {
            documents().parse(ByteArrayInputStream(text)).documentElement
        } catch (e: SAXException) {
            problems += "$name of ${jar.path} can't be read: ${e.message}"
            null
        }
    }
}

/** Every class of ours that a descriptor names, in whatever attribute. */
public fun classesNamedBy(descriptor: Element): List<String> = descriptor.everything().flatMap { element ->
    val attributes = element.attributes
    (0 until attributes.length).map { attributes.item(it).nodeValue }.filter { CLASS.matches(it) }
}

/** Reads an XML text without asking anyone else. */
public fun parseXml(text: String): Document = documents().parse(ByteArrayInputStream(text.toByteArray()))

private fun documents() = DocumentBuilderFactory
    .newInstance()
    .apply { setFeature("http://apache.org/xml/features/disallow-doctype-decl", true) }
    .newDocumentBuilder()
    .apply { setErrorHandler(null) }

private val CLASS = Regex("""dev\.kilo\.(?:[a-z]+\.)+[A-Z]\w*""")

private fun Element.everything(): List<Element> = listOf(this) + all("*")

private fun Element.all(tag: String): List<Element> {
    val found = getElementsByTagName(tag)
    return (0 until found.length).map { found.item(it) as Element }
}

private fun Element.children(tag: String): List<Element> = all(tag).filter { it.parentNode === this }
