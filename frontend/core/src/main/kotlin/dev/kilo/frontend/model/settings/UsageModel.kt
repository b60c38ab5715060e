package dev.kilo.frontend.model.settings

import dev.kilo.shared.settings.Usage
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/** Tokens and cost of the last days. */
internal class UsageModel(private val settings: SettingsModel) {
    private val state = MutableStateFlow<Usage?>(null)
    private var job: Job? = null
    val usage: StateFlow<Usage?> = state.asStateFlow()
    var days: Int = 30
        private set
    var everywhere: Boolean = false
        private set

    fun load(days: Int = this.days, everywhere: Boolean = this.everywhere) {
        this.days = days
        this.everywhere = everywhere
        job?.cancel()
        job = settings.run("settings.failed.load") {
            state.value = settings.backend.settings.usage(settings.directory, days, everywhere)
        }
    }
}
