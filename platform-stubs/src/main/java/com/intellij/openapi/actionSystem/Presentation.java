package com.intellij.openapi.actionSystem;

public final class Presentation {
  public void setText(String text) {
    throw new UnsupportedOperationException();
  }

  public void setEnabled(boolean enabled) {
    throw new UnsupportedOperationException();
  }

  public void setEnabledAndVisible(boolean enabled) {
    throw new UnsupportedOperationException();
  }
}
