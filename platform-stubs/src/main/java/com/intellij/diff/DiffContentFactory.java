package com.intellij.diff;

import com.intellij.diff.contents.DocumentContent;
import com.intellij.openapi.project.Project;

public abstract class DiffContentFactory {
  public static DiffContentFactory getInstance() {
    throw new UnsupportedOperationException();
  }

  public abstract DocumentContent create(Project project, String text);
}
