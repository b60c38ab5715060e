package dev.kilo.frontend.model

import java.text.MessageFormat
import java.util.ResourceBundle

/** One bundle a subject, each read when it is first asked. What several subjects share stands in `Strings`. */
private val bundles: List<Lazy<ResourceBundle>> =
    listOf("Strings", "Transcript", "Composer", "Sessions", "Changes", "Settings")
        .map { lazy { ResourceBundle.getBundle("dev.kilo.frontend.$it") } }

/** The text of the resource bundles for [key], filled with [args]. A missing key shows itself rather than failing the window. */
public fun texts(key: String, vararg args: Any): String {
    val bundle = bundles.firstOrNull { it.value.containsKey(key) } ?: return key
    val pattern = bundle.value.getString(key)
    return if (args.isEmpty()) pattern else MessageFormat.format(pattern, *args)
}
