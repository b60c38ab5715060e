package dev.kilo.backend.cli

import dev.kilo.shared.app.CliState
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

internal class CliOwnerTest {
    @TempDir
    lateinit var folder: Path

    private fun program(text: String): String {
        val file = Files.writeString(folder.resolve("kilo"), "#!/bin/sh\n$text\n")
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x")).toString()
    }

    private val quick = CliTiming(start = 5.seconds, stop = 1.seconds, firstBackoff = 1.milliseconds, attempts = 3)

    private inline fun <reified T : CliState> await(owner: CliOwner): T =
        runBlocking { withTimeout(20.seconds) { owner.state.filterIsInstance<T>().first() } }

    @Test
    fun `a missing CLI is told with what to do`() {
        CliOwner(folder.resolve("nothing").toString(), health = { "1" }).use { owner ->
            assertTrue("is not a program that can be run" in await<CliState.Failed>(owner).message)
        }
        val found = findLauncher(null, emptyMap(), listOf(folder)) as Launcher.Missing
        assertTrue("npm run build" in found.message)
    }

    @Test
    fun `a CLI that ends at once is tried again a few times and then given up with its own words`() {
        CliOwner(program("echo 'no disk space' >&2; exit 3"), timing = quick, health = { "1" }).use { owner ->
            val failed = await<CliState.Failed>(owner)
            assertTrue("no disk space" in failed.message, failed.message)
            assertTrue("3 times in a row" in failed.message, failed.message)
        }
    }

    @Test
    fun `the CLI gets a password, its parent and the default permission, unless there is one already`() {
        val print = "env > '$folder/env'; echo kilo server listening on http://127.0.0.1:1; exec sleep 100"
        CliOwner(program(print), timing = quick, health = { "1" }).use { owner ->
            await<CliState.Ready>(owner)
            val env = Files.readAllLines(folder.resolve("env"))
            assertEquals(64, env.single { it.startsWith("KILO_SERVER_PASSWORD=") }.substringAfter('=').length)
            assertTrue("KILO_PARENT_PID=${ProcessHandle.current().pid()}" in env)
            assertTrue("""KILO_DEFAULT_PERMISSION={"edit":"ask","bash":"ask"}""" in env)
        }
        val own = mapOf("KILO_DEFAULT_PERMISSION" to "{}")
        CliOwner(program(print), own, quick, health = { "1" }).use { owner ->
            await<CliState.Ready>(owner)
            assertTrue("KILO_DEFAULT_PERMISSION={}" in Files.readAllLines(folder.resolve("env")))
        }
    }

    @Test
    fun `closing ends a CLI that ignores the polite request, and its children`() {
        val stubborn = "trap '' TERM; sleep 200 & echo listening on http://127.0.0.1:1; while :; do sleep 1; done"
        val owner = CliOwner(program(stubborn), timing = quick.copy(stop = 200.milliseconds), health = { "1" })
        val process = ProcessHandle.of(await<CliState.Ready>(owner).pid).get()
        val all = listOf(process) + process.descendants().toList()
        owner.close()
        assertTrue(all.none { it.running() })
        assertEquals(CliState.Stopped, owner.state.value)
    }

    @Test
    fun `what a killed CLI has left behind is ended too`() {
        val leaving = "setsid sleep 200 & echo \$! > '$folder/child'; echo listening on http://127.0.0.1:1; wait"
        CliOwner(program(leaving), timing = quick, health = { "1" }).use { owner ->
            val first = await<CliState.Ready>(owner)
            val child = ProcessHandle.of(Files.readString(folder.resolve("child")).trim().toLong()).get()
            ProcessHandle.of(first.pid).get().destroyForcibly()
            runBlocking {
                withTimeout(20.seconds) { owner.state.first { it is CliState.Ready && it.pid != first.pid } }
            }
            assertTrue(!child.running())
        }
    }
}
