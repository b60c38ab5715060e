package dev.kilo.plugin.stubs

/**
 * Compares the [stubs] with [real] classes of the platform. [ours] are the classes of the plugin: what they extend has to
 * be in the stubs as a whole. A [shrunk] source has lost members that nobody there uses, so it can only confirm or contradict.
 */
internal class Comparison(
    private val stubs: Classes,
    private val real: Classes,
    private val ours: Classes,
    private val shrunk: Boolean,
) {
    /** Classes (by name) and members (`owner.name(descriptor)`) that the source has just like the stubs. */
    val confirmed: MutableSet<String> = sortedSetOf()

    /** Where the source says something else, by the same names. */
    val differences: MutableMap<String, String> = sortedMapOf()

    /** Types of the platform that classes of ours extend or implement, each with one of those. */
    private val extended: Map<String, String> = ours.names
        .flatMap { name -> ours.lineage(name).flatMap { it.supers }.filter { stubs[it] != null }.map { it to name } }
        .toMap()

    init {
        for (name in stubs.names) compare(checkNotNull(stubs[name]))
        for ((type, user) in extended) complete(type, user)
    }

    private fun compare(stub: Facts) {
        val lineage = real.lineage(stub.name)
        val facts = lineage.firstOrNull() ?: return
        val above = lineage.map { it.name }.toSet()
        // What is above a class may itself not be part of the source.
        val open = lineage.flatMap { it.supers }.any { real[it] == null && !it.startsWith("java/") }
        when {
            facts.kind != stub.kind -> differences[stub.name] = "is ${facts.kind}, the stub is ${stub.kind}"

            !facts.public -> differences[stub.name] = "is not public"

            stub.supers.any { it in real.names && it !in above } && !open ->
                differences[stub.name] = "does not extend all of ${stub.supers}"

            else -> confirmed += stub.name
        }
        for (member in stub.members.values) compare(stub, member, lineage)
    }

    private fun compare(stub: Facts, member: Member, lineage: List<Facts>) {
        val id = "${stub.name}.${member.key}"
        // Constructors and static methods of interfaces are not inherited.
        val holders = if (member.name == "<init>" ||
            (member.static && stub.kind == "interface")
        ) {
            lineage.take(1)
        } else {
            lineage
        }
        val found = holders.firstNotNullOfOrNull { it.members[member.key] }
        if (found == null) {
            val others = lineage.first().members.values.filter { it.name == member.name && member.name != "<init>" }
            when {
                !shrunk -> differences[id] = "is not there" + others.joinToString("") { ", but ${it.key}" }

                // A shrunk source can't prove that something is missing.
                others.any { it.arguments == member.arguments } -> differences[id] = "is ${others.map { it.key }}"
            }
            return
        }
        when {
            found.static != member.static -> differences[id] = if (found.static) "is static" else "is not static"

            found.abstract && !member.abstract && stub.name in extended ->
                differences[id] = "is abstract, the stub is not: a class of ours may lack it"

            else -> confirmed += id
        }
    }

    /** Every abstract method of a type that we extend is in the stubs, or its callers would find none. */
    private fun complete(type: String, user: String) {
        if (real[type]?.final == true) differences["$type <- $user"] = "is final, and ours extends it"
        val lineage = real.lineage(type)
        val known = stubs.lineage(type).flatMap { it.members.keys }.toSet()
        for (holder in lineage) {
            for (member in holder.members.values.filter { it.abstract && it.key !in known }) {
                val done = lineage.any { it.members[member.key]?.abstract == false }
                if (!done) {
                    differences["${holder.name}.${member.key}"] =
                        "is abstract and not in the stub, and $user extends it"
                }
            }
        }
    }

    private val Member.arguments: String get() = descriptor.substringBefore(')')
}
