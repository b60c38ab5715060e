package dev.kilo.shared.agent

import kotlinx.serialization.Serializable

/** A mode that a prompt can run in. The first of a list is the default. */
@Serializable
public data class Agent(val name: String, val displayName: String, val description: String? = null)

public interface AgentService {
    /** Visible primary agents in the server's order. */
    public suspend fun list(directory: String): List<Agent>
}
