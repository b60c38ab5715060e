package dev.kilo.backend.rpc

import dev.kilo.backend.cli.CliHost
import dev.kilo.client.infrastructure.ApiResponse
import dev.kilo.client.infrastructure.ClientError
import dev.kilo.client.infrastructure.ServerError
import dev.kilo.client.infrastructure.Success
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.app.BackendException.Code
import dev.kilo.shared.app.CliState
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import java.io.IOException
import java.net.ConnectException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Calls the CLI of the moment, and turns whatever goes wrong into a [BackendException] that a person understands. */
internal class Calls(
    private val cli: CliHost,
    private val http: CliHttp,
    private val ready: Duration = 45.seconds,
    private val limit: Duration = 45.seconds,
) {
    @Volatile
    private var current: CliApi? = null

    /** Asks for something; asked once more when the CLI went away meanwhile. Each answer may take [limit]. */
    suspend fun <T> query(limit: Duration = this.limit, block: suspend (CliApi) -> ApiResponse<T?>): ApiResponse<T?> =
        repeating(limit, block)

    /** Changes something whose identity the CLI stores, so that doing it again is harmless. */
    suspend fun <T> repeatable(
        limit: Duration = this.limit,
        block: suspend (CliApi) -> ApiResponse<T?>,
    ): ApiResponse<T?> = repeating(limit, block)

    /** Changes something once. Fails with `OUTCOME_UNKNOWN` when the CLI went away before it answered. */
    suspend fun <T> command(
        limit: Duration = this.limit,
        block: suspend (CliApi) -> ApiResponse<T?>,
    ): ApiResponse<T?> = try {
        once(limit, block)
    } catch (e: ConnectException) {
        throw gone(e)
    } catch (e: IOException) {
        throw BackendException(Code.OUTCOME_UNKNOWN, UNKNOWN, e)
    }

    private suspend fun <T> repeating(limit: Duration, block: suspend (CliApi) -> ApiResponse<T?>): ApiResponse<T?> {
        var last: IOException? = null
        repeat(ATTEMPTS) {
            try {
                return once(limit, block)
            } catch (e: IOException) {
                last = e
                awaitOther(current)
            }
        }
        throw gone(last)
    }

    private suspend fun <T> once(limit: Duration, block: suspend (CliApi) -> ApiResponse<T?>): ApiResponse<T?> {
        val api = api()
        val response =
            try {
                withTimeoutOrNull(limit) { block(api) }
            } catch (e: SerializationException) {
                throw BackendException(
                    Code.INTERNAL,
                    "The Kilo CLI answered something that is not understood: ${e.message}",
                    e,
                )
            }
        response ?: throw BackendException(Code.UNAVAILABLE, "The Kilo CLI did not answer within $limit.")
        if (response is ClientError || response is ServerError) throw failure(response)
        return response
    }

    /** The CLI as it is ready, waiting while it starts. */
    suspend fun api(): CliApi {
        val found =
            withTimeoutOrNull(ready) {
                combine(cli.endpoint, cli.state) { endpoint, state -> endpoint to state }
                    .first { (endpoint, state) ->
                        endpoint != null || state is CliState.Failed ||
                            state == CliState.Stopped
                    }
            }
        val endpoint = found?.first
        if (endpoint == null) {
            val message =
                when (val state = cli.state.value) {
                    is CliState.Failed -> state.message
                    is CliState.Restarting -> "The Kilo CLI is being restarted. ${state.message}"
                    is CliState.Starting -> "The Kilo CLI has not started within $ready."
                    CliState.Stopped -> "The Kilo CLI was stopped."
                    is CliState.Ready -> "The Kilo CLI can't be reached."
                }
            throw BackendException(Code.UNAVAILABLE, message)
        }
        current?.let { if (it.endpoint == endpoint) return it }
        return CliApi(endpoint, http).also { current = it }
    }

    /** A broken call mostly means that the process just ended; the owner notices a moment later. */
    private suspend fun awaitOther(api: CliApi?) {
        if (api == null) return
        withTimeoutOrNull(GRACE) { cli.endpoint.first { it != api.endpoint } }
    }

    private fun gone(cause: IOException?) = BackendException(
        Code.UNAVAILABLE,
        "The Kilo CLI does not answer (${cause?.message ?: "no connection"}). It is being restarted.",
        cause,
    )

    private companion object {
        const val ATTEMPTS = 3
        val GRACE = 2.seconds
        const val UNKNOWN =
            "The Kilo CLI went away while this was being done, and it is not known whether it was " +
                "carried out. Look before you try again."
    }
}

/** The value of a successful answer. */
internal fun <T> ApiResponse<T?>.value(): T {
    val success =
        this as? Success<T?> ?: throw BackendException(Code.INTERNAL, "The Kilo CLI answered with status $statusCode.")
    return success.data ?: throw BackendException(Code.INTERNAL, "The Kilo CLI gave an empty answer.")
}

/** Reads the error bodies of the contract (behaviour section 2). */
internal fun failure(response: ApiResponse<*>): BackendException {
    val body = ((response as? ClientError<*>)?.body ?: (response as? ServerError<*>)?.body) as? String
    val code =
        when (response.statusCode) {
            401 -> Code.UNAUTHORIZED
            404 -> Code.NOT_FOUND
            in 400..499 -> Code.BAD_REQUEST
            else -> Code.INTERNAL
        }
    val message =
        when (response.statusCode) {
            401 -> "The Kilo CLI refused the backend's password. Restart the backend."
            else -> body?.let(::messageOf) ?: "The Kilo CLI answered with status ${response.statusCode}."
        }
    return BackendException(code, message)
}

private fun messageOf(body: String): String? {
    val json =
        try {
            ClientJson.json.parseToJsonElement(body) as? JsonObject
        } catch (_: SerializationException) {
            return body.trim().take(300).ifEmpty { null }
        } ?: return null
    val inner = (json["data"] as? JsonObject)?.get("message") ?: json["message"] ?: json["error"]
    return (inner as? JsonPrimitive)?.contentOrNull?.takeIf { it.isNotBlank() }
}
