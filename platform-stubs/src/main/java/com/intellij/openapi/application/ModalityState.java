package com.intellij.openapi.application;

public abstract class ModalityState {
  public static ModalityState nonModal() {
    throw new UnsupportedOperationException();
  }

  public static ModalityState any() {
    throw new UnsupportedOperationException();
  }
}
