package com.intellij.openapi.util;

import com.intellij.openapi.Disposable;

public final class Disposer {
  private Disposer() {}

  public static void register(Disposable parent, Disposable child) {
    throw new UnsupportedOperationException();
  }

  public static void dispose(Disposable disposable) {
    throw new UnsupportedOperationException();
  }

  public static Disposable newDisposable(String debugName) {
    throw new UnsupportedOperationException();
  }
}
