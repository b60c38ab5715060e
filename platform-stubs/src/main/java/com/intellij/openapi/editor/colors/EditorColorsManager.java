package com.intellij.openapi.editor.colors;

import com.intellij.util.messages.Topic;

public abstract class EditorColorsManager {
  public static final Topic<EditorColorsListener> TOPIC = new Topic<>(EditorColorsListener.class);

  public static EditorColorsManager getInstance() {
    throw new UnsupportedOperationException();
  }

  public abstract EditorColorsScheme getGlobalScheme();
}
