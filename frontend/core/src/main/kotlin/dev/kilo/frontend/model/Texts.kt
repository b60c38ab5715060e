package dev.kilo.frontend.model

import java.text.MessageFormat
import java.util.MissingResourceException
import java.util.ResourceBundle

private val bundle: ResourceBundle by lazy { ResourceBundle.getBundle("dev.kilo.frontend.Strings") }

/** The text of the resource bundle for [key], filled with [args]. A missing key shows itself rather than failing the window. */
public fun texts(key: String, vararg args: Any): String {
    val pattern = try {
        bundle.getString(key)
    } catch (_: MissingResourceException) {
        return key
    }
    return if (args.isEmpty()) pattern else MessageFormat.format(pattern, *args)
}
