package dev.kilo.shared.rpc

import dev.kilo.shared.transcript.TextHits
import dev.kilo.shared.transcript.TranscriptService
import kotlinx.coroutines.flow.Flow
import kotlinx.serialization.Serializable
import kotlinx.serialization.builtins.serializer

@Serializable
internal data class FindText(val directory: String, val sessionId: String, val query: String)

@Serializable
internal data class WriteFile(val directory: String, val path: String, val text: String, val replace: Boolean)

/** Operations on whole sessions and on what stands in them. */
internal object TranscriptOperations {
    val find = Query("transcript.find", FindText.serializer(), TextHits.serializer())
    val export = Stream("transcript.export", InSession.serializer(), String.serializer())
    val write = Command("transcript.write", WriteFile.serializer(), Boolean.serializer())

    fun serve(handlers: Handlers, transcripts: TranscriptService) {
        handlers.on(find) { transcripts.find(it.directory, it.sessionId, it.query) }
        handlers.on(export) { args, _ -> transcripts.export(args.directory, args.sessionId) }
        handlers.on(write) { transcripts.write(it.directory, it.path, it.text, it.replace) }
    }
}

/** The window's side of [TranscriptOperations]. */
internal class RpcTranscripts(private val client: RpcClient) : TranscriptService {
    override suspend fun find(directory: String, sessionId: String, query: String): TextHits =
        client.call(TranscriptOperations.find, FindText(directory, sessionId, query))

    override fun export(directory: String, sessionId: String): Flow<String> =
        client.stream(TranscriptOperations.export, InSession(directory, sessionId))

    override suspend fun write(directory: String, path: String, text: String, replace: Boolean): Boolean =
        client.call(TranscriptOperations.write, WriteFile(directory, path, text, replace))
}
