package dev.kilo.frontend.ui.transcript

import dev.kilo.frontend.model.transcript.Row
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.frontend.ui.Strings

/** What a screen reader says of a row that has the focus. */
internal object RowText {
    private const val MOST = 4000

    /** What kind of row it is, and its text. */
    fun name(row: Row): String = when (val body = row.body) {
        is RowBody.Prompt -> Strings("accessible.you", body.text)
        is RowBody.Answer -> Strings("accessible.said", body.buffer.text)
        is RowBody.Thought -> Strings("accessible.thought", body.buffer.text)
        is RowBody.Call -> Strings("accessible.tool", body.part.tool)
        is RowBody.Changes -> Strings("accessible.changes", body.files.size.toString())
        is RowBody.Condensed -> Strings["accessible.condensed"]
        is RowBody.Explore -> Strings("accessible.explored", body.parts.size.toString())
        is RowBody.Failure -> Strings("accessible.failed", body.error.message)
        is RowBody.Footer -> Strings("accessible.end", body.model)
    }.take(MOST)

    /** Where it is in the list. */
    fun describe(row: Row): String = Strings("accessible.row", (row.index + 1).toString())
}
