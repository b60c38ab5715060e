package com.intellij.openapi.vfs;

import java.nio.file.Path;

public abstract class LocalFileSystem {
  public static LocalFileSystem getInstance() {
    throw new UnsupportedOperationException();
  }

  public VirtualFile refreshAndFindFileByNioFile(Path file) {
    throw new UnsupportedOperationException();
  }
}
