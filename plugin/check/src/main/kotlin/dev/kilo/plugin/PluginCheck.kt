package dev.kilo.plugin

import com.jetbrains.plugin.structure.base.plugin.PluginCreationFail
import com.jetbrains.plugin.structure.base.plugin.PluginCreationSuccess
import com.jetbrains.plugin.structure.intellij.plugin.IdePluginManager
import com.jetbrains.plugin.structure.intellij.problems.IntelliJPluginCreationResultResolver
import com.jetbrains.plugin.structure.intellij.problems.JetBrainsPluginCreationResultResolver
import java.nio.file.Files
import java.nio.file.Path

/**
 * What is wrong with the plugin's zip, in sentences; empty when nothing is. JetBrains' structure library is asked first,
 * and its warnings count as errors; [ownProblems] finds what it misses.
 */
public fun problemsOf(zip: Path): List<String> = structureProblems(zip) + ownProblems(zip)

/** Errors and warnings of JetBrains' structure library. */
public fun structureProblems(zip: Path): List<String> {
    val work = Files.createTempDirectory("kilo-plugin-check")
    try {
        val resolver = JetBrainsPluginCreationResultResolver.fromClassPathJson(IntelliJPluginCreationResultResolver())
        return when (
            val result = IdePluginManager.createManager(
                work,
            ).createPlugin(zip, true, "plugin.xml", resolver)
        ) {
            is PluginCreationSuccess -> (result.warnings + result.unacceptableWarnings).map { it.message }.distinct()
            is PluginCreationFail -> result.errorsAndWarnings.map { it.message }
        }
    } finally {
        work.toFile().deleteRecursively()
    }
}
