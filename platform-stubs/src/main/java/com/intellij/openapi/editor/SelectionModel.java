package com.intellij.openapi.editor;

public interface SelectionModel {
  default boolean hasSelection() {
    throw new UnsupportedOperationException();
  }

  default String getSelectedText() {
    throw new UnsupportedOperationException();
  }

  default int getSelectionStart() {
    throw new UnsupportedOperationException();
  }

  default int getSelectionEnd() {
    throw new UnsupportedOperationException();
  }
}
