package dev.kilo.frontend.host

/** The list of sessions and the ways between them. */
internal object SessionsScenarios : ScenarioList("Sessions", emptyList())
