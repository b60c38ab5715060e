package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.texts
import dev.kilo.shared.settings.ConfigChange
import dev.kilo.shared.settings.ConfigFile
import dev.kilo.shared.settings.ConfigResult
import dev.kilo.shared.settings.ConfigView
import dev.kilo.shared.settings.Origin
import dev.kilo.shared.settings.Scope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull

/** A change of one setting: [value] null takes it out of the file. With [whole] it takes the old object's place. */
internal data class Edit(val path: List<String>, val value: JsonElement?, val whole: Boolean = false)

/** An edit that was not written because its file changed meanwhile. It is kept until the user decides. */
internal data class EditConflict(val message: String, val edits: List<Edit>)

/** The configuration by layers, and changes of one file at a time, guarded by its revision. */
internal class ConfigModel(private val settings: SettingsModel) {
    private val viewState = MutableStateFlow<ConfigView?>(null)
    private val scopeState = MutableStateFlow(Scope.GLOBAL)
    private val conflictState = MutableStateFlow<EditConflict?>(null)
    private val turn = Mutex()

    val view: StateFlow<ConfigView?> = viewState.asStateFlow()

    /** The file that changes go to. */
    val scope: StateFlow<Scope> = scopeState.asStateFlow()
    val conflict: StateFlow<EditConflict?> = conflictState.asStateFlow()
    val file: ConfigFile? get() = view.value?.file(scope.value)

    fun load() {
        settings.run("settings.failed.load") { reload() }
    }

    suspend fun reload() {
        viewState.value = settings.backend.settings.config(settings.directory)
    }

    fun choose(scope: Scope) {
        scopeState.value = scope
    }

    fun set(vararg path: String, value: JsonElement?) = write(listOf(Edit(path.toList(), value)))

    fun set(vararg path: String, value: String?) = set(
        *path,
        value = value?.ifBlank {
            null
        }?.let(::JsonPrimitive) as JsonElement?,
    )

    /** One after the other, each against the file as the one before left it. */
    fun write(edits: List<Edit>, done: () -> Unit = {}): Unit = write({ edits }, done)

    /** Like the other, with [edits] made only when it is their turn. */
    fun write(edits: () -> List<Edit>, done: () -> Unit = {}) {
        settings.run("settings.failed.write") {
            turn.withLock { if (carryOut(edits())) done() }
        }
    }

    /** Writes the kept edit over the file as it is now. */
    fun again() {
        val kept = conflictState.value ?: return
        conflictState.value = null
        write(kept.edits)
    }

    fun drop() {
        conflictState.value = null
    }

    private suspend fun carryOut(edits: List<Edit>): Boolean {
        val file = file ?: return false
        val set = edits.filter { it.value != null }
        val change = ConfigChange(
            file.scope,
            set.fold(JsonObject(emptyMap())) { all, edit -> all.with(edit.path, checkNotNull(edit.value)) },
            unset = edits.filter { it.value == null }.map { it.path },
            replace = set.filter { it.whole }.map { it.path },
            path = file.path,
            revision = file.revision,
        )
        val result = settings.backend.settings.write(settings.directory, change)
        viewState.value = result.view
        when (result) {
            is ConfigResult.Conflict -> conflictState.value = EditConflict(result.message, edits)

            is ConfigResult.Written -> {
                settings.tell(texts("settings.saved", file.path))
                settings.workspace.reloadChoices()
            }
        }
        return result is ConfigResult.Written
    }

    /** What the chosen file itself says at [path]. */
    fun own(vararg path: String): JsonElement? = view.value?.own(scope.value)?.at(*path)

    /** What is in force. */
    fun effective(vararg path: String): JsonElement? = view.value?.effective?.at(*path)

    fun origin(vararg path: String): Origin? {
        val origins = view.value?.origins ?: return null
        return origins[path.joinToString(".")] ?: path.firstOrNull()?.let { origins[it] }
    }

    /** Where the value in force comes from and why a change here would not show, in words; null when it is simply this file's. */
    fun remark(vararg path: String): String? {
        val origin = origin(*path) ?: return null
        if (!origin.editable) return origin.reason ?: texts("settings.origin.system")
        return when (origin.layer) {
            Origin.Layer.DEFAULT -> texts("settings.origin.default")
            Origin.Layer.GLOBAL -> texts("settings.origin.global").takeIf { scope.value == Scope.PROJECT }
            Origin.Layer.PROJECT -> texts("settings.origin.project").takeIf { scope.value == Scope.GLOBAL }
            Origin.Layer.SYSTEM -> texts("settings.origin.system")
        }
    }
}

internal fun JsonElement.at(vararg path: String): JsonElement? =
    path.fold(this as JsonElement?) { value, key -> (value as? JsonObject)?.get(key) }

internal val JsonElement?.text: String? get() = (this as? JsonPrimitive)?.contentOrNull

internal val JsonElement?.strings: List<String> get() = (this as? JsonArray).orEmpty().mapNotNull { it.text }

internal fun JsonObject.with(path: List<String>, value: JsonElement): JsonObject {
    val key = path.first()
    val inner = if (path.size ==
        1
    ) {
        value
    } else {
        ((this[key] as? JsonObject) ?: JsonObject(emptyMap())).with(path.drop(1), value)
    }
    return JsonObject(this + (key to inner))
}

internal fun jsonList(lines: List<String>): JsonArray = JsonArray(lines.map(::JsonPrimitive))
