package dev.kilo.frontend.host

/** What the agent waits for the user to decide. */
internal object DecisionScenarios : ScenarioList("Decision", emptyList())
