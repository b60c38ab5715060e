package dev.kilo.shared.mcp

import kotlinx.serialization.Serializable

/** Something that an MCP server offers: a tool, a prompt, or with [uri] a resource. */
@Serializable
public data class Offer(val name: String, val description: String? = null, val uri: String? = null)

/** An MCP server as it is now. What it is configured with is in the configuration. */
@Serializable
public data class McpServer(
    val name: String,
    val state: State,
    /** What is wrong and what to do. */
    val message: String? = null,
    /** One may log in to it. */
    val login: Boolean = false,
    val tools: List<Offer> = emptyList(),
    val prompts: List<Offer> = emptyList(),
    val resources: List<Offer> = emptyList(),
) {
    @Serializable
    public enum class State { CONNECTED, DISABLED, FAILED, NEEDS_LOGIN }
}

public interface McpService {
    /** Every configured server; starts those that are enabled. */
    public suspend fun servers(directory: String): List<McpServer>

    /** Connects, again if need be. For one that the project defines this is the approval to start it. */
    public suspend fun connect(directory: String, name: String)

    public suspend fun disconnect(directory: String, name: String)

    /** Begins a login; answers the address to open, empty when none is needed. It completes by itself. */
    public suspend fun login(directory: String, name: String): String

    public suspend fun logout(directory: String, name: String)
}
