package dev.kilo.frontend.ui

import java.text.NumberFormat
import java.util.Locale

/** Numbers as people read them. */
internal object Format {
    fun duration(millis: Long): String = when {
        millis < 950 -> Strings("time.tenths", String.format(Locale.ROOT, "%.1f", millis.coerceAtLeast(0) / 1000.0))

        millis < 10_000 -> Strings(
            "time.seconds",
            String.format(Locale.ROOT, "%.1f", millis / 1000.0).removeSuffix(".0"),
        )

        millis < 60_000 -> Strings("time.seconds", (millis / 1000).toString())

        else -> Strings("time.minutes", (millis / 60_000).toString(), (millis / 1000 % 60).toString())
    }

    fun count(n: Long): String = when {
        n < 1000 -> n.toString()
        n < 100_000 -> String.format(Locale.ROOT, "%.1fk", n / 1000.0).replace(".0k", "k")
        n < 1_000_000 -> "${n / 1000}k"
        else -> String.format(Locale.ROOT, "%.1fM", n / 1_000_000.0)
    }

    fun money(usd: Double): String = NumberFormat.getCurrencyInstance(Locale.US).apply {
        maximumFractionDigits =
            if (usd < 0.1) 4 else 2
    }.format(usd)

    fun ago(then: Long, now: Long = System.currentTimeMillis()): String {
        val minutes = (now - then) / 60_000
        return when {
            minutes < 1 -> Strings["ago.now"]
            minutes < 60 -> Strings("ago.minutes", minutes.toString())
            minutes < 24 * 60 -> Strings("ago.hours", (minutes / 60).toString())
            else -> Strings("ago.days", (minutes / 1440).toString())
        }
    }
}
