package dev.kilo.shared.rpc

import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test

/** What a person types as a key travels once, to the CLI's own file, and stands in nothing that is printed. */
class SecretsTest {
    @Test
    fun `the argument of a call that carries a key does not print it`() {
        val secret = "sk-very-secret-0815"
        val arguments = listOf(
            ProviderKey("openai", secret),
            BeginLogin("/d", "x", 0, mapOf("key" to secret)),
            AwaitLogin("/d", "x", 0, secret),
            ProbeEndpoint("/d", "http://127.0.0.1/v1", secret),
        )
        for (argument in arguments) assertFalse(secret in argument.toString(), argument.javaClass.simpleName)
    }
}
