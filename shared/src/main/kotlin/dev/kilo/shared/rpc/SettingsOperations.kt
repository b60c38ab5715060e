package dev.kilo.shared.rpc

import dev.kilo.shared.app.Backend
import dev.kilo.shared.mcp.McpServer
import dev.kilo.shared.mcp.McpService
import dev.kilo.shared.provider.Login
import dev.kilo.shared.provider.Probe
import dev.kilo.shared.provider.Provider
import dev.kilo.shared.provider.ProviderService
import dev.kilo.shared.settings.AgentDraft
import dev.kilo.shared.settings.ConfigChange
import dev.kilo.shared.settings.ConfigResult
import dev.kilo.shared.settings.ConfigView
import dev.kilo.shared.settings.LibraryItem
import dev.kilo.shared.settings.Rule
import dev.kilo.shared.settings.Scope
import dev.kilo.shared.settings.SettingsService
import dev.kilo.shared.settings.Usage
import dev.kilo.shared.status.HostStatus
import dev.kilo.shared.status.LogLines
import dev.kilo.shared.status.StatusService
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.serialization.Serializable
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.builtins.serializer

@Serializable
internal data class WriteConfig(val directory: String, val change: ConfigChange)

@Serializable
internal data class ForgetRule(val directory: String, val permission: String, val pattern: String)

@Serializable
internal data class SaveAgent(val directory: String, val draft: AgentDraft)

@Serializable
internal data class SaveText(
    val directory: String,
    val kind: LibraryItem.Kind,
    val name: String,
    val scope: Scope,
    val content: String,
)

@Serializable
internal data class RemoveItem(val directory: String, val item: LibraryItem)

@Serializable
internal data class ReadUsage(val directory: String, val days: Int, val everywhere: Boolean)

@Serializable
internal data class ProviderKey(val providerId: String, val key: String) {
    /** The key stays out of whatever prints this. */
    override fun toString(): String = "ProviderKey($providerId)"
}

@Serializable
internal data class OfProvider(val providerId: String)

@Serializable
internal data class BeginLogin(
    val directory: String,
    val providerId: String,
    val method: Long,
    val inputs: Map<String, String> = emptyMap(),
) {
    override fun toString(): String = "BeginLogin($providerId, $method)"
}

@Serializable
internal data class AwaitLogin(
    val directory: String,
    val providerId: String,
    val method: Long,
    val code: String? = null,
) {
    override fun toString(): String = "AwaitLogin($providerId, $method)"
}

@Serializable
internal data class ProbeEndpoint(val directory: String, val baseUrl: String, val key: String? = null) {
    override fun toString(): String = "ProbeEndpoint($baseUrl)"
}

@Serializable
internal data class OfServer(val directory: String, val name: String)

/** What settings and status pages ask of a backend. */
internal object SettingsOperations {
    val config = Query("settings.config", InDirectory.serializer(), ConfigView.serializer())

    /** Guarded by the file's revision: a repetition of what was carried out is a conflict, never a second change. */
    val write = Command("settings.write", WriteConfig.serializer(), ConfigResult.serializer())
    val savedRules = Query("settings.rules", InDirectory.serializer(), ListSerializer(Rule.serializer()))
    val forgetRule = Command("settings.rule.forget", ForgetRule.serializer(), Unit.serializer(), repeatable = true)
    val library = Query("settings.library", InDirectory.serializer(), ListSerializer(LibraryItem.serializer()))
    val saveAgent = Command("settings.agent.save", SaveAgent.serializer(), String.serializer(), repeatable = true)
    val saveText = Command("settings.text.save", SaveText.serializer(), String.serializer(), repeatable = true)
    val remove = Command("settings.item.remove", RemoveItem.serializer(), Unit.serializer())
    val usage = Query("settings.usage", ReadUsage.serializer(), Usage.serializer())

    val providers = Query("provider.list", InDirectory.serializer(), ListSerializer(Provider.serializer()))
    val setKey = Command("provider.key", ProviderKey.serializer(), Unit.serializer(), repeatable = true)
    val forget = Command("provider.forget", OfProvider.serializer(), Unit.serializer(), repeatable = true)
    val login = Command("provider.login", BeginLogin.serializer(), Login.serializer())

    /** A stream of one item: a person takes longer than a call may, and who stops listening cancels. */
    val awaitLogin = Stream("provider.login.wait", AwaitLogin.serializer(), Unit.serializer())
    val probe = Query("provider.probe", ProbeEndpoint.serializer(), Probe.serializer())

    val servers = Query("mcp.list", InDirectory.serializer(), ListSerializer(McpServer.serializer()))
    val connect = Command("mcp.connect", OfServer.serializer(), Unit.serializer(), repeatable = true)
    val disconnect = Command("mcp.disconnect", OfServer.serializer(), Unit.serializer(), repeatable = true)
    val mcpLogin = Command("mcp.login", OfServer.serializer(), String.serializer())
    val mcpLogout = Command("mcp.logout", OfServer.serializer(), Unit.serializer(), repeatable = true)

    val status = Query("status.get", Unit.serializer(), HostStatus.serializer())
    val log = Stream("status.log", Unit.serializer(), LogLines.serializer())
}

internal fun Handlers.settings(backend: Backend) {
    val settings = backend.settings
    on(SettingsOperations.config) { settings.config(it.directory) }
    on(SettingsOperations.write) { settings.write(it.directory, it.change) }
    on(SettingsOperations.savedRules) { settings.savedRules(it.directory) }
    on(SettingsOperations.forgetRule) { settings.forgetRule(it.directory, it.permission, it.pattern) }
    on(SettingsOperations.library) { settings.library(it.directory) }
    on(SettingsOperations.saveAgent) { settings.saveAgent(it.directory, it.draft) }
    on(SettingsOperations.saveText) { settings.saveText(it.directory, it.kind, it.name, it.scope, it.content) }
    on(SettingsOperations.remove) { settings.remove(it.directory, it.item) }
    on(SettingsOperations.usage) { settings.usage(it.directory, it.days, it.everywhere) }

    val providers = backend.providers
    on(SettingsOperations.providers) { providers.list(it.directory) }
    on(SettingsOperations.setKey) { providers.setKey(it.providerId, it.key) }
    on(SettingsOperations.forget) { providers.forget(it.providerId) }
    on(SettingsOperations.login) { providers.login(it.directory, it.providerId, it.method, it.inputs) }
    on(SettingsOperations.awaitLogin) { args, _ ->
        flow { emit(providers.awaitLogin(args.directory, args.providerId, args.method, args.code)) }
    }
    on(SettingsOperations.probe) { providers.probe(it.directory, it.baseUrl, it.key) }

    val mcp = backend.mcp
    on(SettingsOperations.servers) { mcp.servers(it.directory) }
    on(SettingsOperations.connect) { mcp.connect(it.directory, it.name) }
    on(SettingsOperations.disconnect) { mcp.disconnect(it.directory, it.name) }
    on(SettingsOperations.mcpLogin) { mcp.login(it.directory, it.name) }
    on(SettingsOperations.mcpLogout) { mcp.logout(it.directory, it.name) }

    on(SettingsOperations.status) { backend.status.status() }
    on(SettingsOperations.log) { _, _ -> backend.status.log() }
}

internal class RpcSettings(private val client: RpcClient) : SettingsService {
    override suspend fun config(directory: String): ConfigView =
        client.call(SettingsOperations.config, InDirectory(directory))

    override suspend fun write(directory: String, change: ConfigChange): ConfigResult =
        client.call(SettingsOperations.write, WriteConfig(directory, change))

    override suspend fun savedRules(directory: String): List<Rule> =
        client.call(SettingsOperations.savedRules, InDirectory(directory))

    override suspend fun forgetRule(directory: String, permission: String, pattern: String) =
        client.call(SettingsOperations.forgetRule, ForgetRule(directory, permission, pattern))

    override suspend fun library(directory: String): List<LibraryItem> =
        client.call(SettingsOperations.library, InDirectory(directory))

    override suspend fun saveAgent(directory: String, draft: AgentDraft): String =
        client.call(SettingsOperations.saveAgent, SaveAgent(directory, draft))

    override suspend fun saveText(
        directory: String,
        kind: LibraryItem.Kind,
        name: String,
        scope: Scope,
        content: String,
    ): String = client.call(SettingsOperations.saveText, SaveText(directory, kind, name, scope, content))

    override suspend fun remove(directory: String, item: LibraryItem) =
        client.call(SettingsOperations.remove, RemoveItem(directory, item.copy(content = null)))

    override suspend fun usage(directory: String, days: Int, everywhere: Boolean): Usage =
        client.call(SettingsOperations.usage, ReadUsage(directory, days, everywhere))
}

internal class RpcProviders(private val client: RpcClient) : ProviderService {
    override suspend fun list(directory: String): List<Provider> =
        client.call(SettingsOperations.providers, InDirectory(directory))

    override suspend fun setKey(providerId: String, key: String) =
        client.call(SettingsOperations.setKey, ProviderKey(providerId, key))

    override suspend fun forget(providerId: String) = client.call(SettingsOperations.forget, OfProvider(providerId))

    override suspend fun login(
        directory: String,
        providerId: String,
        method: Long,
        inputs: Map<String, String>,
    ): Login = client.call(SettingsOperations.login, BeginLogin(directory, providerId, method, inputs))

    override suspend fun awaitLogin(directory: String, providerId: String, method: Long, code: String?) =
        client.stream(SettingsOperations.awaitLogin, AwaitLogin(directory, providerId, method, code)).first()

    override suspend fun probe(directory: String, baseUrl: String, key: String?): Probe =
        client.call(SettingsOperations.probe, ProbeEndpoint(directory, baseUrl, key))
}

internal class RpcMcp(private val client: RpcClient) : McpService {
    override suspend fun servers(directory: String): List<McpServer> =
        client.call(SettingsOperations.servers, InDirectory(directory))

    override suspend fun connect(directory: String, name: String) =
        client.call(SettingsOperations.connect, OfServer(directory, name))

    override suspend fun disconnect(directory: String, name: String) =
        client.call(SettingsOperations.disconnect, OfServer(directory, name))

    override suspend fun login(directory: String, name: String): String =
        client.call(SettingsOperations.mcpLogin, OfServer(directory, name))

    override suspend fun logout(directory: String, name: String) =
        client.call(SettingsOperations.mcpLogout, OfServer(directory, name))
}

internal class RpcStatus(private val client: RpcClient) : StatusService {
    override suspend fun status(): HostStatus = client.call(SettingsOperations.status, Unit)

    override fun log(): Flow<LogLines> = client.stream(SettingsOperations.log, Unit)
}
