package com.intellij.openapi.fileEditor;

public abstract class FileDocumentManager {
  public static FileDocumentManager getInstance() {
    throw new UnsupportedOperationException();
  }

  public abstract void saveAllDocuments();
}
