package com.intellij.openapi.actionSystem;

public class DataKey<T> {
  public static <T> DataKey<T> create(String name) {
    return new DataKey<>();
  }
}
