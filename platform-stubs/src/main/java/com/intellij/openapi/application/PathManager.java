package com.intellij.openapi.application;

public final class PathManager {
  private PathManager() {}

  public static String getSystemPath() {
    throw new UnsupportedOperationException();
  }
}
