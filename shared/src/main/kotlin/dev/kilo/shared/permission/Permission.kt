package dev.kilo.shared.permission

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonObject

/** A decision that the agent waits for. [always] are the patterns that [PermissionReply.ALWAYS] would save. */
@Serializable
public data class PermissionRequest(
    val id: String,
    val sessionId: String,
    val permission: String,
    val patterns: List<String>,
    val always: List<String>,
    val metadata: JsonObject,
    val messageId: String? = null,
    val callId: String? = null,
)

@Serializable
public enum class PermissionReply {
    @SerialName("once")
    ONCE,

    @SerialName("always")
    ALWAYS,

    @SerialName("reject")
    REJECT,
}

public interface PermissionService {
    /** Decisions that sessions of the directory wait for. */
    public suspend fun pending(directory: String): List<PermissionRequest>

    /**
     * Saves patterns of an open request for the project, as allowed or forbidden from now on. The request stays open
     * until its reply.
     */
    public suspend fun remember(directory: String, requestId: String, allow: List<String>, deny: List<String>)

    /** With [PermissionReply.REJECT] a [message] is shown to the model and the turn goes on. */
    public suspend fun reply(directory: String, requestId: String, reply: PermissionReply, message: String? = null)
}
