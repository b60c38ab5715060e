package dev.kilo.frontend.ui

import java.awt.Container
import javax.swing.JComponent

/** A part of [place] that is made when it is first needed: until then it costs neither time nor memory. EDT only. */
internal class Late<T : JComponent>(private val place: Container, private val create: () -> T) {
    /** Null as long as nobody needed it. */
    var made: T? = null
        private set

    val isVisible: Boolean get() = made?.isVisible == true

    fun get(): T = made ?: create().also {
        made = it
        place.add(it)
    }
}
