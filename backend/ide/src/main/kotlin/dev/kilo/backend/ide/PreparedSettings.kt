package dev.kilo.backend.ide

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
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow

/** The settings' services of a backend that has to be unpacked first: each call waits until it is [ready]. */
internal class PreparedSettings(private val ready: suspend () -> Backend) :
    SettingsService,
    ProviderService,
    McpService,
    StatusService {
    override suspend fun config(directory: String): ConfigView = ready().settings.config(directory)

    override suspend fun write(directory: String, change: ConfigChange): ConfigResult =
        ready().settings.write(directory, change)

    override suspend fun savedRules(directory: String): List<Rule> = ready().settings.savedRules(directory)

    override suspend fun forgetRule(directory: String, permission: String, pattern: String): Unit =
        ready().settings.forgetRule(directory, permission, pattern)

    override suspend fun library(directory: String): List<LibraryItem> = ready().settings.library(directory)

    override suspend fun saveAgent(directory: String, draft: AgentDraft): String =
        ready().settings.saveAgent(directory, draft)

    override suspend fun saveText(
        directory: String,
        kind: LibraryItem.Kind,
        name: String,
        scope: Scope,
        content: String,
    ): String = ready().settings.saveText(directory, kind, name, scope, content)

    override suspend fun remove(directory: String, item: LibraryItem): Unit = ready().settings.remove(directory, item)

    override suspend fun usage(directory: String, days: Int, everywhere: Boolean): Usage =
        ready().settings.usage(directory, days, everywhere)

    override suspend fun list(directory: String): List<Provider> = ready().providers.list(directory)

    override suspend fun setKey(providerId: String, key: String): Unit = ready().providers.setKey(providerId, key)

    override suspend fun forget(providerId: String): Unit = ready().providers.forget(providerId)

    override suspend fun login(
        directory: String,
        providerId: String,
        method: Long,
        inputs: Map<String, String>,
    ): Login = ready().providers.login(directory, providerId, method, inputs)

    override suspend fun awaitLogin(directory: String, providerId: String, method: Long, code: String?): Unit =
        ready().providers.awaitLogin(directory, providerId, method, code)

    override suspend fun probe(directory: String, baseUrl: String, key: String?): Probe =
        ready().providers.probe(directory, baseUrl, key)

    override suspend fun servers(directory: String): List<McpServer> = ready().mcp.servers(directory)

    override suspend fun connect(directory: String, name: String): Unit = ready().mcp.connect(directory, name)

    override suspend fun disconnect(directory: String, name: String): Unit = ready().mcp.disconnect(directory, name)

    override suspend fun login(directory: String, name: String): String = ready().mcp.login(directory, name)

    override suspend fun logout(directory: String, name: String): Unit = ready().mcp.logout(directory, name)

    override suspend fun status(): HostStatus = ready().status.status()

    override fun log(): Flow<LogLines> = flow { emitAll(ready().status.log()) }
}
