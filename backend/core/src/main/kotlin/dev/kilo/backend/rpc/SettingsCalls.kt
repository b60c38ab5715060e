package dev.kilo.backend.rpc

import dev.kilo.backend.workspace.Workspaces
import dev.kilo.client.api.SettingsApi
import dev.kilo.client.model.AgentBuilderInput
import dev.kilo.client.model.AgentRemoveInput
import dev.kilo.client.model.AgentScope
import dev.kilo.client.model.ConfigOverlayExpected
import dev.kilo.client.model.ConfigOverlayField
import dev.kilo.client.model.ConfigOverlayPatch
import dev.kilo.client.model.ConfigOverlayResponse
import dev.kilo.client.model.ConfigOverlayScope
import dev.kilo.client.model.ConfigOverlayTarget
import dev.kilo.client.model.LocationInput
import dev.kilo.client.model.PermissionAction
import dev.kilo.client.model.SavedRuleKey
import dev.kilo.client.model.TextFileInput
import dev.kilo.client.model.UsageTokens
import dev.kilo.shared.app.BackendException
import dev.kilo.shared.settings.AgentDraft
import dev.kilo.shared.settings.ConfigChange
import dev.kilo.shared.settings.ConfigFile
import dev.kilo.shared.settings.ConfigProblem
import dev.kilo.shared.settings.ConfigResult
import dev.kilo.shared.settings.ConfigSource
import dev.kilo.shared.settings.ConfigView
import dev.kilo.shared.settings.LibraryItem
import dev.kilo.shared.settings.LibraryItem.Kind
import dev.kilo.shared.settings.Origin
import dev.kilo.shared.settings.Rule
import dev.kilo.shared.settings.Scope
import dev.kilo.shared.settings.SettingsService
import dev.kilo.shared.settings.Usage
import dev.kilo.shared.settings.UsageLine
import dev.kilo.shared.settings.UsageSum
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** Settings over the CLI's layered configuration. What may be a secret is hidden here, before it leaves the host. */
internal class SettingsCalls(private val calls: Calls, private val workspaces: Workspaces) : SettingsService {
    override suspend fun config(directory: String): ConfigView {
        val real = workspaces.use(directory).directory
        return view(overlay(real), real)
    }

    override suspend fun write(directory: String, change: ConfigChange): ConfigResult {
        val real = workspaces.used(directory).directory
        val before = overlay(real)
        val target = before.target(change.scope)
        if (target.path != change.path || target.revision != change.revision) return conflict(before, real, change)
        val set = restoreSecrets(change.set, plain(target.raw)) as JsonObject
        val body = ConfigOverlayPatch(
            scope = change.scope.wire(),
            expected = ConfigOverlayExpected(change.path, change.revision),
            set = set.takeIf { it.isNotEmpty() },
            unset = change.unset.takeIf { it.isNotEmpty() },
            replace = change.replace.takeIf { it.isNotEmpty() },
        )
        try {
            calls.command { it.config.configOverlayUpdateWithHttpInfo(body, real) }
        } catch (e: BackendException) {
            // Between our look and the write somebody else may have been faster.
            val now = overlay(real)
            if (e.code == BackendException.Code.BAD_REQUEST && now.target(change.scope).revision != change.revision) {
                return conflict(now, real, change)
            }
            throw e
        }
        return ConfigResult.Written(config(directory))
    }

    private suspend fun conflict(now: ConfigOverlayResponse, real: String, change: ConfigChange) =
        ConfigResult.Conflict(
            view(now, real),
            "${now.target(change.scope).path} was changed by somebody else meanwhile.",
        )

    private suspend fun overlay(real: String): ConfigOverlayResponse =
        calls.query { it.config.configOverlayWithHttpInfo(null, real) }.value()

    private suspend fun view(overlay: ConfigOverlayResponse, real: String): ConfigView {
        val fields = overlay.fields + overlay.collections.values.flatten().associateBy { it.key }
        val effective = LinkedHashMap<String, JsonElement>()
        for ((key, entries) in overlay.collections) {
            val found = entries.mapNotNull { field -> field.value?.let { field.path.last() to it } }
            if (found.isNotEmpty()) effective[key] = JsonObject(found.toMap())
        }
        for ((key, field) in overlay.fields) {
            field.value?.let {
                if (it !is JsonObject ||
                    key !in effective
                ) {
                    effective[key] = it
                }
            }
        }
        val warnings = calls.query { it.config.configWarningsWithHttpInfo(real) }.value()
        return ConfigView(
            effective = safe(effective),
            global = safe(plain(overlay.targets.global.raw)),
            project = safe(plain(overlay.targets.project.raw)),
            origins = fields.mapValues { (_, field) -> origin(field) },
            globalFile = overlay.targets.global.file(),
            projectFile = overlay.targets.project.file(),
            sources = overlay.sources.map { ConfigSource(it.label, it.source, it.path) },
            problems = warnings.map {
                val text = listOfNotNull(it.message, it.detail).joinToString(" ")
                ConfigProblem(it.path, maskText(text), PROBLEM.find(it.message)?.groupValues?.get(1))
            },
        )
    }

    private fun plain(raw: Map<String, JsonElement?>) = JsonObject(raw.mapValues { it.value ?: JsonNull })

    private fun safe(value: Map<String, JsonElement>) = hideSecrets(JsonObject(value)) as JsonObject

    private fun origin(field: ConfigOverlayField) = Origin(
        when (field.source) {
            ConfigOverlayField.Source.PROJECT -> Origin.Layer.PROJECT

            ConfigOverlayField.Source.GLOBAL -> Origin.Layer.GLOBAL

            ConfigOverlayField.Source.SYSTEM -> Origin.Layer.SYSTEM

            ConfigOverlayField.Source.DEFAULT,
            ConfigOverlayField.Source.UNKNOWN_DEFAULT_OPEN_API,
            -> Origin.Layer.DEFAULT
        },
        field.editable,
        field.reason,
    )

    override suspend fun savedRules(directory: String): List<Rule> {
        val real = workspaces.use(directory).directory
        return calls.query { it.settings.settingsPermissionsWithHttpInfo(real) }.value().map {
            Rule(it.permission, it.pattern, action(it.action))
        }
    }

    private fun action(action: PermissionAction): Rule.Action = when (action) {
        PermissionAction.ALLOW -> Rule.Action.ALLOW
        PermissionAction.ASK, PermissionAction.UNKNOWN_DEFAULT_OPEN_API -> Rule.Action.ASK
        PermissionAction.DENY -> Rule.Action.DENY
    }

    override suspend fun forgetRule(directory: String, permission: String, pattern: String) {
        val real = workspaces.used(directory).directory
        val body = SavedRuleKey(permission = permission, pattern = pattern)
        calls.repeatable { it.settings.settingsPermissionRemoveWithHttpInfo(body, real) }
    }

    override suspend fun library(directory: String): List<LibraryItem> {
        val real = workspaces.use(directory).directory
        val files = calls.query { it.settings.settingsAgentFilesWithHttpInfo(real) }.value().associateBy { it.name }
        val agents = calls.query { it.agents.appAgentsWithHttpInfo(real) }.value().filter { it.hidden != true }.map {
            val file = files[it.name]
            LibraryItem(
                Kind.AGENT,
                it.name,
                it.description,
                path = file?.path,
                scope = file?.let { own -> scopeOf(own.scope.value) },
                builtin = it.native == true,
                content = file?.content ?: it.prompt,
                mode = it.mode.value,
                model = it.model?.let { ref -> "${ref.providerID}/${ref.modelID}" },
                settings = file?.settings as? JsonObject,
            )
        }
        val commands = calls.query { it.commands.kilocodeCommandFilesWithHttpInfo(real) }.value().map {
            LibraryItem(
                Kind.COMMAND,
                it.name,
                it.description,
                path = it.location.takeIf { _ -> it.editable },
                scope = scopeOf(it.source),
                builtin = it.builtin,
                content = it.content,
                mode = it.agent,
                model = it.model,
            )
        }
        val skills = calls.query { it.skills.appSkillsWithHttpInfo(real) }.value().map {
            LibraryItem(
                Kind.SKILL,
                it.name,
                it.description,
                path = it.location,
                scope = if (it.location.startsWith(real)) Scope.PROJECT else Scope.GLOBAL,
                trusted = it.trusted != false,
                content = it.content.take(MAX_TEXT),
            )
        }
        return agents + commands + skills
    }

    private fun scopeOf(name: String?): Scope? = when (name) {
        "global" -> Scope.GLOBAL
        "project" -> Scope.PROJECT
        else -> null
    }

    override suspend fun saveAgent(directory: String, draft: AgentDraft): String {
        val real = workspaces.used(directory).directory
        val known = calls.query { it.agents.appAgentsWithHttpInfo(real) }.value().firstOrNull { it.name == draft.name }
        val body = AgentBuilderInput(
            prompt = draft.prompt,
            scope = if (draft.scope == Scope.GLOBAL) AgentScope.GLOBAL else AgentScope.PROJECT,
            description = draft.description.ifBlank { null },
            mode = AgentBuilderInput.Mode.entries.firstOrNull { it.value == draft.mode },
            model = draft.model?.ifBlank { null },
            permission = draft.permission,
            temperature = draft.temperature,
            // The form has neither; what the file says of them stays.
            color = known?.color,
            steps = known?.steps?.let(::JsonPrimitive),
        )
        return calls.repeatable { it.agents.agentBuilderSaveWithHttpInfo(draft.name, body, real) }.value().path
    }

    override suspend fun saveText(directory: String, kind: Kind, name: String, scope: Scope, content: String): String {
        val real = workspaces.used(directory).directory
        val place = if (scope == Scope.GLOBAL) TextFileInput.Scope.GLOBAL else TextFileInput.Scope.PROJECT
        val body = TextFileInput(content = content, scope = place)
        val saved = calls.repeatable {
            when (kind) {
                Kind.COMMAND -> it.settings.settingsCommandSaveWithHttpInfo(name, body, real)
                Kind.SKILL -> it.settings.settingsSkillSaveWithHttpInfo(name, body, real)
                Kind.AGENT -> it.settings.settingsAgentSaveWithHttpInfo(name, body, real)
            }
        }
        return saved.value().path
    }

    override suspend fun remove(directory: String, item: LibraryItem) {
        val real = workspaces.used(directory).directory
        val path = item.path ?: throw BackendException(
            BackendException.Code.BAD_REQUEST,
            "${item.name} has no file of its own, so there is nothing to remove.",
        )
        when (item.kind) {
            Kind.AGENT -> calls.command {
                val scope = when (item.scope) {
                    Scope.GLOBAL -> AgentScope.GLOBAL
                    Scope.PROJECT -> AgentScope.PROJECT
                    null -> null
                }
                it.agents.kilocodeRemoveAgentWithHttpInfo(AgentRemoveInput(name = item.name, scope = scope), real)
            }

            Kind.COMMAND -> calls.command { it.commands.kilocodeRemoveCommandWithHttpInfo(LocationInput(path), real) }

            Kind.SKILL -> calls.command { it.skills.kilocodeRemoveSkillWithHttpInfo(LocationInput(path), real) }
        }
    }

    override suspend fun usage(directory: String, days: Int, everywhere: Boolean): Usage {
        val real = workspaces.use(directory).directory
        val scope = if (everywhere) SettingsApi.ScopeSettingsUsage.ALL else SettingsApi.ScopeSettingsUsage.DIRECTORY
        val found = calls.query { it.settings.settingsUsageWithHttpInfo(days.toLong(), scope, real) }.value()
        fun sum(steps: Long, cost: Double, t: UsageTokens) =
            UsageSum(steps, cost, t.input, t.output, t.reasoning, t.cache.read, t.cache.write)
        return Usage(
            sum(found.totals.steps, found.totals.cost, found.totals.tokens),
            found.days.map { UsageLine(it.day, sum(it.steps, it.cost, it.tokens)) },
            found.models.map { UsageLine("${it.providerID}/${it.modelID}", sum(it.steps, it.cost, it.tokens)) },
            found.sessions.map { UsageLine(it.title, sum(it.steps, it.cost, it.tokens), it.sessionID) },
            found.complete,
        )
    }

    private companion object {
        const val MAX_TEXT = 100_000
        val PROBLEM = Regex("^([a-z_$][\\w.$-]*): ")
    }
}

private fun Scope.wire() = if (this == Scope.GLOBAL) ConfigOverlayScope.GLOBAL else ConfigOverlayScope.PROJECT

private fun ConfigOverlayResponse.target(scope: Scope) = if (scope == Scope.GLOBAL) targets.global else targets.project

private fun ConfigOverlayTarget.file() = ConfigFile(
    if (scope == ConfigOverlayScope.GLOBAL) Scope.GLOBAL else Scope.PROJECT,
    path,
    revision,
    exists,
    writable,
)
