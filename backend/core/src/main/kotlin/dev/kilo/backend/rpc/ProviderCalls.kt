package dev.kilo.backend.rpc

import dev.kilo.backend.workspace.Workspaces
import dev.kilo.client.model.ApiAuth
import dev.kilo.client.model.Auth
import dev.kilo.client.model.LoginCondition
import dev.kilo.client.model.LoginPrompt
import dev.kilo.client.model.MCPStatus
import dev.kilo.client.model.ProviderAuthAuthorization
import dev.kilo.client.model.ProviderAuthMethod
import dev.kilo.client.model.ProviderAuthRequest
import dev.kilo.client.model.ProviderAuthResult
import dev.kilo.client.model.ProviderProbeInput
import dev.kilo.shared.mcp.McpServer
import dev.kilo.shared.mcp.McpService
import dev.kilo.shared.mcp.Offer
import dev.kilo.shared.provider.FoundModel
import dev.kilo.shared.provider.Login
import dev.kilo.shared.provider.LoginField
import dev.kilo.shared.provider.LoginMethod
import dev.kilo.shared.provider.Probe
import dev.kilo.shared.provider.Provider
import dev.kilo.shared.provider.ProviderService
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlin.time.Duration.Companion.minutes
import dev.kilo.client.model.Provider as WireProvider

/** Providers as windows see them: a line each instead of thousands of models, and never a key. */
internal class ProviderCalls(private val calls: Calls, private val workspaces: Workspaces) : ProviderService {
    override suspend fun list(directory: String): List<Provider> {
        val real = workspaces.use(directory).directory
        val list = calls.query { it.providers.providerListWithHttpInfo(real) }.value()
        val logins = calls.query { it.providers.providerAuthWithHttpInfo(real) }.value()
        val connected = list.connected.withIndex().associate { (index, id) -> id to index }
        return list.all
            .map { toProvider(it, it.id in connected, list.default[it.id], logins[it.id].orEmpty()) }
            .sortedWith(compareBy({ connected[it.id] ?: Int.MAX_VALUE }, { it.name.lowercase() }))
    }

    private fun toProvider(wire: WireProvider, connected: Boolean, default: String?, logins: List<ProviderAuthMethod>) =
        Provider(
            id = wire.id,
            name = wire.name,
            connected = connected,
            source = if (connected) sourceOf(wire.source) else null,
            models = wire.models.size,
            env = wire.env,
            logins = logins.mapIndexed { number, method ->
                LoginMethod(
                    number.toLong(),
                    method.label,
                    method.type == ProviderAuthMethod.Type.OAUTH,
                    method.prompts.orEmpty().map(::toField),
                )
            },
            baseUrl = (wire.options["baseURL"] as? JsonPrimitive)?.contentOrNull?.let(::maskText),
            free = wire.models.values.count { it.isFree == true },
            suggested = wire.models.values.firstOrNull { it.isFree == true }?.id ?: default,
            description = wire.description,
        )

    private fun sourceOf(source: WireProvider.Source): Provider.Source = when (source) {
        WireProvider.Source.ENV -> Provider.Source.ENVIRONMENT
        WireProvider.Source.CONFIG -> Provider.Source.CONFIGURATION
        WireProvider.Source.API -> Provider.Source.STORED
        WireProvider.Source.CUSTOM, WireProvider.Source.UNKNOWN_DEFAULT_OPEN_API -> Provider.Source.NONE
    }

    private fun toField(prompt: LoginPrompt): LoginField = when (prompt) {
        is LoginPrompt.TextWrapper -> with(prompt.value) {
            LoginField(key, message, placeholder).whenever(`when`)
        }

        is LoginPrompt.SelectWrapper -> with(prompt.value) {
            val choices = options.map {
                LoginField.Pair(it.value, listOfNotNull(it.label, it.hint).joinToString(" – "))
            }
            LoginField(key, message, options = choices).whenever(`when`)
        }
    }

    private fun LoginField.whenever(condition: LoginCondition?) = condition?.let {
        copy(ifKey = it.key, ifValue = it.value, unless = it.op == LoginCondition.Op.NEQ)
    } ?: this

    override suspend fun setKey(providerId: String, key: String) {
        calls.repeatable {
            it.auth.authSetWithHttpInfo(providerId, Auth.ApiWrapper(ApiAuth(key = key, type = ApiAuth.Type.API)))
        }
    }

    override suspend fun forget(providerId: String) {
        calls.repeatable { it.auth.authRemoveWithHttpInfo(providerId) }
    }

    override suspend fun login(
        directory: String,
        providerId: String,
        method: Long,
        inputs: Map<String, String>,
    ): Login {
        val real = workspaces.use(directory).directory
        val body = ProviderAuthRequest(method = method, inputs = inputs.takeIf { it.isNotEmpty() })
        val begun = calls.command { it.providers.providerOauthAuthorizeWithHttpInfo(providerId, body, real) }.value()
        return Login(begun.url, begun.instructions, begun.method == ProviderAuthAuthorization.Method.CODE)
    }

    override suspend fun awaitLogin(directory: String, providerId: String, method: Long, code: String?) {
        val real = workspaces.used(directory).directory
        val body = ProviderAuthResult(method = method, code = code)
        calls.query(PATIENCE) { it.providers.providerOauthCallbackWithHttpInfo(providerId, body, real) }
    }

    override suspend fun probe(directory: String, baseUrl: String, key: String?): Probe {
        val real = workspaces.use(directory).directory
        val body = ProviderProbeInput(baseURL = baseUrl, key = key?.ifEmpty { null })
        val found = calls.query { it.settings.settingsProviderProbeWithHttpInfo(body, real) }.value()
        return Probe(
            found.ok,
            found.models.map { FoundModel(it.id, it.name, it.context) },
            found.duration,
            found.message,
        )
    }

    private companion object {
        /** A little more than the CLI waits for a person. */
        val PATIENCE = 6.minutes
    }
}

internal class McpCalls(private val calls: Calls, private val workspaces: Workspaces) : McpService {
    override suspend fun servers(directory: String): List<McpServer> {
        val real = workspaces.use(directory).directory
        return calls.query { it.settings.settingsMcpWithHttpInfo(real) }.value().map { offer ->
            val (state, message) = stateOf(offer.status)
            McpServer(
                offer.name,
                state,
                message?.let(::maskText),
                offer.login,
                offer.tools.map { Offer(it.name, it.description) },
                offer.prompts.map { Offer(it.name, it.description) },
                offer.resources.map { Offer(it.name, it.description, it.uri) },
            )
        }
    }

    private fun stateOf(status: MCPStatus): Pair<McpServer.State, String?> = when (status) {
        is MCPStatus.ConnectedWrapper -> McpServer.State.CONNECTED to null
        is MCPStatus.DisabledWrapper -> McpServer.State.DISABLED to null
        is MCPStatus.FailedWrapper -> McpServer.State.FAILED to status.value.error
        is MCPStatus.NeedsAuthWrapper -> McpServer.State.NEEDS_LOGIN to null
        is MCPStatus.NeedsClientRegistrationWrapper -> McpServer.State.FAILED to status.value.error
    }

    override suspend fun connect(directory: String, name: String) {
        val real = workspaces.use(directory).directory
        calls.repeatable { it.mcp.mcpConnectWithHttpInfo(name, real) }
    }

    override suspend fun disconnect(directory: String, name: String) {
        val real = workspaces.used(directory).directory
        calls.repeatable { it.mcp.mcpDisconnectWithHttpInfo(name, real) }
    }

    override suspend fun login(directory: String, name: String): String {
        val real = workspaces.use(directory).directory
        return calls.command { it.mcp.mcpAuthStartWithHttpInfo(name, real) }.value().authorizationUrl
    }

    override suspend fun logout(directory: String, name: String) {
        val real = workspaces.used(directory).directory
        calls.repeatable { it.mcp.mcpAuthRemoveWithHttpInfo(name, real) }
    }
}
