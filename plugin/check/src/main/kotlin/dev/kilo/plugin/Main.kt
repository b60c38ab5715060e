package dev.kilo.plugin

import java.nio.file.Files
import java.nio.file.Path
import kotlin.system.exitProcess

private const val USAGE = """usage: xz FILE TARGET            compress FILE
       notes JAR CHANGELOG       write the change notes into the plugin's descriptor
       zip FOLDER TARGET         pack FOLDER (the plugin's own folder) into TARGET
       zip-content FOLDER TARGET the same without the folder itself
       check ZIP                 check the plugin's zip; exit code 1 when anything is wrong with it"""

/** The build's tool; `npm run plugin` calls it. */
public fun main(args: Array<String>) {
    val files = args.drop(1).map(Path::of)
    when {
        args.firstOrNull() == "xz" && files.size == 2 -> compress(files[0], files[1])

        args.firstOrNull() == "notes" && files.size == 2 -> writeNotes(files[0], files[1])

        args.firstOrNull() == "zip" && files.size == 2 -> pack(files[0], files[1])

        args.firstOrNull() == "zip-content" && files.size == 2 -> pack(files[0], files[1], base = files[0])

        args.firstOrNull() == "check" && files.size == 1 -> check(files[0])

        else -> {
            System.err.println(USAGE)
            exitProcess(2)
        }
    }
}

private fun check(zip: Path) {
    val problems = problemsOf(zip)
    val size = Files.size(zip)
    problems.forEach { System.err.println(it) }
    if (size > MAX_BYTES) System.err.println("The zip has $size bytes; $MAX_BYTES is the limit.")
    if (problems.isNotEmpty() || size > MAX_BYTES) exitProcess(1)
}

private const val MAX_BYTES = 200_000_000L
