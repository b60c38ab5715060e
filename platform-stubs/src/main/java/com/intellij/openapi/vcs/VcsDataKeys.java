package com.intellij.openapi.vcs;

import com.intellij.openapi.actionSystem.DataKey;

public interface VcsDataKeys {
  DataKey<CommitMessageI> COMMIT_MESSAGE_CONTROL = DataKey.create("COMMIT_MESSAGE_CONTROL");
}
