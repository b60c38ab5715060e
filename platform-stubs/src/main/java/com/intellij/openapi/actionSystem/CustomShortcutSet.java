package com.intellij.openapi.actionSystem;

import javax.swing.KeyStroke;

public final class CustomShortcutSet implements ShortcutSet {
  public CustomShortcutSet(KeyStroke keyStroke) {}
}
