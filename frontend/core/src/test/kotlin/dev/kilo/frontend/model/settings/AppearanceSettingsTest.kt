package dev.kilo.frontend.model.settings

import dev.kilo.frontend.model.composer.ViewStore
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

@OptIn(ExperimentalCoroutinesApi::class)
class AppearanceSettingsTest {
    private val memory = HashMap<String, String>()
    private val store = object : ViewStore {
        override suspend fun read(name: String): String? = memory[name]

        override suspend fun write(name: String, text: String) {
            memory[name] = text
        }
    }

    @Test
    fun `size and density outlive the window`() = runTest {
        val settings = AppearanceSettings(store, this)
        advanceUntilIdle()
        settings.zoom(1)
        settings.zoom(1)
        settings.density(Density.COMPACT)
        advanceUntilIdle()
        val again = AppearanceSettings(store, this)
        advanceUntilIdle()
        assertEquals(AppearancePreferences(2, Density.COMPACT), again.preferences.value)
    }

    @Test
    fun `the size has bounds, and zero leads back`() = runTest {
        val settings = AppearanceSettings(store, this)
        repeat(30) { settings.zoom(1) }
        assertEquals(12, settings.preferences.value.zoom)
        repeat(40) { settings.zoom(-1) }
        assertEquals(-4, settings.preferences.value.zoom)
        settings.zoom(0)
        assertEquals(0, settings.preferences.value.zoom)
        advanceUntilIdle()
    }

    @Test
    fun `what a damaged file says counts as nothing, or as the nearest that there is`() = runTest {
        memory["appearance"] = """{"zoom":900,"density":"COMPACT"}"""
        val huge = AppearanceSettings(store, this)
        advanceUntilIdle()
        assertEquals(AppearancePreferences(12, Density.COMPACT), huge.preferences.value)
        memory["appearance"] = """{"zoom":1,"density":"CRAMPED"}"""
        val broken = AppearanceSettings(store, this)
        advanceUntilIdle()
        assertEquals(AppearancePreferences(), broken.preferences.value)
    }
}
