package dev.kilo.frontend.model.composer

/**
 * A command that the window itself carries out. [refusal] says why it can't be used now, null when it can; [run] gets
 * what was typed behind the name.
 */
public class WindowCommand(
    public val name: String,
    public val description: String,
    public val refusal: () -> String? = { null },
    public val run: (String) -> Unit,
)

/** The window's own slash commands. Pages add theirs with [add]; the name that came last wins. */
public class WindowCommands {
    private val byName = LinkedHashMap<String, WindowCommand>()

    public val all: List<WindowCommand> get() = byName.values.toList()

    public fun add(command: WindowCommand) {
        byName[command.name] = command
    }

    public operator fun get(name: String): WindowCommand? = byName[name]
}
