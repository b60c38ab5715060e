package com.intellij.openapi.editor;

import com.intellij.openapi.vfs.VirtualFile;

public interface Editor {
  Document getDocument();

  boolean isViewer();

  SelectionModel getSelectionModel();

  CaretModel getCaretModel();

  default VirtualFile getVirtualFile() {
    throw new UnsupportedOperationException();
  }
}
