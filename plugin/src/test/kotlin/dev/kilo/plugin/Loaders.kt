package dev.kilo.plugin

import java.io.File
import java.net.URL
import java.net.URLClassLoader
import java.nio.file.Files
import java.nio.file.Path
import java.security.ProtectionDomain

/** The plugin's folder as it was packed. */
internal val folder: Path = Path.of(checkNotNull(System.getProperty("kilo.plugin")) { "Run the tests with Maven." })

/**
 * What an IDE has on its core class path: the stubs with the fake host before them, the Kotlin libraries, and nothing of
 * ours. Without [vcs] it is a product that has no version control.
 */
internal fun platformLoader(vcs: Boolean = true): URLClassLoader {
    val wanted =
        listOf(
            "plugin/target/test-classes",
            "platform-stubs",
            "kotlin-stdlib",
            "kotlinx-",
            "kilo-plugin-check",
            "plugin/check",
            "annotations",
        )
    val entries = System.getProperty("java.class.path").split(File.pathSeparator).filter { entry ->
        wanted.any {
            it in
                entry
        }
    }
    val urls = entries.map { File(it).toURI().toURL() }.toTypedArray()
    if (vcs) return URLClassLoader(urls, ClassLoader.getPlatformClassLoader())
    return object : URLClassLoader(urls, getPlatformClassLoader()) {
        override fun findClass(name: String): Class<*> {
            if (name.startsWith("com.intellij.openapi.vcs.")) throw ClassNotFoundException(name)
            return super.findClass(name)
        }
    }
}

/** The loader of one content module: its own jar first, then its dependencies in order. Everything `java.*` is the JDK's. */
internal class ModuleLoader(name: String, jars: List<Path>, private val dependencies: List<ClassLoader>) :
    URLClassLoader(name, jars.map { it.toUri().toURL() }.toTypedArray(), getPlatformClassLoader()) {
    override fun loadClass(name: String, resolve: Boolean): Class<*> = synchronized(getClassLoadingLock(name)) {
        findLoadedClass(name)?.let { return it }
        if (name.startsWith("java.")) return super.loadClass(name, resolve)
        try {
            return findClass(name)
        } catch (_: ClassNotFoundException) {
            // Not in this module.
        }
        for (dependency in dependencies) {
            try {
                return dependency.loadClass(name)
            } catch (_: ClassNotFoundException) {
                continue
            }
        }
        throw ClassNotFoundException(name)
    }

    /**
     * Without a protection domain of its own: up to JDK 23 a thread of the platform's pools that starts while our code runs
     * would remember the domain, and with it the loader, for as long as the thread lives.
     */
    override fun findClass(name: String): Class<*> {
        val resource = findResource("${name.replace('.', '/')}.class") ?: throw ClassNotFoundException(name)
        val bytes = resource.openStream().use { it.readBytes() }
        return defineClass(name, bytes, 0, bytes.size, DOMAIN)
    }

    override fun getResource(name: String): URL? =
        findResource(name) ?: dependencies.firstNotNullOfOrNull { it.getResource(name) }

    private companion object {
        val DOMAIN = ProtectionDomain(null, null)
    }
}

internal fun moduleJar(name: String): Path = folder.resolve("lib/modules/dev.kilo.$name.jar")

/** One side of the plugin as the IDE loads it: the module, the shared one, and the libraries of lib/ for the optional module only. */
internal fun sideLoader(name: String, platform: ClassLoader): ModuleLoader {
    val shared = ModuleLoader("shared", listOf(moduleJar("shared")), listOf(platform))
    val jars = Files.list(folder.resolve("lib")).use { all -> all.filter { it.toString().endsWith(".jar") }.toList() }
    val main = ModuleLoader("main", jars, listOf(platform))
    return ModuleLoader(name, listOf(moduleJar(name)), listOf(shared, main, platform))
}

/** The module for version control, which lives beside the [frontend]'s. */
internal fun vcsLoader(frontend: ClassLoader, platform: ClassLoader): ModuleLoader =
    ModuleLoader("vcs", listOf(moduleJar("vcs")), listOf(frontend, platform))

/** The entry of the tests' class path that holds the module or library [name]. */
internal fun classPath(name: String): Path =
    System.getProperty("java.class.path").split(File.pathSeparator).map(Path::of).first { name in it.toString() }
