package com.intellij.openapi.vcs;

public interface CommitMessageI {
  void setCommitMessage(String message);
}
