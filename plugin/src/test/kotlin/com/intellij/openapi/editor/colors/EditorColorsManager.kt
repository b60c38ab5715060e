package com.intellij.openapi.editor.colors

import com.intellij.util.messages.Topic

public abstract class EditorColorsManager {
    public abstract fun getGlobalScheme(): EditorColorsScheme

    public companion object {
        @JvmField
        public val TOPIC: Topic<EditorColorsListener> = Topic(EditorColorsListener::class.java)

        @JvmStatic
        public fun getInstance(): EditorColorsManager = object : EditorColorsManager() {
            override fun getGlobalScheme(): EditorColorsScheme = object : EditorColorsScheme {
                override fun getEditorFontName(): String = "Monospaced"

                override fun getEditorFontSize(): Int = 14
            }
        }
    }
}
