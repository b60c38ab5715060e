package com.intellij.openapi.editor;

public interface Document {
  default String getText() {
    throw new UnsupportedOperationException();
  }

  int getLineNumber(int offset);
}
