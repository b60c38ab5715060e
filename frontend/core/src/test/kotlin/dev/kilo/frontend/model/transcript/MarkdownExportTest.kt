package dev.kilo.frontend.model.transcript

import dev.kilo.shared.message.Message
import dev.kilo.shared.message.MessageWithParts
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class MarkdownExportTest {
    @Test
    fun `a session becomes headings, answers and the calls between them`() {
        val command = JsonObject(mapOf("command" to JsonPrimitive("ls"), "description" to JsonPrimitive("List")))
        val meta = JsonObject(mapOf("output" to JsonPrimitive("\u001b[31ma\u001b[0m\n```\n")))
        val text = MarkdownExport.session(
            "A title\nof two lines",
            listOf(
                MessageWithParts(
                    Message.User("m1", "s", 1, "code", "p", "m"),
                    listOf(Part.Text("p1", "s", "m1", "Do it"), Part.Text("p2", "s", "m1", "hidden", synthetic = true)),
                ),
                MessageWithParts(
                    Message.Assistant("m2", "s", 1, "code", "m1", "p", "m"),
                    listOf(
                        Part.Reasoning("p3", "s", "m2", "I think\nso", 1, 2),
                        Part.Tool("p4", "s", "m2", "c", "bash", ToolState.Completed(command, "", "", meta, 1, 2)),
                        Part.Text("p5", "s", "m2", "**Done.**"),
                    ),
                ),
            ),
        )
        assertEquals(
            "# A title of two lines\n\n## You\n\nDo it\n\n## Agent\n\n> I think\n> so\n\n- **Run** List\n\n" +
                "````console\n$ ls\na\n```\n````\n\n**Done.**\n",
            text,
        )
        assertTrue("hidden" !in text)
    }
}
