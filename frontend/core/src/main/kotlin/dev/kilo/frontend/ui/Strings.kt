package dev.kilo.frontend.ui

import dev.kilo.frontend.model.texts

/** Texts of the window, from the resource bundle. */
internal object Strings {
    operator fun get(key: String): String = texts(key)

    operator fun invoke(key: String, vararg args: Any): String = texts(key, *args)
}
