package com.intellij.openapi.diagnostic;

public abstract class Logger {
  public static Logger getInstance(Class<?> category) {
    throw new UnsupportedOperationException();
  }

  public abstract void warn(String message, Throwable cause);
}
