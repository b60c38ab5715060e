package dev.kilo.frontend.markdown

/**
 * Characters that are not seen and change what is: they turn the direction of what follows, so that a line could look like
 * another one, or have no width. What joins letters and emoji (U+200C, U+200D) is none of them.
 */
internal val Char.hidden: Boolean
    get() = when (this) {
        in '\u202a'..'\u202e', in '\u2066'..'\u206f', in '\u2060'..'\u2064' -> true
        '\u200b', '\ufeff', '\u00ad', '\u061c', '\u180e', '\u115f', '\u1160', '\u3164', '\uffa0' -> true
        else -> false
    }

/** Marks of direction: they belong into a text of a language that is written from right to left, and into no command. */
internal val Char.turning: Boolean get() = hidden || this == '\u200e' || this == '\u200f'

/**
 * [text] as it may stand in one line or several of a label: what is hidden and what a terminal would obey is seen as a
 * replacement character, and of a heap of marks on one letter a few are left. Says the same of the same text always.
 */
internal fun visible(text: String): String {
    var heap = 0
    var clean = true
    for (c in text) {
        heap = if (c.mark) heap + 1 else 0
        if (heap > MARKS || c.hidden || c.tag || c.obeyed) {
            clean = false
            break
        }
    }
    if (clean) return text
    heap = 0
    return buildString(text.length) {
        var at = 0
        while (at < text.length) {
            val c = text[at++]
            heap = if (c.mark) heap + 1 else 0
            when {
                heap > MARKS -> Unit

                c.tag -> {
                    append(SHOWN)
                    if (at < text.length && text[at].isLowSurrogate()) at++
                }

                c.hidden || c.obeyed -> append(SHOWN)

                else -> append(c)
            }
        }
    }
}

/** A letter of the plane of tags, which nothing shows. Its second half follows. */
private val Char.tag: Boolean get() = this == '\udb40'

private val Char.obeyed: Boolean get() = isISOControl() && this != '\n' && this != '\t' && this != '\r'

private val Char.mark: Boolean
    get() = this >= '\u0300' && when (Character.getType(this).toByte()) {
        Character.NON_SPACING_MARK, Character.ENCLOSING_MARK -> true
        else -> false
    }

private const val SHOWN = '\ufffd'

/** Vietnamese and Hebrew stack two or three. */
private const val MARKS = 6
