package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.model.settings.jsonList
import dev.kilo.frontend.model.settings.strings
import dev.kilo.frontend.model.settings.text
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.shared.settings.ConfigProblem
import dev.kilo.shared.settings.ConfigSource
import kotlinx.coroutines.flow.merge
import kotlinx.serialization.json.JsonPrimitive
import java.awt.Component

/** A switch of the configuration that says where it is set. */
private class Switch(
    private val settings: SettingsModel,
    key: String,
    private val path: List<String>,
    private val otherwise: Boolean,
) : dev.kilo.frontend.ui.Stack(gap = 2) {
    private val box = check(key, key) { settings.config.set(*path.toTypedArray(), value = JsonPrimitive(it)) }
    private val remark = note()
    private val hint = Strings["$key.hint"]

    init {
        add(box)
        add(dev.kilo.frontend.ui.Stack(pad = Insets4(0, 22, 4, 0)).apply { add(remark) })
    }

    val control: Component get() = box

    fun refresh() {
        val own = settings.config.own(*path.toTypedArray()).text
        val now = own ?: settings.config.effective(*path.toTypedArray()).text
        box.isSelected = now?.toBooleanStrictOrNull() ?: otherwise
        val origin = settings.config.origin(*path.toTypedArray())
        box.isEnabled = origin?.editable != false && settings.config.file?.writable != false
        remark.say(
            listOfNotNull(
                hint,
                settings.config.remark(*path.toTypedArray()).takeIf {
                    now != null
                },
            ).joinToString(" "),
        )
    }
}

/** How much of a conversation a model is shown, and what it is told beforehand. */
internal class ContextSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val auto = Switch(settings, "settings.context.auto", listOf("compaction", "auto"), true)
    private val prune = Switch(settings, "settings.context.prune", listOf("compaction", "prune"), true)
    private val threshold = textField("settings.context.threshold", Strings["settings.context.threshold.none"])
    private val thresholdField = Field("settings.context.threshold", threshold)
    private val files = Lines("settings.context.instructions", 4)
    private val ignore = Lines("settings.context.ignore", 3)

    override val first: Component get() = auto.control

    init {
        name = "settings.context"
        add(heading("settings.context.compaction"))
        add(auto)
        add(dev.kilo.frontend.ui.Stack().apply { add(thresholdField) })
        add(prune)
        add(heading("settings.context.told"))
        add(linesField("settings.context.instructions", files))
        add(note(Strings["settings.context.instructions.hint"]))
        add(
            Buttons(
                button("settings.context.instructions.save", "settings.context.instructions.save") {
                    saveLines("instructions", lines = files)
                },
            ),
        )
        add(linesField("settings.context.ignore", ignore))
        add(note(Strings["settings.context.ignore.hint"]))
        add(
            Buttons(
                button("settings.context.ignore.save", "settings.context.ignore.save") {
                    saveLines("watcher", "ignore", lines = ignore)
                },
            ),
        )
        threshold.committed { text ->
            val percent = text.trim().removeSuffix("%").trim().toDoubleOrNull()
            if (text.isNotBlank() && (percent == null || percent <= 0 || percent > 100)) {
                settings.tell(Strings["settings.context.threshold.bad"], bad = true)
            } else {
                settings.config.set("compaction", "threshold_percent", value = percent?.let(::JsonPrimitive))
            }
        }
        on(merge(settings.config.view, settings.config.scope)) { refresh() }
    }

    private fun saveLines(vararg path: String, lines: Lines) {
        val all = lines.area.text.lines().map { it.trim() }.filter { it.isNotEmpty() }
        settings.config.set(*path, value = jsonList(all).takeIf { all.isNotEmpty() })
    }

    private fun refresh() {
        auto.refresh()
        prune.refresh()
        val config = settings.config
        threshold.give(config.own("compaction", "threshold_percent").text.orEmpty().removeSuffix(".0"))
        thresholdField.remark(Strings["settings.context.threshold.hint"])
        files.area.give(config.own("instructions").strings.joinToString("\n"))
        ignore.area.give(config.own("watcher", "ignore").strings.joinToString("\n"))
        settle()
    }
}

/** Whether rolling back is possible. */
internal class CheckpointsSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val on = Switch(settings, "settings.checkpoints.on", listOf("snapshot"), true)

    override val first: Component get() = on.control

    init {
        name = "settings.checkpoints"
        add(note(Strings["settings.checkpoints.hint"]))
        add(on)
        add(note(Strings["settings.checkpoints.slow"]))
        on(merge(settings.config.view, settings.config.scope)) {
            on.refresh()
            settle()
        }
    }
}

/** Where settings are read from, and what is wrong with the files. */
internal class FilesSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val problems =
        Rows<ConfigProblem, ProblemRow>(key = { it }, make = { ProblemRow(it) }, update = { _, _ -> })
    private val sound = note(Strings["settings.files.sound"])
    private val sources = Rows<ConfigSource, SourceRow>(key = { it }, make = { SourceRow(it) }, update = { _, _ -> })

    init {
        name = "settings.files"
        add(heading("settings.files.problems"))
        add(sound)
        add(problems)
        add(heading("settings.files.sources"))
        add(note(Strings["settings.files.sources.hint"]))
        add(sources)
        add(Buttons(button("settings.files.reload", "settings.files.reload") { settings.config.load() }))
        on(settings.config.view) { view ->
            problems.show(view?.problems.orEmpty())
            sound.isVisible = view?.problems?.isEmpty() == true
            sources.show(view?.sources.orEmpty())
            settle()
        }
    }

    private inner class ProblemRow(problem: ConfigProblem) : Card(gap = 4, pad = Insets4(8, 12, 9, 12)) {
        init {
            name = "settings.problem"
            add(dev.kilo.frontend.ui.FlowText(problem.message, { it.amber }, { it.font }))
            add(note(problem.path))
            add(
                Buttons(
                    button("settings.library.open", "settings.problem.open") { open(problem.path) }.apply {
                        getAccessibleContext().accessibleName = "$text: ${problem.path}"
                    },
                ),
            )
            getAccessibleContext().accessibleName = "${problem.path}: ${problem.message}"
        }
    }

    private inner class SourceRow(source: ConfigSource) : dev.kilo.frontend.ui.Stack(gap = 1) {
        init {
            add(
                ItemHead("").apply {
                    show(source.label, "")
                    source.path?.let { path ->
                        end(
                            button("settings.library.open", "settings.source.open") { open(path) }.apply {
                                getAccessibleContext().accessibleName = "$text: $path"
                            },
                        )
                    }
                },
            )
            add(note(source.place))
        }
    }
}
