package dev.kilo.shared.rpc.ide

import dev.kilo.shared.rpc.RpcJson
import kotlinx.coroutines.flow.Flow
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.SerializationException

/** All that an IDE's own RPC has to carry: one call and one stream, both of strings. */
public interface IdeCalls {
    /** [body] is an [IdeRequest], the answer an [IdeReply]. */
    public suspend fun request(body: String): String

    /**
     * Opens the channel with the name [channel], which the caller makes up. The first item is [CHANNEL_OPEN], every
     * other one a frame for the window. The channel is closed when the flow ends or nobody collects it any more.
     */
    public suspend fun events(channel: String): Flow<String>
}

/** First item of [IdeCalls.events]: from now on the backend takes frames for the channel. */
public const val CHANNEL_OPEN: String = "open"

/** What a window's side asks of the backend's side beside the product's operations. */
@Serializable
public sealed interface IdeRequest {
    /** One frame of the window; [seq] counts from 0, because requests may overtake each other. */
    @Serializable
    @SerialName("frame")
    public data class Frame(val channel: String, val seq: Long, val text: String) : IdeRequest

    /** Asks for the real directory of a project, named by the platform's own serialized id. */
    @Serializable
    @SerialName("directory")
    public data class Directory(val project: String) : IdeRequest

    /** Shows a file in the editor. [path] is absolute or relative to the project; [line] and [column] count from 1. */
    @Serializable
    @SerialName("open")
    public data class OpenFile(val project: String, val path: String, val line: Int = 1, val column: Int = 1) :
        IdeRequest

    /** Asks for the text of a file below the project's directory; empty when there is no such file. */
    @Serializable
    @SerialName("read")
    public data class ReadFile(val project: String, val path: String) : IdeRequest
}

/** Either [value] or [error]: exceptions lose their type on the way, so a failure is an answer. */
@Serializable
public data class IdeReply(val value: String? = null, val error: String? = null)

/** Asks once. Throws [IdeCallException] with the backend's sentence, or whatever the IDE's RPC throws. */
public suspend fun IdeCalls.ask(request: IdeRequest): String {
    val body = request(RpcJson.encodeToString(IdeRequest.serializer(), request))
    val reply =
        try {
            RpcJson.decodeFromString(IdeReply.serializer(), body)
        } catch (e: SerializationException) {
            throw IdeCallException(
                "The backend's answer is not understood. Install the same version of Kilo on both sides.",
                e,
            )
        }
    reply.error?.let { throw IdeCallException(it) }
    return reply.value.orEmpty()
}

/** The backend refused; the message is for people. */
public class IdeCallException(message: String, cause: Throwable? = null) : Exception(message, cause)
