package com.intellij.openapi.actionSystem;

import com.intellij.openapi.project.PossiblyDumbAware;
import javax.swing.Icon;
import javax.swing.JComponent;

public abstract class AnAction implements ActionUpdateThreadAware, PossiblyDumbAware {
  public AnAction() {}

  public AnAction(String text, String description, Icon icon) {}

  protected final void setEnabledInModalContext(boolean enabled) {}

  public final void registerCustomShortcutSet(ShortcutSet shortcutSet, JComponent component) {}

  public abstract void actionPerformed(AnActionEvent event);

  public void update(AnActionEvent event) {}

  @Override
  public ActionUpdateThread getActionUpdateThread() {
    throw new UnsupportedOperationException();
  }
}
