package dev.kilo.frontend.model

import java.text.MessageFormat
import java.util.Locale
import java.util.ResourceBundle

private val names = listOf("Strings", "Transcript", "Composer", "Sessions", "Changes", "Settings")

/** A language that is not there is English, not the machine's second choice. */
private val control = ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES)

/** One bundle a subject, each read when it is first asked. What several subjects share stands in `Strings`. */
private class Language(locale: Locale) {
    val bundles: List<Lazy<ResourceBundle>> =
        names.map { lazy { ResourceBundle.getBundle("dev.kilo.frontend.$it", locale, control) } }

    fun find(key: String): String? = bundles.firstOrNull { it.value.containsKey(key) }?.value?.getString(key)
}

private val language by lazy { Language(Locale.getDefault(Locale.Category.DISPLAY)) }

/**
 * The text for [key] in the machine's language, filled with [args]. An apostrophe in a bundle is one apostrophe, whether
 * the text is filled or not. A missing key shows itself rather than failing the window.
 */
public fun texts(key: String, vararg args: Any): String {
    val pattern = language.find(key) ?: return key
    return if (args.isEmpty()) pattern else MessageFormat.format(pattern.replace("'", "''"), *args)
}

internal fun textsIn(locale: Locale, key: String): String = Language(locale).find(key) ?: key
