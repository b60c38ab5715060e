package dev.kilo.plugin.stubs

import dev.kilo.plugin.classPath
import dev.kilo.plugin.missing
import dev.kilo.plugin.moduleJar
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.objectweb.asm.Opcodes.ACC_ABSTRACT
import org.objectweb.asm.Opcodes.ACC_FINAL
import org.objectweb.asm.Opcodes.ACC_INTERFACE
import org.objectweb.asm.Opcodes.ACC_PUBLIC
import org.objectweb.asm.Opcodes.ACC_STATIC
import java.nio.file.Files
import java.nio.file.Path

/**
 * The stubs against real classes of the platform that can be had without JetBrains' repositories: those inside the Kotlin
 * compiler (of the time of build 253, but shrunk to what the compiler uses) and Debian's packages of build 183 (whole, but
 * old). Only class files are read; none of these jars is on any class path.
 */
class StubsTest {
    private val stubs = Classes.of(listOf(classPath("platform-stubs")))
    private val ours = Classes.of(listOf("shared", "backend", "frontend", "vcs").map(::moduleJar))
    private val compiler = Classes.of(listOf(Path.of(System.getProperty("kilo.real.compiler"))))
    private val debian by lazy { Classes.of(DEBIAN) }

    @Test
    fun `the stubs agree with the platform inside the Kotlin compiler`() {
        val comparison = Comparison(stubs, compiler, ours, shrunk = true)
        expect(emptyMap(), comparison)
        assertTrue(comparison.confirmed.size > 30, "only ${comparison.confirmed} were compared")
    }

    @Test
    fun `the stubs agree with Debian's platform, but for what is known to have changed since`() {
        needsDebian()
        val comparison = Comparison(stubs, debian, ours, shrunk = false)
        // What the newer source confirms has come since.
        comparison.differences.keys -= Comparison(stubs, compiler, ours, shrunk = true).confirmed
        expect(SINCE_183, comparison)
        assertTrue(comparison.confirmed.size > 30, "only ${comparison.confirmed} were compared")
    }

    @Test
    fun `how much of the stubs is confirmed is told`() {
        needsDebian()
        val all = stubs.names.flatMap { name ->
            listOf(name) + stubs[name]!!.members.keys.map { "$name.$it" }
        }.toSortedSet()
        val byCompiler = Comparison(stubs, compiler, ours, shrunk = true).confirmed
        val byDebian = Comparison(stubs, debian, ours, shrunk = false).confirmed
        val open = all - byCompiler - byDebian
        val text = buildString {
            appendLine("Stubs: ${all.size} classes and members.")
            appendLine(
                "${byCompiler.size} confirmed by the Kotlin compiler's classes, ${byDebian.size} by Debian's 183,",
            )
            appendLine("${(byCompiler + byDebian).size} by one of them at least; ${open.size} unconfirmed:")
            for (name in open) appendLine("  ${name.replace('/', '.')}")
        }
        println(text)
        Files.writeString(Path.of(System.getProperty("kilo.target"), "stubs.txt"), text)
        assertTrue((byCompiler + byDebian).size > 60, text)
    }

    @Test
    fun `what does not fit the platform is noticed`() {
        val ours = Facts("ours/Mine", ACC_PUBLIC, listOf("p/A"), emptyMap())

        fun type(access: Int, vararg members: Member) =
            Facts("p/A", access or ACC_PUBLIC, emptyList(), members.associateBy { it.key })

        fun method(access: Int, descriptor: String = "()V") = Member("run", descriptor, access)

        fun found(stub: Facts, real: Facts, shrunk: Boolean = false): Map<String, String> =
            Comparison(Classes(listOf(stub)), Classes(listOf(real)), Classes(listOf(ours)), shrunk).differences
        val plain = type(0, method(0))
        assertEquals(emptyMap<String, String>(), found(plain, type(0, method(0), method(0, "(I)V"))))
        assertTrue("interface" in found(plain, type(ACC_INTERFACE, method(0))).values.single())
        assertTrue("static" in found(plain, type(0, method(ACC_STATIC))).values.single())
        assertTrue("is not there, but run(I)V" in found(plain, type(0, method(0, "(I)V"))).values.single())
        assertTrue("()I" in found(plain, type(0, method(0, "()I")), shrunk = true).values.single())
        assertEquals(emptyMap<String, String>(), found(plain, type(0), shrunk = true))
        assertTrue("is abstract" in found(plain, type(ACC_ABSTRACT, method(ACC_ABSTRACT))).values.single())
        val more = type(ACC_ABSTRACT, method(0), method(ACC_ABSTRACT, "(I)V"))
        assertTrue("not in the stub, and ours/Mine extends it" in found(plain, more).values.single())
        assertTrue("final" in found(plain, type(ACC_FINAL, method(0))).values.single())
    }

    private fun expect(known: Map<String, String>, comparison: Comparison) {
        val unknown = comparison.differences - known.keys
        assertTrue(
            unknown.isEmpty(),
            unknown.entries.joinToString("\n", "Not as in the platform:\n") {
                "${it.key} ${it.value}"
            },
        )
        assertEquals(emptySet<String>(), known.keys - comparison.differences.keys, "no longer different")
    }

    private fun needsDebian() {
        DEBIAN.firstOrNull { !Files.exists(it) }?.let {
            missing("$it is missing: apt-get install libintellij-core-java libintellij-platform-api-java")
        }
    }

    private companion object {
        const val ACTIONS = "com/intellij/openapi/actionSystem"
        val DEBIAN = listOf("intellij-core", "intellij-platform-api").map { Path.of("/usr/share/java/$it.jar") }

        /** What build 183 does not have, or has otherwise, each with the reason why the stub is right all the same. */
        val SINCE_183 =
            mapOf(
                "$ACTIONS/AnAction.getActionUpdateThread()L$ACTIONS/ActionUpdateThread;" to
                    "Added in 222 together with ActionUpdateThread.",
                "com/intellij/openapi/editor/Editor.getVirtualFile()Lcom/intellij/openapi/vfs/VirtualFile;" to
                    "Added later as a default method; the platform's list of signatures has it.",
                "com/intellij/util/messages/Topic.<init>(Ljava/lang/Class;)V" to
                    "Added later beside (String, Class); the platform's own listeners use it.",
            )
    }
}
