package dev.kilo.frontend.host

/** Writing a prompt and choosing what it runs with. */
internal object ComposerScenarios : ScenarioList("Composer", emptyList())
