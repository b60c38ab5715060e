package com.intellij.notification;

import com.intellij.openapi.actionSystem.AnAction;
import com.intellij.openapi.project.Project;

public class Notification {
  public Notification(String groupId, String content, NotificationType type) {
    throw new UnsupportedOperationException();
  }

  public Notification addAction(AnAction action) {
    throw new UnsupportedOperationException();
  }

  public void expire() {
    throw new UnsupportedOperationException();
  }

  public void notify(Project project) {
    throw new UnsupportedOperationException();
  }
}
