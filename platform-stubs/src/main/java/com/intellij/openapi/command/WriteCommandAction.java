package com.intellij.openapi.command;

import com.intellij.openapi.project.Project;

public abstract class WriteCommandAction<T> {
  private WriteCommandAction() {}

  public static void runWriteCommandAction(Project project, Runnable runnable) {
    throw new UnsupportedOperationException();
  }
}
