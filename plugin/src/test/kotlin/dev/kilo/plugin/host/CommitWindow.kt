package dev.kilo.plugin.host

import com.intellij.openapi.actionSystem.AnAction
import com.intellij.openapi.actionSystem.AnActionEvent
import com.intellij.openapi.actionSystem.DataKey
import com.intellij.openapi.editor.Document
import com.intellij.openapi.vcs.CommitMessageI
import com.intellij.openapi.vcs.VcsDataKeys
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.nio.file.Path
import javax.swing.SwingUtilities

/**
 * What a user does in the commit window with the actions [vcs]: [file] is a changed file of the project, on the other
 * machine, and [models] the server of the model, which does what the change says.
 */
internal class CommitWindow(private val vcs: Map<String, Any>, private val file: Path, private val models: String) {
    private val field = FakeMessage()
    private val http = HttpClient.newHttpClient()

    fun use() {
        val before = Files.readString(file)
        Files.writeString(file, "[[text:Spell out fifteen]]\n")
        written("Spell out fifteen", rejected = null)
        Files.writeString(file, "[[text:Write 15 as a word]]\n")
        written("Write 15 as a word", rejected = "Spell out fifteen")
        onEdt { field.setCommitMessage("My own words") }
        Files.writeString(file, "[[text:Reword]]\n")
        written("Reword", rejected = null)
        stop()
        keepOwnWords()
        Files.writeString(file, (1..30).joinToString("") { "$it\n" })
        fail("nothing to commit")
        Files.writeString(file, before)
        checkNoField()
    }

    /** Asks for a message and waits for it; [rejected] is the proposal that the model must have been told of. */
    private fun written(message: String, rejected: String?) {
        val saved = Host.notifications.size
        click()
        await("the message") { onEdt { field.text } == message && label() == WRITE }
        check("is writing a commit message …" in Host.notifications.drop(saved).single()) { notices() }
        await("the notice of its writing to go") { Host.open.isEmpty() }
        check(("not liked" in asked()) == (rejected != null)) { asked() }
        check(rejected == null || rejected in asked()) { asked() }
    }

    /** A second click stops the model; the field stays as it is. */
    private fun stop() {
        Files.writeString(file, "[[hold:commit]][[text:Never put in]]\n")
        val before = requests()
        click()
        await("the model to be asked") { requests() > before && label() == STOP }
        click()
        await("the action to be ready again") { label() == WRITE && Host.open.isEmpty() }
        get("/__release?name=commit", post = true)
        check(onEdt { field.text } == "Reword") { "The field was changed: ${field.text}" }
    }

    /** What is typed while the model writes stays; a button of the notice puts the proposal in. */
    private fun keepOwnWords() {
        Files.writeString(file, "[[hold:typing]][[text:Count in words]]\n")
        val before = requests()
        click()
        await("the model to be asked") { requests() > before }
        onEdt { field.setCommitMessage("Typed meanwhile") }
        get("/__release?name=typing", post = true)
        await("the offer") { Host.open.any { "changed the text" in "$it" } }
        check(onEdt { field.text } == "Typed meanwhile")
        onEdt { Host.open.single().press(event()) }
        check(onEdt { field.text } == "Count in words")
        Host.open.clear()
    }

    private fun fail(words: String) {
        click()
        await("the reason") { Host.open.any { words in "$it" } }
        await("the action to be ready again") { label() == WRITE }
        check(Host.open.size == 1) { notices() }
        Host.open.clear()
    }

    private fun checkNoField() {
        val elsewhere = AnActionEvent(Host.project, emptyMap())
        onEdt { action().update(elsewhere) }
        check(!elsewhere.getPresentation().shown) { "It is offered where no commit is prepared." }
    }

    private fun action() = vcs.values.filterIsInstance<AnAction>().single()

    private fun event(): AnActionEvent {
        val data = mapOf<DataKey<*>, Any>(
            VcsDataKeys.COMMIT_MESSAGE_CONTROL to field,
            DataKey.create<Any>("COMMIT_MESSAGE_DOCUMENT") to field,
        )
        return AnActionEvent(Host.project, data)
    }

    private fun click() = perform(vcs, "WriteCommitMessageAction", event())

    private fun label(): String = event().also { onEdt { action().update(it) } }.getPresentation().label

    private fun notices() = Host.notifications.joinToString("\n")

    /** Everything that the model was told for a commit message, the newest last. */
    private fun told(): List<String> = get("/__requests").split("\"messages\"").filter { "You write commit" in it }

    private fun asked(): String = told().last()

    private fun requests(): Int = told().size

    private fun get(path: String, post: Boolean = false): String {
        val request = HttpRequest.newBuilder(URI("$models$path"))
        if (post) request.POST(HttpRequest.BodyPublishers.noBody())
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString()).body()
    }

    private companion object {
        const val WRITE = "Write Commit Message with Kilo"
        const val STOP = "Stop Writing the Commit Message"
    }
}

/** The field of a commit window, with its text in a document. */
internal class FakeMessage :
    CommitMessageI,
    Document {
    private var content = ""

    override fun getText(): String = content

    override fun setCommitMessage(message: String?) {
        check(SwingUtilities.isEventDispatchThread()) { "The field is used outside the UI thread." }
        content = message.orEmpty()
    }

    override fun getLineNumber(offset: Int): Int = 0

    override fun isWritable(): Boolean = true

    override fun replaceString(startOffset: Int, endOffset: Int, s: CharSequence) {
        content = content.replaceRange(startOffset, endOffset, s)
    }
}
