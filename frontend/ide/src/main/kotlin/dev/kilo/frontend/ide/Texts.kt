package dev.kilo.frontend.ide

import java.text.MessageFormat
import java.util.ResourceBundle

private val bundle: ResourceBundle by lazy { ResourceBundle.getBundle("dev.kilo.frontend.ide.Ide") }

/** A text of the glue, filled with [args]. Apostrophes stand once in the bundles, whether they are filled or not. */
internal fun texts(key: String, vararg args: Any): String {
    val text = bundle.getString(key)
    return if (args.isEmpty()) text else MessageFormat.format(text.replace("'", "''"), *args)
}

/** [text] for a Swing label or a balloon that breaks lines, shown as it is. */
public fun html(text: String): String = "<html>${escaped(text).replace("\n", "<br>")}</html>"

private fun escaped(text: String) = text.replace("&", "&amp;").replace("<", "&lt;")
