package com.intellij.openapi.application

public abstract class ModalityState {
    public companion object {
        private val only = object : ModalityState() {}

        @JvmStatic
        public fun current(): ModalityState = only
    }
}
