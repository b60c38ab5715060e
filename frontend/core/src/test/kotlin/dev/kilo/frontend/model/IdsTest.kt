package dev.kilo.frontend.model

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class IdsTest {
    @Test
    fun `ids have the form of the contract and ascend`() {
        val ids = Ids(now = { 1_795_229_918_719 })
        val made = List(2000) { ids.message() }
        assertTrue(made.all { Regex("msg_[0-9a-f]{12}[0-9A-Za-z]{14}").matches(it) })
        assertEquals(made, made.sorted())
        assertEquals(
            ((1_795_229_918_719 * 4096) and ((1L shl 48) - 1)).toString(16).padStart(12, '0'),
            made.first().substring(4, 16),
        )
    }

    @Test
    fun `an id follows those of a server whose clock is ahead`() {
        val server = Ids(now = { 1_795_229_978_719 }).message()
        assertTrue(Ids(now = { 1_795_229_918_719 }).message(server) > server)
    }
}
