package com.intellij.openapi.editor;

public interface Document {
  int getLineNumber(int offset);
}
