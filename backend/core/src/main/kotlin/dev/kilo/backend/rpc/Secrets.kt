package dev.kilo.backend.rpc

import dev.kilo.shared.settings.ConfigView.Companion.HIDDEN
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/**
 * Keeps values that may be secrets away from windows: what stands under a telling key, all headers and environment
 * values, what follows a telling flag of a command, and credentials within addresses. A mere reference (`{env:NAME}`,
 * `{file:...}`) is shown, because it tells no secret and a person wants to see it.
 */
internal fun hideSecrets(value: JsonElement, key: String = "", inside: Boolean = false): JsonElement = when (value) {
    is JsonObject -> {
        val secret = key.lowercase() in BAGS
        JsonObject(value.mapValues { (name, item) -> hideSecrets(item, name, inside || secret) })
    }

    is JsonArray -> JsonArray(
        value.mapIndexed { index, item ->
            val before = (value.getOrNull(index - 1) as? JsonPrimitive)?.content.orEmpty()
            if (FLAG.matches(before)) hidden(item) else hideSecrets(item, if (inside) key else "", inside)
        },
    )

    is JsonPrimitive -> when {
        !value.isString || value.content.isEmpty() -> value
        inside || TELLING.containsMatchIn(key) -> hidden(value)
        else -> JsonPrimitive(maskText(value.content))
    }
}

private fun hidden(value: JsonElement): JsonElement = when {
    value !is JsonPrimitive || !value.isString -> value
    REFERENCE.matches(value.content) -> value
    else -> JsonPrimitive(HIDDEN)
}

/** [text] without credentials in addresses, flags and the forms that keys commonly have. For lines of a log, too. */
internal fun maskText(text: String): String = text
    .replace(USERINFO) { "${it.groupValues[1]}$HIDDEN@" }
    .replace(PARAMETER) { "${it.groupValues[1]}=$HIDDEN" }
    .replace(BEARER) { "${it.groupValues[1]} $HIDDEN" }
    .replace(KEY, HIDDEN)

/**
 * [value] as a window sent it, with what it never saw put back from [raw], the file's own value at the same place. What
 * can't be put back is left out, so that no file ever holds the mask.
 */
internal fun restoreSecrets(value: JsonElement, raw: JsonElement?): JsonElement? = when (value) {
    is JsonObject -> JsonObject(
        buildMap {
            for ((key, item) in value) restoreSecrets(item, (raw as? JsonObject)?.get(key))?.let { put(key, it) }
        },
    )

    is JsonArray -> JsonArray(
        value.mapIndexedNotNull { index, item -> restoreSecrets(item, placeOf(value, index, raw as? JsonArray)) },
    )

    JsonNull -> value

    is JsonPrimitive -> if (HIDDEN in value.content) raw?.takeIf { it !is JsonObject } else value
}

/** The n-th hidden value of a list is the n-th hidden value of the file's, wherever other entries were added. */
private fun placeOf(list: JsonArray, index: Int, raw: JsonArray?): JsonElement? {
    raw ?: return null
    val item = list[index] as? JsonPrimitive ?: return raw.getOrNull(index)
    if (HIDDEN !in item.content) return raw.getOrNull(index)
    val shown = hideSecrets(raw) as JsonArray
    val number = list.take(index).count { it == item }
    val places = shown.indices.filter { shown[it] == item }
    return places.getOrNull(number)?.let(raw::get)
}

private val BAGS = setOf("headers", "environment", "env")
private val TELLING = Regex("(?i)(api_?key|access_?key|token|secret|password|passwd|authorization|credential)s?$")
private val FLAG = Regex("(?i)--?[\\w-]*(key|token|secret|password|authorization|header)")
private val REFERENCE = Regex("\\{(env|file):[^}]*\\}")
private val USERINFO = Regex("(?i)(\\b[a-z][a-z0-9+.-]*://)[^/\\s@]+@")
private val PARAMETER = Regex("(?i)([?&\\w-]*(?:key|token|secret|password))=(?!\\{(?:env|file):)[^\\s&\"']+")
private val BEARER = Regex("(?i)\\b(bearer|basic) +[\\w.~+/=-]{6,}")
private val KEY = Regex("\\b(sk|pk|ghp|gho|ghs|xox[abps]|AIza|AKIA)[-_]?[A-Za-z0-9_-]{12,}")
