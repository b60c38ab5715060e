package dev.kilo.frontend.model

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.text.MessageFormat
import java.util.Locale
import java.util.Properties

class LanguagesTest {
    private val root = File(checkNotNull(System.getProperty("kilo.root")), "frontend")
    private val bundles = listOf(
        "core/src/main/resources/dev/kilo/frontend",
        "ide/src/main/resources/dev/kilo/frontend/ide",
    )
        .flatMap { folder ->
            File(root, folder).listFiles { file -> file.name.matches(Regex("[A-Z][a-z]+\\.properties")) }!!
                .map { "$folder/${it.name.removeSuffix(".properties")}" }
        }

    private fun read(name: String): Map<String, String> = Properties().apply {
        File(root, "$name.properties").takeIf { it.isFile }?.reader()?.use(::load)
    }.entries.associate { (key, value) -> key.toString() to value.toString() }

    private fun places(pattern: String) = Regex("""\{\d+""").findAll(pattern).map { it.value }.toSet()

    @Test
    fun `every text is there in every language, with the same places to fill`() {
        for (language in LANGUAGES) {
            for (bundle in bundles) {
                val english = read(bundle)
                val translated = read("${bundle}_$language")
                val name = "${bundle}_$language.properties"
                assertEquals(emptySet<String>(), english.keys - translated.keys, "missing in $name")
                assertEquals(emptySet<String>(), translated.keys - english.keys, "not in English: $name")
                for ((key, text) in english) {
                    assertEquals(places(text), places(translated.getValue(key)), "$key in $name")
                }
            }
        }
    }

    @Test
    fun `every text can be filled, and an apostrophe is written once`() {
        for (bundle in bundles) {
            for (name in listOf(bundle) + LANGUAGES.map { "${bundle}_$it" }) {
                for ((key, text) in read(name)) {
                    assertTrue("''" !in text, "$key of $name: write the apostrophe once")
                    if (places(text).isNotEmpty()) MessageFormat(text.replace("'", "''"))
                }
            }
        }
    }

    @Test
    fun `the language of the machine is used`() {
        assertEquals("Sitzungen", textsIn(Locale.GERMAN, "header.sessions"))
        assertEquals("セッション", textsIn(Locale.JAPANESE, "header.sessions"))
        assertEquals("会话", textsIn(Locale.SIMPLIFIED_CHINESE, "header.sessions"))
        assertEquals("Sessions", textsIn(Locale.FRENCH, "header.sessions"))
    }

    private companion object {
        val LANGUAGES = listOf("de", "ja", "zh_CN")
    }
}
