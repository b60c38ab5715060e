package dev.kilo.frontend.host

/** Settings, the state of the agent, the first start. */
internal object SettingsScenarios : ScenarioList("Settings", emptyList())
