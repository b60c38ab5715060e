package dev.kilo.backend.ide

import dev.kilo.shared.composer.ComposerService
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.WaitingPrompt

/** The composer's service of a backend that has to be unpacked first. What works on files waits for the documents to be saved. */
internal class PreparedComposer(
    private val ready: suspend () -> ComposerService,
    private val beforeWork: suspend () -> Unit,
) : ComposerService {
    override suspend fun find(directory: String, query: String, limit: Int) = ready().find(directory, query, limit)

    override suspend fun agents(directory: String) = ready().agents(directory)

    override suspend fun commands(directory: String) = ready().commands(directory)

    override suspend fun enhance(directory: String, text: String) = ready().enhance(directory, text)

    override suspend fun context(directory: String, sessionId: String, agent: String?, model: ModelRef?) =
        ready().context(directory, sessionId, agent, model)

    override suspend fun compact(directory: String, sessionId: String, model: ModelRef) =
        ready().compact(directory, sessionId, model)

    override suspend fun waiting(directory: String, sessionId: String) = ready().waiting(directory, sessionId)

    override suspend fun wait(directory: String, sessionId: String, prompt: Prompt): WaitingPrompt {
        beforeWork()
        return ready().wait(directory, sessionId, prompt)
    }

    override suspend fun change(directory: String, sessionId: String, id: String, prompt: Prompt) =
        ready().change(directory, sessionId, id, prompt)

    override suspend fun order(directory: String, sessionId: String, ids: List<String>) =
        ready().order(directory, sessionId, ids)

    override suspend fun remove(directory: String, sessionId: String, id: String) =
        ready().remove(directory, sessionId, id)

    override suspend fun sendNow(directory: String, sessionId: String, id: String): Boolean {
        beforeWork()
        return ready().sendNow(directory, sessionId, id)
    }
}
