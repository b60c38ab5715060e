package dev.kilo.backend.cli

import java.io.File
import java.nio.file.Files
import java.nio.file.InvalidPathException
import java.nio.file.Path

/** The CLI's program, or a sentence that says why there is none. */
internal sealed interface Launcher {
    data class Found(val path: Path) : Launcher

    data class Missing(val message: String) : Launcher
}

/** Looks at [cli], then KILO_CLI of [environment], then for the bundle above the place that this class came from. */
internal fun findLauncher(
    cli: String?,
    environment: Map<String, String>,
    starts: List<Path> = installPlaces(),
): Launcher {
    val named =
        cli?.let { "the setting" to it }
            ?: environment["KILO_CLI"]?.takeIf { it.isNotBlank() }?.let { "KILO_CLI" to it }
    if (named != null) {
        val (source, text) = named
        val path = pathOrNull(text)
        if (path != null && Files.isExecutable(path) &&
            !Files.isDirectory(path)
        ) {
            return Launcher.Found(path.toAbsolutePath())
        }
        return Launcher.Missing("$source names \"$text\" as the Kilo CLI, but that is not a program that can be run.")
    }
    val name = if (File.separatorChar == '\\') "kilo.cmd" else "kilo"
    for (start in starts) {
        for (folder in generateSequence(start) { it.parent }) {
            val candidate = folder.resolve("cli-bundle").resolve("dist").resolve(name)
            if (Files.isExecutable(candidate)) return Launcher.Found(candidate)
        }
    }
    return Launcher.Missing(
        "The Kilo CLI is not built (cli-bundle/dist/$name is missing). Run `npm run build`, or set KILO_CLI.",
    )
}

private fun installPlaces(): List<Path> {
    val jar = Launcher::class.java.protectionDomain?.codeSource?.location?.toURI()
    val places = listOfNotNull(jar?.let(Path::of), Path.of("").toAbsolutePath())
    return places
}

private fun pathOrNull(text: String): Path? = try {
    Path.of(text)
} catch (_: InvalidPathException) {
    null
}
