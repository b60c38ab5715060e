package com.intellij.ui.content;

import com.intellij.openapi.Disposable;
import javax.swing.JComponent;

public interface Content {
  void setDisplayName(String name);

  void setCloseable(boolean closeable);

  void setDisposer(Disposable disposer);

  void setPreferredFocusableComponent(JComponent component);
}
