package dev.kilo.frontend.ui.settings

import dev.kilo.frontend.model.settings.SettingsModel
import dev.kilo.frontend.ui.Caption
import dev.kilo.frontend.ui.FlowText
import dev.kilo.frontend.ui.Strings
import dev.kilo.frontend.ui.Theme
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.smooth
import dev.kilo.shared.settings.UsageLine
import dev.kilo.shared.settings.UsageSum
import java.awt.Component
import java.awt.Graphics

/** Tokens and cost by day, by model and by session. */
internal class UsageSheet(settings: SettingsModel, host: ViewHost) : Sheet(settings, host) {
    private val model = settings.usage
    private val days =
        choices(
            "settings.usage.days",
            listOf(7, 30, 90, 365).map {
                Choice(it, Strings("settings.usage.days.value", it))
            },
        ) {
            model.load(days = it)
        }
    private val where = choices(
        "settings.usage.where",
        listOf(Choice(false, Strings["settings.usage.here"]), Choice(true, Strings["settings.usage.everywhere"])),
    ) { model.load(everywhere = it) }
    private val total = FlowText("", { it.text }, { t -> t.font.deriveFont(java.awt.Font.BOLD, t.font.size2D * 1.15f) })
    private val note = note(Strings["settings.loading"])
    private val tables = listOf("day", "model", "session").associateWith {
        Rows<UsageLine, Bar>(gap = 3, key = { line ->
            line.sessionId ?: line.name
        }, make = { Bar() }, update = { bar, line -> bar.show(line, most) })
    }
    private var most = 0.0

    override val first: Component get() = days

    init {
        name = "settings.usage"
        add(Field("settings.usage.days", days))
        add(Field("settings.usage.where", where))
        add(total)
        add(note)
        for ((key, rows) in tables) {
            add(heading("settings.usage.$key"))
            add(rows)
        }
        on(model.usage) { usage ->
            usage ?: return@on
            total.set(words(usage.totals))
            note.say(
                when {
                    usage.totals.steps == 0L -> Strings["settings.usage.none"]
                    !usage.complete -> Strings["settings.usage.incomplete"]
                    else -> null
                },
            )
            fill("day", usage.days.reversed())
            fill("model", usage.models)
            fill("session", usage.sessions)
            settle()
        }
    }

    override fun opened() {
        days.take(model.days)
        where.take(model.everywhere)
        model.load()
    }

    private fun fill(key: String, lines: List<UsageLine>) {
        most = lines.maxOfOrNull { weight(it.sum) } ?: 0.0
        tables.getValue(key).show(lines)
    }

    /** A name, what it took, and a bar behind both. */
    private class Bar : dev.kilo.frontend.ui.Line(gap = 10, min = 26, pad = dev.kilo.frontend.ui.Insets4(2, 8, 2, 8)) {
        private val title = Caption("", { it.text }, { it.font })
        private val figures = Caption("", { it.muted }, { it.small })
        private var part = 0.0

        init {
            fill(title)
            end(figures)
        }

        fun show(line: UsageLine, most: Double) {
            title.text = line.name
            figures.text = words(line.sum)
            part = if (most > 0) weight(line.sum) / most else 0.0
            getAccessibleContext().accessibleName = "${line.name}: ${figures.text}"
        }

        override fun paintComponent(g: Graphics) {
            val t = Theme.now
            val g2 = g.smooth()
            g2.color = t.card
            g2.fillRoundRect(0, 0, width, height, 8, 8)
            g2.color = t.bubble
            g2.fillRoundRect(0, 0, (width * part).toInt().coerceAtLeast(if (part > 0) 6 else 0), height, 8, 8)
            g2.dispose()
        }
    }

    private companion object {
        /** By cost; what costs nothing by its tokens. */
        fun weight(sum: UsageSum): Double = sum.cost * 1_000_000 + (sum.input + sum.output + sum.reasoning) / 1000.0

        fun words(sum: UsageSum): String = Strings(
            "settings.usage.sum",
            count(sum.input + sum.cacheRead + sum.cacheWrite),
            count(sum.output + sum.reasoning),
            if (sum.cost > 0 && sum.cost < 0.01) "<\$0.01" else "$%.2f".format(sum.cost),
        )

        fun count(tokens: Long): String = when {
            tokens >= 1_000_000 -> "%.1fM".format(tokens / 1e6)
            tokens >= 1000 -> "%.1fk".format(tokens / 1e3)
            else -> tokens.toString()
        }
    }
}
