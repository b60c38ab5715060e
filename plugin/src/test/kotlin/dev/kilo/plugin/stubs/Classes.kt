package dev.kilo.plugin.stubs

import org.objectweb.asm.ClassReader
import org.objectweb.asm.ClassVisitor
import org.objectweb.asm.FieldVisitor
import org.objectweb.asm.MethodVisitor
import org.objectweb.asm.Opcodes
import java.nio.file.Files
import java.nio.file.Path
import java.util.zip.ZipFile

/** A field or method that others may use, with its descriptor; [access] holds ASM's flags. */
internal data class Member(val name: String, val descriptor: String, val access: Int) {
    val static: Boolean get() = access and Opcodes.ACC_STATIC != 0
    val abstract: Boolean get() = access and Opcodes.ACC_ABSTRACT != 0
    val key: String get() = name + descriptor
}

/** What a class file says to those that link against it. */
internal class Facts(
    val name: String,
    private val access: Int,
    val supers: List<String>,
    val members: Map<String, Member>,
) {
    val kind: String get() = when {
        access and Opcodes.ACC_ANNOTATION != 0 -> "annotation"
        access and Opcodes.ACC_INTERFACE != 0 -> "interface"
        access and Opcodes.ACC_ENUM != 0 -> "enum"
        else -> "class"
    }
    val final: Boolean get() = access and Opcodes.ACC_FINAL != 0
    val public: Boolean get() = access and Opcodes.ACC_PUBLIC != 0
}

/** Some classes, each looked up when it is asked for. */
internal class Classes(val names: Collection<String>, private val find: (String) -> Facts?) {
    private val known = HashMap<String, Facts?>()

    constructor(all: List<Facts>) : this(all.map { it.name }, { name -> all.firstOrNull { it.name == name } })

    operator fun get(name: String): Facts? = known.getOrPut(name) { find(name) }

    /** [name] and everything above it that is here, nearest first. */
    fun lineage(name: String): List<Facts> {
        val found = LinkedHashMap<String, Facts>()
        val open = ArrayDeque(listOf(name))
        while (open.isNotEmpty()) {
            val facts = this[open.removeFirst()] ?: continue
            if (found.put(facts.name, facts) == null) open += facts.supers
        }
        return found.values.toList()
    }

    companion object {
        /** The class files of jars and folders, read without loading any of them. */
        fun of(places: List<Path>): Classes {
            val owners = places.flatMap { place -> entries(place).map { it to place } }.toMap()
            return Classes(owners.keys.sorted()) { name -> owners[name]?.let { factsOf(read(it, "$name.class")) } }
        }

        private fun entries(place: Path): List<String> = if (Files.isDirectory(place)) {
            Files.walk(place).use { all -> all.map { place.relativize(it).joinToString("/") }.toList() }
        } else {
            ZipFile(place.toFile()).use { zip -> zip.stream().map { it.name }.toList() }
        }.filter { it.endsWith(".class") && !it.startsWith("META-INF/") }.map { it.removeSuffix(".class") }

        private fun read(place: Path, name: String): ByteArray = if (Files.isDirectory(place)) {
            Files.readAllBytes(place.resolve(name))
        } else {
            ZipFile(place.toFile()).use { zip -> zip.getInputStream(zip.getEntry(name)).readBytes() }
        }
    }
}

private fun factsOf(bytes: ByteArray): Facts {
    val members = LinkedHashMap<String, Member>()
    var facts: Facts? = null

    fun take(access: Int, name: String, descriptor: String) {
        val usable = access and (Opcodes.ACC_PUBLIC or Opcodes.ACC_PROTECTED) != 0
        val hidden = access and Opcodes.ACC_SYNTHETIC != 0 || name == "<clinit>"
        if (usable && !hidden) Member(name, descriptor, access).let { members[it.key] = it }
    }
    val visitor = object : ClassVisitor(Opcodes.ASM9) {
        override fun visit(
            version: Int,
            access: Int,
            name: String,
            signature: String?,
            superName: String?,
            interfaces: Array<out String>?,
        ) {
            val supers = listOfNotNull(superName?.takeIf { it != "java/lang/Object" }) + interfaces.orEmpty()
            facts = Facts(name, access, supers, members)
        }

        override fun visitMethod(
            access: Int,
            name: String,
            descriptor: String,
            signature: String?,
            exceptions: Array<out String>?,
        ): MethodVisitor? {
            take(access, name, descriptor)
            return null
        }

        override fun visitField(
            access: Int,
            name: String,
            descriptor: String,
            signature: String?,
            value: Any?,
        ): FieldVisitor? {
            take(access, name, descriptor)
            return null
        }
    }
    ClassReader(bytes).accept(visitor, ClassReader.SKIP_CODE or ClassReader.SKIP_DEBUG or ClassReader.SKIP_FRAMES)
    return checkNotNull(facts)
}
