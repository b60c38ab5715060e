package dev.kilo.backend.rpc

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class WarmingTest {
    @Test
    fun `the page that warms up is understood as a page of the CLI is`() {
        assertEquals(280, Warming.run())
    }
}
