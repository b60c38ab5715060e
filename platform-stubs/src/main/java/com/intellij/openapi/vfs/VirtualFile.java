package com.intellij.openapi.vfs;

public abstract class VirtualFile {
  public abstract String getName();

  public abstract String getPath();

  public abstract boolean isDirectory();
}
