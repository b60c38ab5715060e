package dev.kilo.backend.rpc

import dev.kilo.shared.settings.ConfigView.Companion.HIDDEN
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files

/** What a window gets to see of a configuration, and what of it comes back. */
class SecretsTest {
    private val secret = "s3cr3t-value"
    private val file = json(
        """
        {"model": "a/b", "provider": {"x": {"options": {"apiKey": "$secret", "baseURL": "https://u:$secret@host/v1?api_key=$secret",
          "headers": {"x-org": "$secret"}, "maxTokens": 5}, "env": ["X_API_KEY"]},
          "y": {"options": {"apiKey": "{env:Y_KEY}"}}},
         "mcp": {"s": {"command": ["npx", "srv", "--api-key", "$secret", "--token=$secret", "plain"],
          "environment": {"TOKEN": "$secret", "HOME": "{env:HOME}"}, "oauth": {"clientSecret": "$secret"}}},
         "compaction": {"preserve_recent_tokens": 7}}
        """,
    )

    private fun json(text: String): JsonElement = Json.parseToJsonElement(text)

    @Test
    fun `nothing that may be a secret is shown, and everything else is`() {
        val shown = hideSecrets(file).toString()
        assertFalse(secret in shown, shown)
        for (kept in listOf(
            "X_API_KEY",
            "{env:Y_KEY}",
            "{env:HOME}",
            "plain",
            "a/b",
            "\"preserve_recent_tokens\":7",
            "host/v1",
        )) {
            assertTrue(kept in shown, "$kept in $shown")
        }
    }

    @Test
    fun `what was hidden comes back as the file has it`() {
        assertEquals(file, restoreSecrets(hideSecrets(file), file))
    }

    @Test
    fun `a mask for which the file has nothing is left out`() {
        val sent = json("""{"mcp": {"new": {"headers": {"a": "$HIDDEN", "b": "mine"}}}}""")
        assertEquals(json("""{"mcp": {"new": {"headers": {"b": "mine"}}}}"""), restoreSecrets(sent, file))
    }

    @Test
    fun `a hidden word of a command stays with its place when others are added before it`() {
        val sent = json("""["npx", "srv", "--verbose", "--api-key", "$HIDDEN"]""")
        val raw = json("""["npx", "srv", "--api-key", "$secret"]""")
        assertEquals(json("""["npx", "srv", "--verbose", "--api-key", "$secret"]"""), restoreSecrets(sent, raw))
    }

    @Test
    fun `lines of a log lose keys of the common forms`() {
        for (line in listOf(
            "Bearer abcdef123456",
            "sk-abcdefghijklmnop",
            "https://me:abcdefgh@host/x",
            "?token=abcdefgh1",
        )) {
            assertFalse("abcdef" in maskText("failed: $line"), maskText(line))
        }
        assertEquals("prompt 12 tokens", maskText("prompt 12 tokens"))
    }

    @Test
    fun `a log is read on where it ended, over a new file too`() {
        val folder = Files.createTempDirectory("kilo-log")
        try {
            val log = folder.resolve("kilo.log")
            val tail = LogTail(log)
            assertTrue(tail.read().isEmpty())
            Files.writeString(
                log,
                "{\"time\":\"t1\",\"level\":\"info\",\"message\":\"one\",\"route\":\"/x\"}\nnot json\n{\"ti",
            )
            assertEquals(listOf("one  route=/x", "not json"), tail.read().map { it.text })
            Files.writeString(
                log,
                "me\":\"t2\",\"level\":\"error\",\"message\":\"two\"}\n",
                java.nio.file.StandardOpenOption.APPEND,
            )
            assertEquals(listOf("error" to "two"), tail.read().map { it.level to it.text })
            Files.writeString(log, "{\"message\":\"three\"}\n")
            assertEquals(listOf("three"), tail.read().map { it.text })
            assertTrue(tail.read().isEmpty())
        } finally {
            folder.toFile().deleteRecursively()
        }
    }
}
