package com.intellij.openapi.actionSystem;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

public class DataKey<T> {
  private static final Map<String, DataKey<?>> KEYS = new ConcurrentHashMap<>();

  private DataKey() {}

  /** One key for a name, whoever asks, as in the platform. */
  @SuppressWarnings("unchecked")
  public static <T> DataKey<T> create(String name) {
    return (DataKey<T>) KEYS.computeIfAbsent(name, ignored -> new DataKey<>());
  }
}
