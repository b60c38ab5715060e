package dev.kilo.frontend.host

/** What rows show and how one moves among them. */
internal object TranscriptScenarios : ScenarioList("Transcript", emptyList())
