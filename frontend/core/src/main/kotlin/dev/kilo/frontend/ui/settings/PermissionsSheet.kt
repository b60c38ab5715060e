package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.PermissionsModel
import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Card
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Insets4
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.shared.settings.Rule
import dev.kilo.shared.settings.Rule.Action
import kotlinx.coroutines.flow.merge
import java.awt.Component
import javax.swing.DefaultListModel
import javax.swing.JComboBox
import javax.swing.JList
import javax.swing.JScrollPane
import javax.swing.ListSelectionModel

/** What the agent may do: rules in their order, said in plain words, and what was allowed for good. */
internal class PermissionsSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val model = settings.permissions
    private val rules = DefaultListModel<Rule>()
    private val list = JList(rules)
    private val up = button("settings.permission.up", "settings.permission.up") { move(-1) }
    private val down = button("settings.permission.down", "settings.permission.down") { move(1) }
    private val edit = button("settings.permission.edit", "settings.permission.edit") { take() }
    private val remove =
        button("settings.permission.remove", "settings.permission.remove") { model.remove(list.selectedIndex) }
    private val words = FlowText("", { it.text }, { it.font })
    private val permission = JComboBox(PermissionsModel.KNOWN.toTypedArray()).apply {
        name = "settings.permission.what"
        isEditable = true
    }
    private val pattern = textField("settings.permission.pattern", "*")
    private val action = choices("settings.permission.action", Action.entries.map { Choice(it, actionName(it)) }) {}
    private val save = button("settings.permission.add", "settings.permission.add", primary = true) { save() }
    private val cancel = button("settings.permission.cancel", "settings.permission.cancel") { editing(-1) }
    private var edited = -1
    private val saved = DefaultListModel<Rule>()
    private val savedList = JList(saved)
    private val forget = button("settings.permission.forget", "settings.permission.forget") {
        savedList.selectedValue?.let(model::forget)
    }
    private val savedNote = note()
    private val none = note(Strings["settings.permission.none"])

    override val first: Component get() = list

    init {
        name = "settings.permissions"
        prepare(list, "settings.permission.rules")
        prepare(savedList, "settings.permission.saved")
        add(note(Strings["settings.permission.hint"]))
        add(label("settings.permission.rules", list))
        add(JScrollPane(list))
        add(none)
        add(Buttons(up, down, edit, remove))
        add(
            Card(gap = 6, pad = Insets4(10, 14, 12, 14)).apply {
                add(Field("settings.permission.what", permission))
                add(
                    Field("settings.permission.pattern", pattern).apply {
                        remark(Strings["settings.permission.pattern.hint"])
                    },
                )
                add(Field("settings.permission.action", action))
                add(Buttons(save, cancel))
            },
        )
        add(heading("settings.permission.words"))
        add(words)
        add(heading("settings.permission.saved.title"))
        add(savedNote)
        add(JScrollPane(savedList))
        add(Buttons(forget))
        list.addListSelectionListener { buttons() }
        savedList.addListSelectionListener { buttons() }
        dev.kilo.frontend.ui.Shortcuts.bind(list, "DELETE") {
            if (list.selectedIndex >= 0) model.remove(list.selectedIndex)
        }
        dev.kilo.frontend.ui.Shortcuts.bind(list, "alt UP") { move(-1) }
        dev.kilo.frontend.ui.Shortcuts.bind(list, "alt DOWN") { move(1) }
        on(merge(settings.config.view, settings.config.scope, model.saved)) { refresh() }
        editing(-1)
    }

    private fun prepare(list: JList<Rule>, name: String) {
        list.name = name
        list.visibleRowCount = 4
        list.selectionMode = ListSelectionModel.SINGLE_SELECTION
        list.getAccessibleContext().accessibleName = Strings[name].replace("&", "")
        list.cellRenderer = TextCell<Rule> {
            "${actionName(it.action)}   ${PermissionsModel.nameOf(it.permission)}   ${it.pattern}"
        }
    }

    override fun opened() = model.load()

    private fun refresh() {
        fill(rules, list, model.rules)
        fill(saved, savedList, model.saved.value.reversed())
        none.isVisible = rules.isEmpty
        words.set(
            PermissionsModel.inWords(model.rules).ifEmpty {
                listOf(Strings["settings.permission.words.none"])
            }.joinToString("\n"),
        )
        savedNote.say(
            Strings[if (saved.isEmpty) "settings.permission.saved.none" else "settings.permission.saved.hint"],
        )
        savedList.parent.parent.isVisible = !saved.isEmpty
        forget.isVisible = !saved.isEmpty
        if (edited >= rules.size()) editing(-1)
        buttons()
        settle()
    }

    private fun fill(model: DefaultListModel<Rule>, list: JList<Rule>, now: List<Rule>) {
        if (model.elements().toList() == now) return
        val chosen = list.selectedValue
        model.clear()
        now.forEach(model::addElement)
        list.setSelectedValue(chosen, true)
    }

    private fun buttons() {
        val index = list.selectedIndex
        up.isEnabled = index > 0
        down.isEnabled = index >= 0 && index < rules.size() - 1
        edit.isEnabled = index >= 0
        remove.isEnabled = index >= 0
        forget.isEnabled = savedList.selectedIndex >= 0
    }

    private fun move(by: Int) {
        val chosen = list.selectedValue ?: return
        model.move(list.selectedIndex, by)
        list.setSelectedValue(chosen, true)
    }

    private fun take() {
        val rule = list.selectedValue ?: return
        permission.selectedItem = rule.permission
        pattern.text = rule.pattern
        action.take(rule.action)
        editing(list.selectedIndex)
        pattern.requestFocusInWindow()
    }

    private fun editing(index: Int) {
        edited = index
        save.text = Strings[if (index < 0) "settings.permission.add" else "settings.permission.change"]
        cancel.isVisible = index >= 0
        if (index < 0) pattern.text = ""
        settle()
    }

    private fun save() {
        val chosen = (action.selectedItem as? Choice<*>)?.value as? Action ?: return
        val rule = Rule(permission.editor.item?.toString().orEmpty(), pattern.text, chosen)
        if (edited < 0) model.add(rule) else model.replace(edited, rule)
        editing(-1)
    }

    private companion object {
        fun actionName(action: Action): String = Strings["settings.permission.action.${action.name.lowercase()}"]
    }
}
