package dev.kilo.shared.model

import kotlinx.serialization.Serializable

@Serializable
public data class ModelRef(val providerId: String, val modelId: String) {
    override fun toString(): String = "$providerId/$modelId"
}

@Serializable
public data class Model(
    val ref: ModelRef,
    val name: String,
    val providerName: String,
    val contextLimit: Long = 0,
    val reasoning: Boolean = false,
    val attachment: Boolean = false,
    /** US dollars for a million tokens. */
    val inputCost: Double = 0.0,
    val outputCost: Double = 0.0,
    val cacheCost: Double = 0.0,
    /** What it can read beside text. */
    val images: Boolean = false,
    val pdf: Boolean = false,
    val outputLimit: Long = 0,
    /** Efforts that can be chosen, weakest first as the provider lists them. */
    val variants: List<String> = emptyList(),
    val free: Boolean = false,
    /** `alpha`, `beta` or `deprecated`; null for an ordinary one. */
    val status: String? = null,
)

/** Models that can be used now, and the one that a prompt without a choice gets. */
@Serializable
public data class ModelList(val models: List<Model>, val default: ModelRef? = null)

public interface ModelService {
    public suspend fun list(directory: String): ModelList
}
