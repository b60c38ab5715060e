package dev.kilo.shared.provider

import kotlinx.serialization.Serializable

/** A provider of models. Nothing here ever holds its key. */
@Serializable
public data class Provider(
    val id: String,
    val name: String,
    val connected: Boolean,
    /** Where its key comes from; only of a connected one. */
    val source: Source? = null,
    val models: Int = 0,
    /** Names of environment variables that would connect it. */
    val env: List<String> = emptyList(),
    val logins: List<LoginMethod> = emptyList(),
    val baseUrl: String? = null,
    /** Some of its models cost nothing. */
    val free: Int = 0,
    /** What a newcomer would use: a free model first, then the provider's own default. */
    val suggested: String? = null,
    val description: String? = null,
) {
    @Serializable
    public enum class Source {
        /** A key or login that the CLI keeps in its own file. */
        STORED,
        ENVIRONMENT,
        CONFIGURATION,

        /** Needs none: built in, or found on the agent's machine. */
        NONE,
    }
}

/** A way to connect a provider; [number] is its place in the provider's list. */
@Serializable
public data class LoginMethod(
    val number: Long,
    val label: String,
    /** In the browser; otherwise with a key. */
    val browser: Boolean,
    val fields: List<LoginField> = emptyList(),
)

/** Something that a login wants to know first. With [options] it is a choice. It is only asked where [ifKey] has [ifValue]. */
@Serializable
public data class LoginField(
    val key: String,
    val label: String,
    val placeholder: String? = null,
    val options: List<Pair> = emptyList(),
    val ifKey: String? = null,
    val ifValue: String? = null,
    /** Turns the condition around. */
    val unless: Boolean = false,
) {
    @Serializable
    public data class Pair(val value: String, val label: String)
}

/** A login that has begun: what the person has to do. [needsCode] says that the browser will show a code to enter here. */
@Serializable
public data class Login(val url: String, val instructions: String, val needsCode: Boolean)

@Serializable
public data class FoundModel(val id: String, val name: String, val context: Long? = null)

/** What a custom endpoint answered. [message] says what is wrong and what to do. */
@Serializable
public data class Probe(
    val ok: Boolean,
    val models: List<FoundModel> = emptyList(),
    val millis: Long = 0,
    val message: String? = null,
)

public interface ProviderService {
    /** All providers of the catalogue, the connected first. */
    public suspend fun list(directory: String): List<Provider>

    /** Stores a key in the CLI's own file. It never comes back. */
    public suspend fun setKey(providerId: String, key: String)

    /** Forgets key or login. */
    public suspend fun forget(providerId: String)

    public suspend fun login(directory: String, providerId: String, method: Long, inputs: Map<String, String>): Login

    /** Waits until the person is done, some minutes at most. Whoever stops waiting cancels. */
    public suspend fun awaitLogin(directory: String, providerId: String, method: Long, code: String?)

    /** Asks an OpenAI-compatible address for its models. Nothing is stored. */
    public suspend fun probe(directory: String, baseUrl: String, key: String?): Probe
}
