package com.intellij.openapi.actionSystem;

public class DataKey<T> {
  private DataKey() {}

  public static <T> DataKey<T> create(String name) {
    return new DataKey<>();
  }
}
