package dev.kilo.backend.rpc

import dev.kilo.client.model.AgentPartInput
import dev.kilo.client.model.CommandInput
import dev.kilo.client.model.FilePartInput
import dev.kilo.client.model.FilePartSource
import dev.kilo.client.model.FilePartSourceText
import dev.kilo.client.model.FileSource
import dev.kilo.client.model.ModelKey
import dev.kilo.client.model.OutboxEntry
import dev.kilo.client.model.OutboxInput
import dev.kilo.client.model.PartInput
import dev.kilo.client.model.Position
import dev.kilo.client.model.PromptInput
import dev.kilo.client.model.Range
import dev.kilo.client.model.ResourceSource
import dev.kilo.client.model.SymbolSource
import dev.kilo.client.model.TextPartInput
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.session.LineRange
import dev.kilo.shared.session.Prompt
import dev.kilo.shared.session.PromptPart
import dev.kilo.shared.session.SourceText
import dev.kilo.shared.session.WaitingPrompt
import java.net.URI
import java.net.URISyntaxException
import java.nio.file.FileSystemNotFoundException
import java.nio.file.Path
import java.util.Base64

/** More of a diff helps no model, and would fill its context. */
private const val MOST_CHANGES = 200_000
private const val CHANGES = "changes.diff"
private const val FOLDER = "application/x-directory"
private const val TEXT = "text/plain"

/** The working copy's changes as a text, when [prompt] mentions them. */
internal suspend fun Calls.changesFor(directory: String, prompt: Prompt): String? {
    if (prompt.parts.none { it is PromptPart.Changes }) return null
    val diff = query { it.vcs.vcsDiffRawWithHttpInfo(directory) }.value()
    return when {
        diff.isBlank() -> "There are no changes in the working copy."
        diff.length > MOST_CHANGES -> diff.take(MOST_CHANGES) + "\n[… cut]"
        else -> diff
    }
}

/** What the CLI is sent; [changes] stands in for a mention of the changes. */
internal fun Prompt.toInput(directory: String, changes: String?): PromptInput = PromptInput(
    parts = texts() + parts.map { it.toInput(directory, changes) },
    agent = agent,
    messageID = messageId,
    model = model?.let { ModelKey(modelID = it.modelId, providerID = it.providerId) },
    variant = variant,
)

private fun Prompt.texts(): List<PartInput> =
    if (text.isBlank()) emptyList() else listOf(PartInput.TextWrapper(TextPartInput(text, TextPartInput.Type.TEXT)))

/** A slash command takes files only; where it names others they stay in its text. */
internal fun Prompt.toCommand(directory: String, changes: String?): CommandInput = CommandInput(
    arguments = text,
    command = checkNotNull(command),
    agent = agent,
    messageID = messageId,
    model = model?.toString(),
    parts = parts.map { it.toInput(directory, changes) }.filterIsInstance<PartInput.FileWrapper>().map { it.value },
    variant = variant,
)

internal fun Prompt.toOutbox(directory: String, changes: String?): OutboxInput =
    OutboxInput(toInput(directory, changes), arguments = text.takeIf { command != null }, command = command)

private fun PromptPart.toInput(directory: String, changes: String?): PartInput = when (this) {
    is PromptPart.Agent ->
        PartInput.AgentWrapper(AgentPartInput(name, AgentPartInput.Type.AGENT, source = source?.toWire()))

    is PromptPart.Attachment ->
        file(mime, url, filename, source?.let { FilePartSource.FileWrapper(fileSource(filename, it)) })

    is PromptPart.Changes -> {
        val bytes = changes.orEmpty().toByteArray()
        val url = "data:text/x-diff;base64," + Base64.getEncoder().encodeToString(bytes)
        file("text/x-diff", url, CHANGES, source?.let { FilePartSource.FileWrapper(fileSource(CHANGES, it)) })
    }

    is PromptPart.File -> {
        val query = if (from == null) "" else "?start=$from" + (to?.let { "&end=$it" } ?: "")
        file(
            if (this.directory) FOLDER else TEXT,
            address(directory, path) + query,
            path,
            source?.let { FilePartSource.FileWrapper(fileSource(path, it)) },
        )
    }

    is PromptPart.Resource -> {
        val text = source?.toWire() ?: FilePartSourceText(end = 0, start = 0, value = "")
        val resource = ResourceSource(server, text, ResourceSource.Type.RESOURCE, uri)
        file(TEXT, uri, name, FilePartSource.ResourceWrapper(resource))
    }

    is PromptPart.Symbol -> {
        val text = source?.toWire() ?: FilePartSourceText(end = 0, start = 0, value = "")
        val symbol = SymbolSource(kind.toLong(), name, path, range.toWire(), text, SymbolSource.Type.SYMBOL)
        file(TEXT, address(directory, path), path, FilePartSource.SymbolWrapper(symbol))
    }
}

private fun file(mime: String, url: String, filename: String, source: FilePartSource?) =
    PartInput.FileWrapper(FilePartInput(mime, FilePartInput.Type.FILE, url, filename, source = source))

private fun fileSource(path: String, source: SourceText) = FileSource(path, source.toWire(), FileSource.Type.FILE)

private fun SourceText.toWire() = FilePartSourceText(end = end.toLong(), start = start.toLong(), value = value)

private fun LineRange.toWire() =
    Range(end = Position(endColumn.toLong(), end.toLong()), start = Position(startColumn.toLong(), start.toLong()))

private fun address(directory: String, path: String) =
    // Whether there is a folder of that name is not asked here: it would only add a slash at the end.
    Path.of(directory).resolve(path).normalize().toUri().toString().removeSuffix("/")

/** What waits, as the window wrote it. */
internal fun OutboxEntry.toWaiting(directory: String): WaitingPrompt {
    val texts = prompt.parts.filterIsInstance<PartInput.TextWrapper>().map { it.value.text }
    val model = prompt.model?.let { ModelRef(it.providerID, it.modelID) }
    return WaitingPrompt(
        id,
        time.created,
        Prompt(
            prompt.messageID.orEmpty(),
            if (command == null) texts.joinToString("\n") else arguments.orEmpty(),
            prompt.agent,
            model,
            prompt.variant,
            prompt.parts.mapNotNull { it.toPart(directory) },
            command,
        ),
    )
}

private fun PartInput.toPart(directory: String): PromptPart? = when (this) {
    is PartInput.AgentWrapper -> PromptPart.Agent(value.name, value.source?.toSource())
    is PartInput.FileWrapper -> value.toPart(directory)
    is PartInput.SubtaskWrapper, is PartInput.TextWrapper -> null
}

private fun FilePartInput.toPart(directory: String): PromptPart {
    val symbol = (source as? FilePartSource.SymbolWrapper)?.value
    if (symbol != null) {
        val range = with(symbol.range) {
            LineRange(
                start.line.toInt(),
                start.character.toInt(),
                end.line.toInt(),
                end.character.toInt(),
            )
        }
        return PromptPart.Symbol(symbol.path, symbol.name, symbol.kind.toInt(), range, symbol.text.toSource())
    }
    val resource = (source as? FilePartSource.ResourceWrapper)?.value
    if (resource != null) {
        return PromptPart.Resource(resource.clientName, resource.uri, filename.orEmpty(), resource.text.toSource())
    }
    val text = (source as? FilePartSource.FileWrapper)?.value?.text?.toSource()
    val path = relative(directory, url)
    return when {
        path != null -> {
            val lines = LINES.find(url)
            PromptPart.File(
                path,
                mime == FOLDER,
                lines?.groupValues?.get(1)?.toIntOrNull(),
                lines?.groupValues?.get(2)?.toIntOrNull(),
                text,
            )
        }

        filename == CHANGES && mime == "text/x-diff" -> PromptPart.Changes(text)

        else -> PromptPart.Attachment(mime, filename.orEmpty(), url, text)
    }
}

private val LINES = Regex("""\?start=(\d+)(?:&end=(\d+))?$""")

private fun FilePartSourceText.toSource() = SourceText(value, start.toInt(), end.toInt())

/** The path behind a file's address as the workspace names it; null for other addresses. */
internal fun relative(directory: String, url: String): String? {
    if (!url.startsWith("file:")) return null
    return try {
        val path = Path.of(URI(url.substringBefore('?')))
        val base = Path.of(directory)
        val shown = if (path.startsWith(base)) base.relativize(path) else path
        shown.toString().replace('\\', '/').ifEmpty { "." }
    } catch (_: URISyntaxException) {
        null
    } catch (_: IllegalArgumentException) {
        null
    } catch (_: FileSystemNotFoundException) {
        null
    }
}
