package dev.kilo.plugin

import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.Assumptions.assumeTrue

/** Skips the test with the reason [what]; fails it where nothing may be skipped. */
internal fun missing(what: String): Nothing {
    if (System.getenv("KILO_TEST_REQUIRE") == "all") fail<Unit>("KILO_TEST_REQUIRE=all, but $what")
    assumeTrue(false, what)
    error(what)
}
