package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.readable
import dev.kilo.frontend.model.texts
import dev.kilo.shared.provider.FoundModel
import dev.kilo.shared.provider.Login
import dev.kilo.shared.provider.LoginMethod
import dev.kilo.shared.provider.Probe
import dev.kilo.shared.provider.Provider
import dev.kilo.shared.settings.ConfigChange
import dev.kilo.shared.settings.ConfigResult
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonObject

/** A login on its way. [code] is what the browser will show, where the provider tells it. */
internal sealed interface LoginState {
    val provider: Provider

    data class Starting(override val provider: Provider) : LoginState

    data class Waiting(override val provider: Provider, val method: Long, val login: Login) : LoginState {
        val code: String? get() = CODE.find(login.instructions)?.value
    }

    data class Failed(override val provider: Provider, val message: String) : LoginState

    private companion object {
        val CODE = Regex("\\b[A-Z0-9]{3,6}-[A-Z0-9]{3,6}\\b")
    }
}

/** What a custom endpoint said. [running] while it is asked. */
internal data class ProbeState(val running: Boolean, val result: Probe? = null)

internal class ProvidersModel(private val settings: SettingsModel) {
    private val all = MutableStateFlow<List<Provider>?>(null)
    private val queryState = MutableStateFlow("")
    private val loginState = MutableStateFlow<LoginState?>(null)
    private val probeState = MutableStateFlow(ProbeState(false))
    private var loginJob: Job? = null
    private var probeJob: Job? = null
    private val backend get() = settings.backend.providers

    /** Null until they are known. */
    val list: StateFlow<List<Provider>?> = all.asStateFlow()
    val query: StateFlow<String> = queryState.asStateFlow()
    val login: StateFlow<LoginState?> = loginState.asStateFlow()
    val probe: StateFlow<ProbeState> = probeState.asStateFlow()

    val connected: List<Provider> get() = all.value.orEmpty().filter { it.connected }

    /** Providers of the catalogue that match the query, the well-known ones first; never more than can be looked at. */
    fun available(): List<Provider> {
        val words = queryState.value.lowercase().split(' ').filter { it.isNotEmpty() }
        return all.value.orEmpty()
            .filter { !it.connected && words.all { word -> word in it.name.lowercase() || word in it.id } }
            .sortedBy { KNOWN.indexOf(it.id).let { place -> if (place < 0) KNOWN.size else place } }
    }

    fun load() {
        settings.run("settings.failed.providers") { all.value = backend.list(settings.directory) }
    }

    fun search(text: String) {
        queryState.value = text
    }

    /** Stores a key; [key] is wiped. */
    fun connect(provider: Provider, key: CharArray) {
        val text = String(key).trim()
        key.fill('\u0000')
        if (text.isEmpty()) return settings.tell(texts("settings.provider.key.empty"), bad = true)
        settings.run("settings.failed.key") {
            backend.setKey(provider.id, text)
            after(texts("settings.provider.connected", provider.name))
        }
    }

    fun disconnect(provider: Provider) {
        settings.run("settings.failed.key") {
            backend.forget(provider.id)
            after(texts("settings.provider.forgotten", provider.name))
        }
    }

    private suspend fun after(message: String) {
        settings.tell(message)
        all.value = backend.list(settings.directory)
        settings.workspace.reloadChoices()
    }

    /** Begins a login in the browser and waits for its end; [open] gets the address. */
    fun login(provider: Provider, method: LoginMethod, inputs: Map<String, String>, open: (String) -> Unit) {
        loginJob?.cancel()
        loginState.value = LoginState.Starting(provider)
        loginJob = settings.run("settings.failed.login") {
            try {
                val begun = backend.login(settings.directory, provider.id, method.number, inputs)
                loginState.value = LoginState.Waiting(provider, method.number, begun)
                open(begun.url)
                if (!begun.needsCode) finish(provider, method.number, null)
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                loginState.value = LoginState.Failed(provider, readable(error))
            }
        }
    }

    /** Ends a login with the code that the browser showed. */
    fun code(text: String) {
        val waiting = loginState.value as? LoginState.Waiting ?: return
        loginJob = settings.run("settings.failed.login") {
            try {
                finish(waiting.provider, waiting.method, text.trim())
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (error: Exception) {
                loginState.value = LoginState.Failed(waiting.provider, readable(error))
            }
        }
    }

    private suspend fun finish(provider: Provider, method: Long, code: String?) {
        backend.awaitLogin(settings.directory, provider.id, method, code)
        loginState.value = null
        after(texts("settings.provider.connected", provider.name))
    }

    fun cancelLogin() {
        loginJob?.cancel()
        loginJob = null
        loginState.value = null
    }

    /** Asks a custom endpoint for its models. */
    fun test(url: String, key: CharArray) {
        val text = String(key).trim()
        key.fill('\u0000')
        probeJob?.cancel()
        probeState.value = ProbeState(true, null)
        probeJob = settings.scope.let {
            settings.run("settings.failed.probe") {
                try {
                    probeState.value =
                        ProbeState(false, backend.probe(settings.directory, url.trim(), text.ifEmpty { null }))
                } catch (cancelled: CancellationException) {
                    throw cancelled
                } catch (error: Exception) {
                    probeState.value = ProbeState(false, Probe(false, message = readable(error)))
                }
            }
        }
    }

    fun forgetProbe() {
        probeJob?.cancel()
        probeState.value = ProbeState(false)
    }

    /** Adds a custom endpoint to the user's own configuration, its key to the CLI's own file. */
    fun addCustom(name: String, url: String, key: CharArray, models: List<FoundModel>, done: () -> Unit) {
        val secret = String(key).trim()
        key.fill('\u0000')
        val id = idOf(name)
        if (id.isEmpty()) return settings.tell(texts("settings.provider.name.empty"), bad = true)
        if (models.isEmpty()) return settings.tell(texts("settings.provider.models.empty"), bad = true)
        val config = buildJsonObject {
            put("name", name.trim())
            put("npm", "@ai-sdk/openai-compatible")
            putJsonObject("options") { put("baseURL", url.trim().trimEnd('/')) }
            putJsonObject("models") { for (model in models) put(model.id, modelOf(model)) }
        }
        settings.run("settings.failed.write") {
            val now = settings.backend.settings.config(settings.directory)
            val file = now.globalFile
            val set = JsonObject(mapOf("provider" to JsonObject(mapOf(id to config))))
            val change = ConfigChange(file.scope, set, path = file.path, revision = file.revision)
            when (val result = settings.backend.settings.write(settings.directory, change)) {
                is ConfigResult.Conflict -> settings.tell(result.message + " " + texts("settings.again"), bad = true)

                is ConfigResult.Written -> {
                    if (secret.isNotEmpty()) backend.setKey(id, secret)
                    settings.config.load()
                    after(texts("settings.provider.connected", name.trim()))
                    probeState.value = ProbeState(false)
                    done()
                }
            }
        }
    }

    private fun modelOf(model: FoundModel): JsonObject = buildJsonObject {
        put("name", JsonPrimitive(model.name))
        model.context?.let { context ->
            putJsonObject("limit") {
                put("context", context)
                put("output", minOf(OUTPUT, context / 4))
            }
        }
    }

    /** Takes a custom endpoint out of the user's own configuration, and its key. */
    fun removeCustom(provider: Provider) {
        settings.config.choose(dev.kilo.shared.settings.Scope.GLOBAL)
        settings.config.write(listOf(Edit(listOf("provider", provider.id), null))) {
            settings.run("settings.failed.key") {
                backend.forget(provider.id)
                after(texts("settings.provider.forgotten", provider.name))
            }
        }
    }

    private companion object {
        const val OUTPUT = 8192L
        val KNOWN =
            listOf(
                "kilo",
                "anthropic",
                "openai",
                "google",
                "openrouter",
                "github-copilot",
                "mistral",
                "groq",
                "xai",
                "deepseek",
                "amazon-bedrock",
                "azure",
                "ollama",
                "lmstudio",
            )

        fun idOf(name: String): String = name.trim().lowercase().replace(Regex("[^a-z0-9]+"), "-").trim('-').take(40)
    }
}
