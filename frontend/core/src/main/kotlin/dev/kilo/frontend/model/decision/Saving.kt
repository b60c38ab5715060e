package dev.kilo.frontend.model.decision

/** Patterns to save for the project beside an answer: what is allowed and what is forbidden from now on. */
public data class Saving(val allow: List<String>, val deny: List<String>) {
    public val empty: Boolean get() = allow.isEmpty() && deny.isEmpty()
}
