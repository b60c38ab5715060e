package com.intellij.ui.content;

import com.intellij.openapi.Disposable;
import javax.swing.JComponent;

public interface Content {
  void setCloseable(boolean closeable);

  void setDisposer(Disposable disposer);

  void setPreferredFocusableComponent(JComponent component);
}
