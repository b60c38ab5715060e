package dev.kilo.frontend.model

import dev.kilo.frontend.model.transcript.ToolBody
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.permission.PermissionRequest
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ToolTextTest {
    private fun json(text: String) = Json.parseToJsonElement(text).jsonObject

    private fun part(tool: String, state: ToolState) = Part.Tool("prt", "ses", "msg", "call", tool, state)

    private fun done(tool: String, input: String, title: String, meta: String = "{}", output: String = "out") = part(
        tool,
        ToolState.Completed(
            json(input),
            output = output,
            title = title,
            metadata = json(meta),
            started = 1,
            ended = 2,
        ),
    )

    private fun asked(permission: String, patterns: List<String>, meta: String = "{}") =
        PermissionRequest("per", "ses", permission, patterns, emptyList(), json(meta))

    @Test
    fun `every tool has a name and a line of its own`() {
        val parts = listOf(
            done("multiedit", """{"filePath":"a.ts"}""", "a.ts") to "a.ts",
            done("apply_patch", "{}", "2 files") to "2 files",
            done("webfetch", """{"url":"https://x.org/"}""", "t") to "https://x.org/",
            done("websearch", """{"query":"kotlin"}""", "t") to "\"kotlin\"",
            done("task", """{"description":"Look","subagent_type":"explore"}""", "Look") to "Look (explore)",
            done("skill", """{"name":"pdf"}""", "Loaded skill: pdf") to "pdf",
            done("plan_exit", """{"plan":".kilo/plans/p.md"}""", "Plan ready") to ".kilo/plans/p.md",
            done("lsp", """{"operation":"hover"}""", "hover x") to "hover x",
            done("question", """{"questions":[{"question":"Which?"}]}""", "Asked 1 question") to "Which?",
        )
        for ((part, title) in parts) {
            assertEquals(title, ToolText.title(part), part.tool)
            assertNotEquals(part.tool, ToolText.kind(part))
            assertTrue(!ToolText.kind(part).startsWith("tool."), "no text for ${part.tool}")
        }
        // What an MCP server offers has no name of ours.
        assertEquals("github_issue", ToolText.kind(done("github_issue", "{}", "Read an issue")))
        assertEquals("Read an issue", ToolText.title(done("github_issue", "{}", "Read an issue")))
    }

    @Test
    fun `a patch shows its files before it ran and its changes afterwards`() {
        val patch = """*** Begin Patch\n*** Update File: a.ts\n@@\n-x\n+y\n*** Add File: b.ts\n+z\n*** End Patch"""
        val before = part("apply_patch", ToolState.Running(json("""{"patchText":"$patch"}"""), started = 1))
        assertEquals("a.ts, b.ts", ToolText.title(before))
        val files = """[{"additions":1,"deletions":1},{"additions":3,"deletions":0}]"""
        val meta = """{"diff":"@@ -1 +1 @@\n-x\n+y\n","files":$files}"""
        val after = done("apply_patch", """{"patchText":"$patch"}""", "2 files", meta)
        assertEquals(4 to 1, ToolText.counts(after))
        assertTrue(ToolBody.of(after) is ToolBody.Diff)
        val many = done("multiedit", """{"filePath":"a.ts"}""", "a.ts", """{"diff":"@@ -1 +1 @@\n-x\n+y\n"}""")
        assertTrue(ToolBody.of(many) is ToolBody.Diff)
    }

    @Test
    fun `a decision says what will happen`() {
        val files = asked("edit", listOf("a", "b", "c", "d", "e"), """{"filepath":"/p/a, /p/b","diff":"@@ -1 +1 @@"}""")
        assertEquals("Change 5 files: a, b, c, d, …?", ToolText.question(files))
        assertTrue(ToolText.content(files) is ToolText.Content.Diff)
        assertEquals("Change a?", ToolText.question(asked("edit", listOf("a"))))

        val near = asked("private_network", listOf("nas:80"), """{"url":"http://nas/x","addresses":["10.0.0.2"]}""")
        assertEquals("Connect to nas:80 on this machine or in your own network?", ToolText.question(near))
        assertEquals("http://nas/x\nleads to 10.0.0.2", ToolText.describe(near))

        val skill = asked("skill", listOf("pdf"), """{"trusted":false}""")
        assertTrue("comes with this project" in ToolText.question(skill))
        assertEquals("Allow github_issue: *?", ToolText.question(asked("github_issue", listOf("*"))))
    }
}
