package dev.kilo.frontend.host

/** What the agent changed, and taking it back. */
internal object ChangesScenarios : ScenarioList("Changes", emptyList())
