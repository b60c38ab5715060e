package dev.kilo.frontend.model.transcript

import dev.kilo.frontend.ui.tool.ToolLines
import dev.kilo.shared.message.Part
import dev.kilo.shared.message.ToolState
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.random.Random

class ToolBodyTest {
    private fun json(text: String): JsonObject = Json.parseToJsonElement(text).jsonObject

    private fun done(tool: String, output: String, input: String = "{}", meta: String = "{}") = Part.Tool(
        "p1",
        "s1",
        "m1",
        "c1",
        tool,
        ToolState.Completed(json(input), "title", output, json(meta), 1000, 2000),
    )

    private fun body(tool: String, output: String, input: String = "{}", meta: String = "{}") =
        ToolBody.of(done(tool, output, input, meta))

    @Test
    fun `lines that were found are links to their places, by file`() {
        val body = body(
            "grep",
            "src/a.ts:\n  3: sleep(1)\n  14: // a: b\nsrc/b c.ts:\n  1: x\n(100 of 230 matches; narrow the pattern)",
        ) as ToolBody.Matches
        assertEquals(
            listOf(
                ToolBody.FileMatches("src/a.ts", listOf(ToolBody.Match(3, "sleep(1)"), ToolBody.Match(14, "// a: b"))),
                ToolBody.FileMatches("src/b c.ts", listOf(ToolBody.Match(1, "x"))),
            ),
            body.files,
        )
        assertEquals("100 of 230 matches; narrow the pattern", body.note)
        val lines = checkNotNull(ToolLines.of(body)).lines
        assertEquals(
            listOf("src/a.ts", "src/a.ts:3", "src/a.ts:14", "src/b c.ts", "src/b c.ts:1", null),
            lines.map { line -> line.spans.firstNotNullOfOrNull { it.link } },
        )
        assertEquals(emptyList<Any>(), (body("grep", "No matches found.") as ToolBody.Matches).files)
    }

    @Test
    fun `files that were found and those of a tree are links`() {
        val found = checkNotNull(ToolLines.of(checkNotNull(body("glob", "src/a.ts\nsrc/b.ts\n(2 of 300 files)")))).lines
        assertEquals(listOf("src/a.ts", "src/b.ts", null), found.map { it.spans.last().link })
        assertEquals("2 of 300 files", found.last().text)
        val listed = "/p/\n  src/\n    deep/\n      a.ts\n    b.ts\n  c.ts"
        val tree = checkNotNull(ToolLines.of(checkNotNull(body("list", listed)))).lines
        assertEquals(
            listOf("/p/src/deep/a.ts", "/p/src/b.ts", "/p/c.ts"),
            tree.mapNotNull { it.spans.last().link },
        )
        assertEquals("No files found.", (body("glob", "No files found.") as ToolBody.Files).note)
    }

    @Test
    fun `what was read has the numbers that it has in the file`() {
        val lines = """"lineStart":10,"lineEnd":11,"totalLines":40"""
        val meta = """{"display":{"type":"file","path":"/p/a.ts","text":"a\nb",$lines}}"""
        val body = body("read", "<path>…", """{"filePath":"a.ts"}""", meta) as ToolBody.Lines
        assertEquals(ToolBody.Lines("/p/a.ts", 10, "a\nb", "11 / 40"), body)
        assertEquals(listOf(10, 11, null), checkNotNull(ToolLines.of(body)).lines.map { it.number })
    }

    @Test
    fun `a command shows what it wrote, and why it did not come to its end`() {
        val running = Part.Tool(
            "p1",
            "s1",
            "m1",
            "c1",
            "bash",
            ToolState.Running(json("""{"command":"ls"}"""), null, json("""{"output":"a\nb"}"""), 1),
        )
        assertEquals(ToolBody.Terminal("ls", "a\nb", null), ToolBody.of(running))
        val failed = Part.Tool(
            "p1",
            "s1",
            "m1",
            "c1",
            "bash",
            ToolState.Failed(json("""{"command":"ls"}"""), "it was stopped", json("""{"output":"a"}"""), 1, 2),
        )
        assertEquals(ToolBody.Terminal("ls", "a", "it was stopped"), ToolBody.of(failed))
        assertEquals(
            listOf("$ ls", "a", "it was stopped"),
            checkNotNull(ToolLines.of(checkNotNull(ToolBody.of(failed)))).lines.map { it.text },
        )
    }

    @Test
    fun `answers, pages, hits, sub-agents and skills have bodies of their own`() {
        val asked = """{"questions":[{"question":"Which?"},{"question":"Why?"}]}"""
        assertEquals(
            ToolBody.Answers(
                listOf(ToolBody.Answer("Which?", listOf("A", "B")), ToolBody.Answer("Why?", emptyList())),
                false,
            ),
            body("question", "…", asked, """{"answers":[["A","B"],[]]}"""),
        )
        assertTrue((body("question", "…", asked, """{"answers":[],"dismissed":true}""") as ToolBody.Answers).dismissed)
        assertEquals(
            ToolBody.Page("https://a.org/", 200, "text/html", "# A"),
            body(
                "webfetch",
                "# A",
                """{"url":"http://a.org"}""",
                """{"url":"https://a.org/","status":200,"contentType":"text/html"}""",
            ),
        )
        val hits = body(
            "websearch",
            "1. One\n   https://a.org\n   first\n   second\n2. https://b.org\n   https://b.org\n",
            "{}",
            """{"results":[{"title":"One","url":"https://a.org"},{"title":"","url":"https://b.org"}]}""",
        ) as ToolBody.Hits
        assertEquals(
            listOf(
                ToolBody.Hit("One", "https://a.org", "first second"),
                ToolBody.Hit("https://b.org", "https://b.org", ""),
            ),
            hits.hits,
        )
        assertEquals(
            ToolBody.Task("Look", "ses_1", "It is **done**.", null),
            body(
                "task",
                "<task id=\"ses_1\" state=\"done\">\n<task_result>\nIt is **done**.\n</task_result>\n</task>",
                """{"prompt":"Look"}""",
                """{"sessionId":"ses_1"}""",
            ),
        )
        assertEquals(ToolBody.Skill("x", "/s", "Do"), body("skill", "Do", """{"name":"x"}""", """{"dir":"/s"}"""))
        assertEquals(ToolBody.Call("{\n    \"a\": 1\n}", "text"), body("github_issue", "text", """{"a":1}"""))
    }

    @Test
    fun `an edit that is still being written shows what it would do`() {
        fun pending(tool: String, input: String) =
            ToolBody.of(Part.Tool("p1", "s1", "m1", "c1", tool, ToolState.Pending(json(input))))
        val edit = """{"filePath":"a","oldString":"x","newString":"y"}"""
        assertEquals(ToolBody.Diff("a", "@@ -1,1 +1,1 @@\n-x\n+y"), pending("edit", edit))
        assertEquals(ToolBody.NewFile("a", "x"), pending("write", """{"filePath":"a","content":"x"}"""))
        val edits = """{"filePath":"a","edits":[{"oldString":"x","newString":"y"}]}"""
        assertTrue(pending("multiedit", edits) is ToolBody.Diff)
        assertNull(pending("bash", """{"command":"ls"}"""))
        assertNull(pending("grep", "{}"))
    }

    @Test
    fun `whatever a tool says of itself, there is a body or none, and it can be painted`() {
        val tools = "edit write multiedit apply_patch bash read grep glob list todowrite webfetch websearch question"
            .split(' ') + listOf("task", "skill", "plan_exit", "lsp", "mcp_any")
        val keys = (
            "filePath content diff filediff questions answers results todos display sessionId plan command " +
                "output edits text type url patch progress"
            ).split(' ')
        val values = listOf(
            "1",
            "null",
            "\"a:\\n  1: x\"",
            "[]",
            "{}",
            "[[]]",
            "[{}]",
            "\"@@ -1 +1 @@\\n+\"",
            "true",
            "\"file\"",
            "{\"type\":\"file\"}",
        )
        repeat(3000) { seed ->
            val random = Random(seed)
            fun some() = List(random.nextInt(4)) { "\"${keys.random(random)}\":${values.random(random)}" }
                .distinctBy { it.substringBefore(':') }.joinToString(",", "{", "}")
            val lines = listOf("a:", "  1: x", "(x)", "", "b", "  9999999999: y")
            val output = List(random.nextInt(5)) { lines.random(random) }
            val part = done(tools.random(random), output.joinToString("\n"), some(), some())
            ToolBody.of(part)?.let(ToolLines::of)
            MarkdownExport.call(part)
        }
    }

    @Test
    fun `five megabytes in one line are painted in part and at once`() {
        val start = System.nanoTime()
        for (tool in listOf("bash", "grep", "read", "mcp_any", "glob", "list", "webfetch")) {
            val body = checkNotNull(body(tool, "x".repeat(5_000_000), """{"command":"x"}"""))
            val lines = ToolLines.of(body)?.lines.orEmpty()
            assertTrue(lines.sumOf { it.text.length } < 1_000_000) { tool }
        }
        assertTrue((System.nanoTime() - start) / 1_000_000 < 5000)
    }
}
