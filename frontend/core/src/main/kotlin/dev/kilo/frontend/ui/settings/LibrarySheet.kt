package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.LibraryModel
import dev.kilo.frontend.model.settings.PermissionsModel
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Stack
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.said
import dev.kilo.shared.settings.AgentDraft
import dev.kilo.shared.settings.LibraryItem
import dev.kilo.shared.settings.LibraryItem.Kind
import dev.kilo.shared.settings.Scope
import java.awt.Component
import java.io.File
import javax.swing.JComponent
import javax.swing.JFileChooser
import javax.swing.JOptionPane
import javax.swing.filechooser.FileNameExtensionFilter

/** Agents, or commands and skills: what there is, the files behind it, and forms for new ones. */
internal class LibrarySheet(settings: SettingsModel, host: ViewHost, private val kinds: List<Kind>) :
    Sheet(settings, host) {
    private val model = settings.library
    private val agentForm = AgentForm()
    private val textForm = TextForm()
    private val loading = note(Strings["settings.loading"])
    private val sections = kinds.associateWith { kind ->
        Rows<LibraryItem, ItemRow>(key = { it.name }, make = { ItemRow() }, update = { row, it -> row.show(it) })
    }
    private val adds = ArrayList<JComponent>()

    override val first: Component? get() = adds.firstOrNull()

    init {
        name = "settings.library.${kinds.first().name.lowercase()}"
        add(loading)
        for (kind in kinds) {
            val key = kind.name.lowercase()
            val create =
                button("settings.library.$key.add", "settings.library.$key.add", primary = true) { create(kind) }
            adds += create
            val import = button("settings.library.import", "settings.library.$key.import") { import(kind) }
            add(heading("settings.library.$key"))
            add(note(Strings["settings.library.$key.hint"]))
            add(sections.getValue(kind))
            add(Buttons(create, import))
        }
        add(agentForm)
        add(textForm)
        on(model.items) { items ->
            loading.isVisible = items == null
            for ((kind, rows) in sections) rows.show(model.of(kind))
            settle()
        }
    }

    override fun opened() = model.load()

    private fun create(kind: Kind) {
        if (kind == Kind.AGENT) {
            agentForm.open(AgentDraft("", Scope.PROJECT), fresh = true)
        } else {
            textForm.open(kind, "", Scope.PROJECT, LibraryModel.template(kind, "name"), fresh = true)
        }
    }

    /** What the form would lose of an agent's file is changed as text. */
    private fun edit(item: LibraryItem) {
        val draft = if (item.kind == Kind.AGENT) LibraryModel.draftOf(item) else null
        if (draft != null) return agentForm.open(draft, fresh = false)
        textForm.open(item.kind, item.name, item.scope ?: Scope.PROJECT, item.content.orEmpty(), fresh = false)
    }

    /** Shows a file of this computer in the form, to be looked at before it is saved. */
    private fun import(kind: Kind) {
        val chooser = JFileChooser().apply {
            dialogTitle = Strings["settings.library.import"]
            fileFilter = FileNameExtensionFilter("Markdown", "md")
        }
        if (chooser.showOpenDialog(this) != JFileChooser.APPROVE_OPTION) return
        val file = chooser.selectedFile
        val name = file.nameWithoutExtension.takeUnless { it == "SKILL" } ?: file.parentFile?.name.orEmpty()
        model.read(file) { textForm.open(kind, name, Scope.PROJECT, it, fresh = true) }
    }

    private fun export(item: LibraryItem) {
        val chooser = JFileChooser().apply {
            dialogTitle = Strings["settings.library.export"]
            selectedFile = File(currentDirectory, item.name.substringAfterLast('/') + ".md")
        }
        if (chooser.showSaveDialog(this) == JFileChooser.APPROVE_OPTION) model.export(item, chooser.selectedFile)
    }

    private inner class ItemRow : Card(gap = 4, pad = Insets4(6, 12, 7, 10)) {
        private val head = ItemHead("")
        private val text = note()
        private val edit = button("settings.library.edit", "") { item?.let(::edit) }
        private val open = button("settings.library.open", "") { item?.path?.let(::open) }
        private val remove = button("settings.library.remove", "") { item?.let(::ask) }
        private val export = button("settings.library.export", "") { item?.let(::export) }
        private val row = Buttons(edit, open, export, remove)
        private var item: LibraryItem? = null

        init {
            add(head)
            add(text)
            add(row)
        }

        fun show(value: LibraryItem) {
            if (item == value) return
            item = value
            val where = when {
                value.path == null && value.builtin -> Strings["settings.library.builtin"]
                value.path == null -> Strings["settings.library.configured"]
                value.scope == Scope.GLOBAL -> Strings["settings.library.global"]
                else -> Strings["settings.library.project"]
            }
            val mode = value.mode?.takeIf { value.kind == Kind.AGENT }?.let { Strings["settings.agent.mode.$it"] }
            val doubt = Strings["settings.library.foreign"].takeIf { !value.trusted }
            val sign = if (value.kind == Kind.COMMAND) "/" else ""
            head.show(sign + value.name, listOfNotNull(where, mode, value.model, doubt).joinToString("  ·  "))
            text.say(listOfNotNull(value.description, value.path).joinToString("\n"))
            edit.isVisible = value.path != null && value.kind != Kind.SKILL
            open.isVisible = value.path != null
            remove.isVisible = value.path != null
            row.isVisible = value.path != null
            export.isVisible = value.content != null
            for (button in listOf(edit, open, export, remove)) {
                button.name = "settings.library.${value.name}.${button.text}"
                button.getAccessibleContext().accessibleName = "${button.text}: ${value.name}"
            }
        }

        private fun ask(one: LibraryItem) {
            val sure = Strings("settings.library.remove.sure", one.name, one.path.orEmpty())
            val yes = JOptionPane.showConfirmDialog(
                this,
                said(sure),
                Strings["settings.library.remove"],
                JOptionPane.OK_CANCEL_OPTION,
            )
            if (yes == JOptionPane.OK_OPTION) model.remove(one)
        }
    }

    private fun scopes(name: String) = choices(
        name,
        listOf(
            Choice(Scope.PROJECT, Strings["settings.scope.project"]),
            Choice(Scope.GLOBAL, Strings["settings.scope.global"]),
        ),
    ) {}

    private inner class AgentForm : Card(gap = 7, pad = Insets4(10, 14, 12, 14)) {
        private val title = textField("settings.agent.name", Strings["settings.agent.name.hint"])
        private val where = scopes("settings.agent.scope")
        private val description = textField("settings.agent.description", Strings["settings.agent.description.hint"])
        private val mode = choices(
            "settings.agent.mode",
            listOf("primary", "subagent", "all").map { Choice(it, Strings["settings.agent.mode.$it"]) },
        ) {}
        private val llm = textField("settings.agent.model", Strings["settings.agent.model.hint"])
        private val heat = textField("settings.agent.temperature", Strings["settings.agent.temperature.hint"])
        private val rules = AgentRules(::settle)
        private val prompt = Lines("settings.agent.prompt", 8)

        init {
            name = "settings.agent.form"
            add(Field("settings.agent.name", title))
            add(Field("settings.agent.description", description))
            add(Field("settings.agent.scope", where))
            add(Field("settings.agent.mode", mode))
            add(Field("settings.agent.model", llm))
            add(Field("settings.agent.temperature", heat))
            add(linesField("settings.agent.prompt", prompt))
            add(label("settings.agent.rules", rules))
            add(note(Strings["settings.agent.permissions"]))
            add(rules)
            add(
                Buttons(
                    button("settings.library.save", "settings.agent.save", primary = true) { save() },
                    button("settings.library.cancel", "settings.agent.cancel") { shut() },
                ),
            )
            isVisible = false
        }

        fun open(draft: AgentDraft, fresh: Boolean) {
            textForm.isVisible = false
            title.text = draft.name
            title.isEnabled = fresh
            where.isEnabled = fresh
            where.take(draft.scope)
            description.text = draft.description
            mode.take(draft.mode)
            llm.text = draft.model.orEmpty()
            heat.text = draft.temperature?.toString().orEmpty()
            rules.rules = PermissionsModel.rulesOf(draft.permission)
            prompt.area.text = draft.prompt
            isVisible = true
            settle()
            (if (fresh) title else description).requestFocusInWindow()
        }

        private fun shut() {
            isVisible = false
            settle()
            first?.requestFocusInWindow()
        }

        private fun save() {
            val scope = (where.selectedItem as? Choice<*>)?.value as? Scope ?: Scope.PROJECT
            val kind = (mode.selectedItem as? Choice<*>)?.value as? String ?: "primary"
            val temperature = LibraryModel.temperature(heat.text)
            if (temperature.isFailure) {
                settings.tell(Strings["settings.agent.temperature.wrong"], bad = true)
                heat.requestFocusInWindow()
                return
            }
            val draft = AgentDraft(
                title.text,
                scope,
                description.text,
                kind,
                llm.text.trim().ifEmpty { null },
                prompt.area.text,
                rules.rules.takeIf { it.isNotEmpty() }?.let(PermissionsModel::jsonOf),
                temperature.getOrNull(),
            )
            model.saveAgent(draft) { shut() }
        }
    }

    private inner class TextForm : Card(gap = 7, pad = Insets4(10, 14, 12, 14)) {
        private val title = textField("settings.item.name")
        private val where = scopes("settings.item.scope")
        private val content = Lines("settings.item.content", 12, mono = true)
        private var kind = Kind.COMMAND

        init {
            name = "settings.item.form"
            add(Stack(gap = 7).apply { add(Field("settings.item.name", title)) })
            add(Field("settings.item.scope", where))
            add(linesField("settings.item.content", content))
            add(
                Buttons(
                    button("settings.library.save", "settings.item.save", primary = true) { save() },
                    button("settings.library.cancel", "settings.item.cancel") { shut() },
                ),
            )
            isVisible = false
        }

        fun open(kind: Kind, name: String, scope: Scope, text: String, fresh: Boolean) {
            agentForm.isVisible = false
            this.kind = kind
            title.text = name
            title.isEnabled = fresh
            where.isEnabled = fresh
            where.take(scope)
            content.area.text = text
            content.area.caretPosition = 0
            isVisible = true
            settle()
            (if (fresh) title else content.area).requestFocusInWindow()
        }

        private fun shut() {
            isVisible = false
            settle()
            first?.requestFocusInWindow()
        }

        private fun save() {
            val scope = (where.selectedItem as? Choice<*>)?.value as? Scope ?: Scope.PROJECT
            // A skill's own head names it.
            val text = if (kind ==
                Kind.SKILL
            ) {
                content.area.text.replaceFirst("name: name\n", "name: ${title.text.trim()}\n")
            } else {
                content.area.text
            }
            model.saveText(kind, title.text, scope, text) { shut() }
        }
    }
}
