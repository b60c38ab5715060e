package com.intellij.openapi.editor;

public interface Document {
  default String getText() {
    throw new UnsupportedOperationException();
  }

  int getLineNumber(int offset);

  void replaceString(int startOffset, int endOffset, CharSequence s);

  boolean isWritable();
}
