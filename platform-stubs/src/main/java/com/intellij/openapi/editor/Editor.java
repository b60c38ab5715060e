package com.intellij.openapi.editor;

import com.intellij.openapi.vfs.VirtualFile;

public interface Editor {
  Document getDocument();

  SelectionModel getSelectionModel();

  default VirtualFile getVirtualFile() {
    throw new UnsupportedOperationException();
  }
}
