package dev.kilo.frontend.model

import dev.kilo.shared.message.Message
import dev.kilo.shared.message.Tokens
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.session.Session

/** What the next prompt of a session runs with; null leaves it to the server. */
public data class Choice(val agent: String? = null, val model: ModelRef? = null, val variant: String? = null)

/** How full the model's context is. */
public data class ContextUse(val tokens: Long, val limit: Long, val parts: Tokens = Tokens()) {
    /** 0..100, null when the model's limit is not known. */
    val percent: Int? get() = if (limit <= 0) null else (tokens * 100 / limit).toInt().coerceIn(0, 100)
}

/**
 * What the next prompt of [session] runs with: what was [picked] in it, else what its [last] prompt had, else what it was
 * made with; a new session goes on with what was used before it. What there is no more is passed over.
 */
internal fun WorkspaceModel.choiceOf(picked: Choice, last: Message.User?, session: Session?): Choice {
    val offered = models.value
    val all = agents.value
    val before = remembered
    val model = picked.model ?: listOf(
        last?.let { ModelRef(it.providerId, it.modelId) },
        session?.model,
        before.model.takeIf { session == null },
    ).firstOrNull { it != null && offered.models.any { model -> model.ref == it } } ?: offered.default
    val agent = picked.agent ?: listOf(last?.agent, session?.agent, before.agent.takeIf { session == null })
        .firstOrNull { it != null && all.any { agent -> agent.name == it } } ?: all.firstOrNull()?.name
    val variants = offered.models.firstOrNull { it.ref == model }?.variants.orEmpty()
    val variant = picked.variant
        ?: last?.takeIf { it.providerId == model?.providerId && it.modelId == model.modelId }?.variant
        ?: session?.variant?.takeIf { session.model == model }
        ?: before.variant.takeIf { last == null }
    return Choice(agent, model, variant?.takeIf { it in variants })
}

/** What the context held when [message] was made. */
internal fun WorkspaceModel.contextOf(message: Message.Assistant): ContextUse {
    val ref = ModelRef(message.providerId, message.modelId)
    val tokens = message.tokens
    return ContextUse(
        tokens.input + tokens.output + tokens.reasoning + tokens.cacheRead + tokens.cacheWrite,
        models.value.models.firstOrNull { it.ref == ref }?.contextLimit ?: 0,
        tokens,
    )
}
