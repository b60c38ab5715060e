package dev.kilo.backend.rpc

import dev.kilo.backend.cli.CliEndpoint
import dev.kilo.client.api.AgentApi
import dev.kilo.client.api.AssistApi
import dev.kilo.client.api.AuthApi
import dev.kilo.client.api.CommandApi
import dev.kilo.client.api.ConfigApi
import dev.kilo.client.api.FindApi
import dev.kilo.client.api.GlobalApi
import dev.kilo.client.api.McpApi
import dev.kilo.client.api.OutboxApi
import dev.kilo.client.api.PermissionApi
import dev.kilo.client.api.ProviderApi
import dev.kilo.client.api.QuestionApi
import dev.kilo.client.api.SessionApi
import dev.kilo.client.api.SettingsApi
import dev.kilo.client.api.SkillApi
import dev.kilo.client.api.VcsApi
import dev.kilo.client.infrastructure.ApiClient
import dev.kilo.client.infrastructure.Serializer
import kotlinx.serialization.json.Json
import okhttp3.ConnectionPool
import okhttp3.Dispatcher
import okhttp3.OkHttpClient
import okhttp3.Protocol
import java.time.Duration
import java.util.concurrent.ExecutorService
import java.util.concurrent.SynchronousQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit

/** The generated client's JSON, set up before its first use: what is not set is not sent. */
internal object ClientJson {
    init {
        Serializer.kotlinxSerializationJsonConfiguration = {
            explicitNulls = false
            encodeDefaults = false
            isLenient = false
        }
    }

    val json: Json = Serializer.kotlinxSerializationJson
}

/**
 * The HTTP client that everything which talks to the CLI shares: HTTP/1.1 over loopback, no time limits of its own
 * (those are set in coroutines), nothing repeated behind our back, and threads that [close] ends.
 */
internal class CliHttp : AutoCloseable {
    private val executor: ExecutorService =
        ThreadPoolExecutor(0, Int.MAX_VALUE, 10, TimeUnit.SECONDS, SynchronousQueue()) { task ->
            Thread(task, "kilo-http").apply { isDaemon = true }
        }

    val client: OkHttpClient =
        OkHttpClient
            .Builder()
            .protocols(listOf(Protocol.HTTP_1_1))
            .dispatcher(Dispatcher(executor).apply { maxRequestsPerHost = 64 })
            .connectionPool(ConnectionPool(8, 30, TimeUnit.SECONDS))
            .retryOnConnectionFailure(false)
            .connectTimeout(Duration.ZERO)
            .readTimeout(Duration.ZERO)
            .writeTimeout(Duration.ZERO)
            .proxy(java.net.Proxy.NO_PROXY)
            .build()

    override fun close() {
        client.dispatcher.cancelAll()
        executor.shutdown()
        client.connectionPool.evictAll()
    }
}

/** The generated client for one run of the CLI. */
internal class CliApi(val endpoint: CliEndpoint, http: CliHttp) {
    init {
        checkNotNull(ClientJson.json)
    }

    val global = GlobalApi(endpoint.url, http.client).signedIn()
    val sessions = SessionApi(endpoint.url, http.client).signedIn()
    val permissions = PermissionApi(endpoint.url, http.client).signedIn()
    val questions = QuestionApi(endpoint.url, http.client).signedIn()
    val config = ConfigApi(endpoint.url, http.client).signedIn()
    val agents = AgentApi(endpoint.url, http.client).signedIn()
    val vcs = VcsApi(endpoint.url, http.client).signedIn()
    val commands = CommandApi(endpoint.url, http.client).signedIn()
    val find = FindApi(endpoint.url, http.client).signedIn()
    val outbox = OutboxApi(endpoint.url, http.client).signedIn()
    val settings = SettingsApi(endpoint.url, http.client).signedIn()
    val providers = ProviderApi(endpoint.url, http.client).signedIn()
    val auth = AuthApi(endpoint.url, http.client).signedIn()
    val mcp = McpApi(endpoint.url, http.client).signedIn()
    val skills = SkillApi(endpoint.url, http.client).signedIn()
    val assist = AssistApi(endpoint.url, http.client).signedIn()

    private fun <T : ApiClient> T.signedIn(): T = apply {
        userCredentialsProvider =
            { endpoint.user to endpoint.password }
    }
}
