package com.intellij.openapi.application;

import com.intellij.openapi.components.ComponentManager;

public interface Application extends ComponentManager {
}
