package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.texts
import dev.kilo.shared.settings.Rule
import dev.kilo.shared.settings.Rule.Action
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** Rules of one file in their order, and what was allowed or denied for good. */
internal class PermissionsModel(private val settings: SettingsModel) {
    private val savedState = MutableStateFlow<List<Rule>>(emptyList())
    val saved: StateFlow<List<Rule>> = savedState.asStateFlow()

    /** Rules of the chosen file. */
    val rules: List<Rule> get() = rulesOf(settings.config.own("permission"))

    fun load() {
        settings.run("settings.failed.load") {
            savedState.value = settings.backend.settings.savedRules(settings.directory)
        }
    }

    fun forget(rule: Rule) {
        settings.run("settings.failed.write") {
            settings.backend.settings.forgetRule(settings.directory, rule.permission, rule.pattern)
            savedState.value = settings.backend.settings.savedRules(settings.directory)
            settings.tell(texts("settings.permission.forgotten", rule.permission, rule.pattern))
        }
    }

    fun add(rule: Rule) {
        if (rule.permission.isBlank()) return settings.tell(texts("settings.permission.empty"), bad = true)
        val clean = rule.copy(permission = rule.permission.trim(), pattern = rule.pattern.trim().ifEmpty { "*" })
        save { now -> now.filterNot { it.permission == clean.permission && it.pattern == clean.pattern } + clean }
    }

    fun replace(index: Int, rule: Rule) {
        val old = rules.getOrNull(index) ?: return
        val new = rule.copy(permission = rule.permission.trim(), pattern = rule.pattern.trim().ifEmpty { "*" })
        save { now -> now.map { if (it == old) new else it } }
    }

    fun remove(index: Int) {
        val old = rules.getOrNull(index) ?: return
        save { now -> now - old }
    }

    /** Moves a rule by one; returns where it is then. */
    fun move(index: Int, by: Int): Int {
        val known = grouped(rules)
        val to = moved(known, index, by) ?: return index
        save { now -> moved(grouped(now), grouped(now).indexOf(known[index]), by)?.first ?: now }
        return to.second
    }

    /** [change] starts from the rules as the write before this one left them, which may not be on the screen yet. */
    private fun save(change: (List<Rule>) -> List<Rule>) = settings.config.write({
        val value = jsonOf(change(rules))
        listOf(Edit(listOf("permission"), value.takeIf { it.isNotEmpty() }, whole = true))
    })

    internal companion object {
        /** In the order written; a bare action is one rule for everything. */
        fun rulesOf(value: JsonElement?): List<Rule> = when (value) {
            is JsonPrimitive -> listOfNotNull(actionOf(value)?.let { Rule("*", "*", it) })

            is JsonObject -> value.flatMap { (permission, inner) ->
                if (inner is JsonObject) {
                    inner.mapNotNull { (pattern, action) -> actionOf(action)?.let { Rule(permission, pattern, it) } }
                } else {
                    listOfNotNull(actionOf(inner)?.let { Rule(permission, "*", it) })
                }
            }

            else -> emptyList()
        }

        fun jsonOf(rules: List<Rule>): JsonObject = JsonObject(
            rules.groupBy { it.permission }.mapValues { (_, own) ->
                val only = own.singleOrNull()
                if (only?.pattern == "*") {
                    JsonPrimitive(only.action.name.lowercase())
                } else {
                    JsonObject(own.associate { it.pattern to JsonPrimitive(it.action.name.lowercase()) })
                }
            },
        )

        /** As a file can hold them: rules about the same thing stand together. */
        fun grouped(rules: List<Rule>): List<Rule> = rules.groupBy { it.permission }.values.flatten()

        /** Within its group by one place; at the group's edge the whole group moves. Null at the end of the list. */
        fun moved(rules: List<Rule>, index: Int, by: Int): Pair<List<Rule>, Int>? {
            val rule = rules.getOrNull(index) ?: return null
            val next = rules.getOrNull(index + by) ?: return null
            if (next.permission == rule.permission) {
                val list = rules.toMutableList()
                list[index] = next
                list[index + by] = rule
                return list to index + by
            }
            val groups = rules.groupBy { it.permission }.values.toMutableList()
            val place = groups.indexOfFirst { it.first().permission == rule.permission }
            if (place + by !in groups.indices) return null
            val other = groups[place + by]
            groups[place + by] = groups[place]
            groups[place] = other
            val list = groups.flatten()
            return list to list.indexOf(rule)
        }

        private fun actionOf(value: JsonElement): Action? = when (value.text) {
            "allow" -> Action.ALLOW
            "ask" -> Action.ASK
            "deny" -> Action.DENY
            else -> null
        }

        /** One sentence for each thing that rules are about, in the order of strength. */
        fun inWords(rules: List<Rule>): List<String> = rules.groupBy { it.permission }.map { (permission, own) ->
            val base = own.lastOrNull { it.pattern == "*" }
            // What stands before the rule for everything never counts.
            val after = own.drop(own.indexOf(base) + 1)
            val parts = after.map { texts("settings.permission.words.${it.action.name.lowercase()}", it.pattern) }
            val whole = base?.let { texts("settings.permission.words.all.${it.action.name.lowercase()}") }
                ?: texts("settings.permission.words.other")
            val head = texts("settings.permission.words.head", nameOf(permission), whole)
            if (parts.isEmpty()) "$head." else "$head; ${parts.joinToString("; ")}."
        }

        /** Permissions that people know by another name than the tool's. */
        fun nameOf(permission: String): String {
            val key = "settings.permission.name.${if (permission == "*") "all" else permission}"
            return texts(key).takeIf { it != key } ?: permission
        }

        val KNOWN = listOf("bash", "edit", "read", "webfetch", "websearch", "task", "external_directory", "skill", "*")
    }
}
