package com.intellij.openapi.fileEditor;

import com.intellij.openapi.editor.Editor;
import com.intellij.openapi.project.Project;

public abstract class FileEditorManager {
  public static FileEditorManager getInstance(Project project) {
    throw new UnsupportedOperationException();
  }

  public abstract Editor getSelectedTextEditor();
}
