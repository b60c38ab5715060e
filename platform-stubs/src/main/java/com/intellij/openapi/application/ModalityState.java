package com.intellij.openapi.application;

public abstract class ModalityState {
  public static ModalityState current() {
    throw new UnsupportedOperationException();
  }
}
