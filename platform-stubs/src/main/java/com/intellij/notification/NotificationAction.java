package com.intellij.notification;

import com.intellij.openapi.project.DumbAwareAction;

public abstract class NotificationAction extends DumbAwareAction {
  public static NotificationAction createSimpleExpiring(String text, Runnable run) {
    throw new UnsupportedOperationException();
  }
}
